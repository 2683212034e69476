/* Coroutines as stackless tasks. A function that returns crib::task<T> may co_await operations, other tasks, and the blocks
 * of this library; it runs when it is awaited, or as a task of its own in a nursery. */
#ifndef CRIB_TASK_HPP
#define CRIB_TASK_HPP

#include "operation.hpp"

#ifdef CRIB_COROUTINES

#include <crib/nursery.h>

#include <optional>

namespace crib {

template <class T = void>
class task;

namespace detail {

struct this_strand {};

inline std::coroutine_handle<> coroutine_at(void *address) { return std::coroutine_handle<>::from_address(address); }

/* Goes on with another coroutine of the strand, on the same stack: by a tail call where the compiler promises one, else by
 * the loop in run_strand. */
inline std::coroutine_handle<> transfer(strand &s, std::coroutine_handle<> to) noexcept {
#if defined(__clang__)
    (void)s;
    return to;
#else
    s.next = to.address();
    return std::noop_coroutine();
#endif
}

inline void run_strand(strand &s, std::coroutine_handle<> h) {
    strand *before = std::exchange(current_strand, &s);
    h.resume();
    while (s.next != nullptr) coroutine_at(std::exchange(s.next, nullptr)).resume();
    current_strand = before;
}

/* --- promises --- */

struct promise_base {
    strand *at = nullptr;
    std::coroutine_handle<> continuation;
    std::exception_ptr failed;

    struct final_awaiter {
        static bool await_ready() noexcept { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> h) noexcept {
            promise_base &p = h.promise();
            return p.continuation ? transfer(*p.at, p.continuation) : std::noop_coroutine();
        }
        static void await_resume() noexcept {}
    };
    struct strand_awaiter {
        strand *s;
        static bool await_ready() noexcept { return true; }
        static void await_suspend(std::coroutine_handle<>) noexcept {}
        [[nodiscard]] strand &await_resume() const noexcept { return *s; }
    };

    static std::suspend_always initial_suspend() noexcept { return {}; }
    static final_awaiter final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { failed = std::current_exception(); }

    template <class A>
    requires requires(A &&a, strand &s) { std::forward<A>(a).bind(s); }
    decltype(auto) await_transform(A &&awaited) { return std::forward<A>(awaited).bind(*at); }
    strand_awaiter await_transform(this_strand) noexcept { return {at}; }
};

template <class T>
struct promise : promise_base {
    std::optional<T> value;
    task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U &&result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (failed) std::rethrow_exception(std::exchange(failed, nullptr));
        return *std::move(value);
    }
};

template <>
struct promise<void> : promise_base {
    task<void> get_return_object() noexcept;
    static void return_void() noexcept {}
    void take() {
        if (failed) std::rethrow_exception(std::exchange(failed, nullptr));
    }
};

/* Awaits a task that it owns. */
template <class T>
struct task_awaiter {
    task<T> awaited;
    strand *at;

    static bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        auto child = awaited.coroutine();
        child.promise().at = at;
        child.promise().continuation = h;
        return transfer(*at, child);
    }
    T await_resume() { return awaited.coroutine().promise().take(); }
};

}  // namespace detail

/** A coroutine that has not begun. Owns its frame; awaited once, as an rvalue. */
template <class T>
class [[nodiscard("a task does nothing until it is awaited or started")]] task {
    static_assert(!std::is_reference_v<T>, "a task gives a value; use a pointer");

  public:
    using promise_type = detail::promise<T>;
    using result_type = T;

    task() = default;
    explicit task(std::coroutine_handle<promise_type> h) noexcept : coroutine_(h) {}
    task(task && other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task &operator=(task &&other) noexcept {
        task old(std::exchange(coroutine_, std::exchange(other.coroutine_, nullptr)));
        return *this;
    }
    ~task() {
        if (coroutine_) coroutine_.destroy();
    }

    /* For the machinery. */
    [[nodiscard]] std::coroutine_handle<promise_type> coroutine() const noexcept { return coroutine_; }
    detail::task_awaiter<T> bind(detail::strand & s) & = delete; /* await std::move(it) */
    detail::task_awaiter<T> bind(detail::strand & s) && {
        if (!coroutine_) detail::throw_code(CRIB_EMISUSE, "a task was awaited twice, or is empty");
        return {std::move(*this), &s};
    }

  private:
    std::coroutine_handle<promise_type> coroutine_;
};

namespace detail {

template <class T>
task<T> promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<promise<T>>::from_promise(*this));
}

