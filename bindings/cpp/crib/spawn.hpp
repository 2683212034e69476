/* How functions become tasks: the bodies that the library calls, and what waits for tasks. No exception leaves a body. */
#ifndef CRIB_SPAWN_HPP
#define CRIB_SPAWN_HPP

#include <crib/nursery.h>

#include <concepts>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <tuple>

#include "task.hpp"

namespace crib {

/** The name of a task. A string literal is used as it is; any other text is copied. */
class task_name {
  public:
    template <size_t N>
    task_name(const char (&literal)[N]) noexcept : text_(literal) {}
    template <size_t N>
    task_name(char (&text)[N]) : task_name(std::string_view(text)) {}
    template <class S>
    requires(std::convertible_to<const S &, std::string_view> && !std::is_array_v<S>) task_name(const S &text)
        : task_name(std::string_view(text)) {}
    task_name(std::string_view text) : copy_(std::make_unique<char[]>(text.size() + 1)) {
        std::memcpy(copy_.get(), text.data(), text.size());
        text_ = copy_.get();
    }

    /* Text that outlives the task. */
    [[nodiscard]] static task_name borrow(const char *text) noexcept {
        task_name name("");
        name.text_ = text;
        return name;
    }
    [[nodiscard]] const char *text() const noexcept { return text_; }
    [[nodiscard]] bool is_literal() const noexcept { return copy_ == nullptr; }
    /* The copy goes to whoever keeps it as long as the task lives. */
    [[nodiscard]] std::unique_ptr<char[]> take() noexcept { return std::move(copy_); }

  private:
    const char *text_ = "";
    std::unique_ptr<char[]> copy_;
};

namespace detail {

template <class R>
struct task_result_of {
    using type = R;
};
#ifdef CRIB_COROUTINES
template <class T>
struct task_result_of<task<T>> {
    using type = T;
};
#endif
template <class R>
using task_result = typename task_result_of<R>::type;

/* A function and its arguments as one function without any. */
template <class F, class... Args>
auto bind_all(F &&f, Args &&...args) {
    if constexpr (sizeof...(Args) == 0) {
        return std::decay_t<F>(std::forward<F>(f));
    } else {
        return [f = std::decay_t<F>(std::forward<F>(f)),
                all = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)]() mutable {
            return std::apply([&f](auto &...each) { return std::invoke(f, std::move(each)...); }, all);
        };
    }
}

/* Runs a function of a fiber; its exception becomes the error of the fiber's innermost block. */
template <class Fn>
int guarded(Fn &&fn) noexcept {
    crib_error *failed = nullptr;
    try {
        fn();
        return 0;
    } catch (const cancelled &) {
        return CRIB_ECANCELLED;
    } catch (...) {
        failed = capture(nullptr);
    }
    return crib_fail_error(failed);
}

/* --- fibers --- */

template <class F>
struct fiber_body {
    std::optional<F> function;
    std::unique_ptr<char[]> own_name;
    bool keeps_result = false;

    template <class G>
    explicit fiber_body(G &&f) : function(std::in_place, std::forward<G>(f)) {}

    static int run(void *data) noexcept {
        auto &body = *static_cast<fiber_body *>(data);
        const int rc = guarded([&body] { body.call(); });
        body.function.reset(); /* what it holds is given up inside the task, where it may still wait */
        return rc;
    }
    static void destroy(void *data) noexcept { delete static_cast<fiber_body *>(data); }

  private:
    void call() {
        using R = std::invoke_result_t<F &>;
        if constexpr (std::is_void_v<R>) {
            (*function)();
        } else {
            R result = (*function)();
            if (keeps_result) crib_task_set_result(box(std::move(result)));
        }
    }
};

/* A function that is no larger than a pointer travels in one. */
template <class F>
inline constexpr bool fits_pointer = std::is_trivially_copyable_v<F> && sizeof(F) <= sizeof(void *) &&
                                     alignof(F) <= alignof(void *);

template <class F>
int run_packed(void *data) noexcept {
    F &function = *std::launder(reinterpret_cast<F *>(&data));
    return guarded([&function] { static_cast<void>(function()); });
}

template <class F>
void *pack(const F &function) {
    void *data = nullptr;
    std::memcpy(&data, &function, sizeof function);
    return data;
}

/* --- spawning --- */

[[noreturn]] inline void throw_not_started(crib_nursery *n) {
    const int rc = crib_nursery_admits(n);
    throw_code(rc < 0 ? rc : -ENOMEM);
}

/* A body in memory of its own, with the name if that is a copy. */
template <class Body, class F>
std::unique_ptr<Body> make_body(task_name &name, F &&f) {
    auto body = std::make_unique<Body>(std::forward<F>(f));
    body->own_name = name.take();
    return body;
}

template <class F>
void spawn(crib_nursery *n, task_name name, F f) {
    if constexpr (is_task<std::invoke_result_t<F &>>) {
#ifdef CRIB_COROUTINES
        using body_type = coroutine_body<F>;
        const char *text = name.text();
        auto *body = make_body<body_type>(name, std::move(f)).release();
        const auto data = reinterpret_cast<uintptr_t>(body);
        if (crib_nursery_start_stackless(n, text, body_type::resume, data, body_type::destroy) == nullptr)
            throw_not_started(n);
#endif
    } else {
        using body_type = fiber_body<F>;
        if constexpr (fits_pointer<F>) {
            if (name.is_literal())
                return check(crib_nursery_start_soon(n, name.text(), run_packed<F>, pack(f), nullptr));
        }
        const char *text = name.text();
        auto *body = make_body<body_type>(name, std::move(f)).release();
        check(crib_nursery_start_soon(n, text, body_type::run, body, body_type::destroy));
    }
}

/* The same, with an owned handle; the task leaves its result there. */
template <class F>
crib_task *spawn_with_result(crib_nursery *n, task_name name, F f) {
    const char *text = name.text();
    crib_task *t = nullptr;
    if constexpr (is_task<std::invoke_result_t<F &>>) {
#ifdef CRIB_COROUTINES
        using body_type = coroutine_body<F>;
        auto body = make_body<body_type>(name, std::move(f));
        body->keeps_result = true;
        const auto data = reinterpret_cast<uintptr_t>(body.release());
        t = crib_task_ref(crib_nursery_start_stackless(n, text, body_type::resume, data, body_type::destroy));
#endif
    } else {
        using body_type = fiber_body<F>;
        auto body = make_body<body_type>(name, std::move(f));
        body->keeps_result = true;
        t = crib_nursery_spawn(n, text, body_type::run, body.release(), body_type::destroy);
    }
    if (t == nullptr) throw_not_started(n);
    return t;
}

/* --- waiting for tasks --- */

template <class R>
struct wait_kind {
    using result = std::conditional_t<std::is_void_v<R>, bool, std::optional<R>>;
    crib_task *task;
    static const char *name() { return "crib::spawned::wait"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_task_wait(op, task)); }
    int block(crib_value *) { return crib_task_wait(task, nullptr); }
    result finish(int status, crib_value, crib_op *op) {
        check_status(status, op);
        const bool succeeded = crib_task_result_code(task) >= 0;
        if constexpr (std::is_void_v<R>) {
            return succeeded;
        } else {
            crib_value v{nullptr, nullptr};
            crib_task_result(task, &v);
            if (succeeded && holds<R>(v)) return unbox<R>(v);
            crib_value_drop(v);
            return std::nullopt;
        }
    }
};