inline task<void> promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<promise<void>>::from_promise(*this));
}

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

/* GCC up to 12 destroys what a lambda has captured twice if the lambda is written inside a co_await expression. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
template <class F>
inline constexpr bool survives_co_await = std::is_trivially_destructible_v<F>;
#else
template <class F>
inline constexpr bool survives_co_await = true;
#endif
#define CRIB_CHECK_BODY(F)                                                                                             \
    static_assert(crib::detail::survives_co_await<F>,                                                                  \
                  "GCC before 13 destroys the captures of this lambda twice: name it first and pass std::ref(it)")

/* --- tasks of the library that run coroutines --- */

/* A part of a when_all that is under way: a strand with an op of its own. */
struct branch : strand {
    void (*ended)(branch &) = nullptr; /* its coroutine is done */
    crib::task<void> body;
};

/* What a stackless task has for its data. */
struct root {
    strand main;
    wait_line waiting;
    strand *runnable = nullptr; /* whose last branch has ended */
    std::unique_ptr<char[]> own_name;

    void enter(crib_task *self) {
        main.home = this;
        main.line = &waiting;
        main.task = self;
        main.op = crib_task_op(self);
    }
    /* An op of the task has completed. */
    void wake() {
        for (strand *s = waiting.first; s != nullptr; s = s->after) {
            if (!s->waits->arrived()) continue;
            return s == &main ? go_on(*s) : go_on_with(static_cast<branch &>(*s));
        }
    }

  private:
    static void go_on(strand &s) {
        s.line->remove(s);
        s.waits = nullptr;
        run_strand(s, coroutine_at(s.leaf));
    }
    void go_on_with(branch &b) {
        go_on(b);
        if (b.body.coroutine().done()) b.ended(b);
        while (runnable != nullptr) {
            strand &s = *std::exchange(runnable, nullptr);
            run_strand(s, coroutine_at(s.leaf));
            if (&s == &main) continue;
            auto &outer = static_cast<branch &>(s);
            if (outer.body.coroutine().done()) outer.ended(outer);
        }
    }
};

/* A task that calls a function and runs the coroutine it returns. Keeps the function as long as the coroutine: captures
 * of a coroutine lambda live in the lambda. */
template <class F>
struct coroutine_body : root {
    using type = std::invoke_result_t<F &>;
    using result = typename type::result_type;

    std::optional<F> function;
    type running;
    bool begun = false;
    bool keeps_result = false; /* for who waits for the task */

    template <class G>
    explicit coroutine_body(G &&f) : function(std::in_place, std::forward<G>(f)) {}

    static void resume(crib_task *self, uintptr_t data) noexcept {
        auto &body = *reinterpret_cast<coroutine_body *>(data);
        if (body.begun) {
            body.wake();
        } else if (!body.begin(self)) {
            return;
        }
        if (body.running.coroutine().done()) body.end();
    }
    static void destroy(uintptr_t data) noexcept { delete reinterpret_cast<coroutine_body *>(data); }

  private:
    bool begin(crib_task *self) {
        begun = true;
        enter(self);
        try {
            running = (*function)();
            if (!running.coroutine()) throw_code(CRIB_EMISUSE, "an empty crib::task was started");
        } catch (...) {
            crib_task_exit(self, capture(crib_task_scope(self)));
            return false;
        }
        running.coroutine().promise().at = &main;
        run_strand(main, running.coroutine());
        return true;
    }
    void end() {
        crib_error *error = nullptr;
        try {
            if constexpr (std::is_void_v<result>) {
                running.coroutine().promise().take();
            } else {
                auto value = running.coroutine().promise().take();
                if (keeps_result) crib_task_set_result(box(std::move(value)));
            }
        } catch (...) {
            error = capture(crib_task_scope(main.task));
        }
        running = type();
        function.reset();
        crib_task_exit(main.task, error);
    }
};

}  // namespace detail

}  // namespace crib

#else

namespace crib::detail {
template <class T>
inline constexpr bool is_task = false;
}

#endif
#endif