struct wait_room_kind : plain_kind {
    crib_nursery *nursery;
    static const char *name() { return "crib::nursery_ref::wait_room"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_nursery_wait_room(op, nursery)); }
    int block(crib_value *) { return crib_nursery_wait_room(nursery); }
};

struct wait_idle_kind : plain_kind {
    crib_nursery *nursery;
    static const char *name() { return "crib::nursery_ref::wait_idle"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_nursery_wait_idle(op, nursery)); }
    int block(crib_value *) { return crib_nursery_wait_idle(nursery); }
};

}  // namespace detail

/** What a task begun by nursery_ref::start calls when it is ready; the value is what start gives. */
template <class T = void>
class started {
  public:
    explicit started(crib_task *task) noexcept : task_(task) {}
    void operator()(T v) const { detail::check(crib_task_started_by(task_, detail::box(std::move(v)))); }

  private:
    crib_task *task_;
};

template <>
class started<void> {
  public:
    explicit started(crib_task *task) noexcept : task_(task) {}
    void operator()() const { detail::check(crib_task_started_by(task_, crib_value{nullptr, nullptr})); }

  private:
    crib_task *task_;
};

namespace detail {

/* The body of a started task: calls f with the handle of the task itself. */
template <class T, class F>
auto with_started(F f) {
    return [f = std::move(f)]() mutable { return f(started<T>(crib_task_current())); };
}

/* A fiber that runs a coroutine for a fiber that starts it, and moves with it. */
template <class T, class F>
auto fiber_around(const char *name, F f);

template <class T, class F>
struct start_kind {
    using result = T;
    crib_nursery *nursery;
    task_name name_;
    F function;

    static const char *name() { return "crib::nursery_ref::start"; }

    crib_result begin(crib_op *op) {
        const char *text = name_.text();
        auto bound = with_started<T>(std::move(function));
        using bound_type = decltype(bound);
        if constexpr (is_task<std::invoke_result_t<bound_type &>>) {
#ifdef CRIB_COROUTINES
            using body_type = coroutine_body<bound_type>;
            const auto data = reinterpret_cast<uintptr_t>(make_body<body_type>(name_, std::move(bound)).release());
            return begun(crib_begin_nursery_start_stackless(op, nursery, text, body_type::resume, data,
                                                            body_type::destroy, nullptr));
#endif
        } else {
            using body_type = fiber_body<bound_type>;
            auto *body = make_body<body_type>(name_, std::move(bound)).release();
            return begun(crib_begin_nursery_start(op, nursery, text, body_type::run, body, body_type::destroy));
        }
    }
    int block(crib_value *out) {
        if constexpr (is_task<std::invoke_result_t<F &, started<T>>>) {
            return start_fiber(fiber_around<T>(name_.text(), std::move(function)), out);
        } else {
            return start_fiber(with_started<T>(std::move(function)), out);
        }
    }
    result finish(int status, crib_value v, crib_op *op) {
        value owned(v);
        check_status(status, op);
        if constexpr (!std::is_void_v<T>) {
            if (!holds<T>(v)) throw foreign_value(std::move(owned), type_name<T>.data());
            return unbox<T>(owned.release());
        }
    }

  private:
    template <class Bound>
    int start_fiber(Bound bound, crib_value *out) {
        using body_type = fiber_body<Bound>;
        const char *text = name_.text();
        auto *body = make_body<body_type>(name_, std::move(bound)).release();
        return crib_nursery_start(nursery, text, body_type::run, body, body_type::destroy, out);
    }
};

}  // namespace detail
}  // namespace crib

#endif
