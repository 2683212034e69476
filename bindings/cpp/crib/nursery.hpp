/* Nurseries: crib::nursery([&](crib::nursery_ref n) { n.start_soon("name", []{ … }); }) returns when the body and every task
 * started in n have ended, and throws one crib::error_group with all that failed. A task is a fiber, or stackless if what
 * is started returns a crib::task; both may be in one nursery. In a coroutine the body is one too, and the call is
 * awaited; crib::with_nursery is the same call by another name. */
#ifndef CRIB_NURSERY_HPP
#define CRIB_NURSERY_HPP

#include <crib/nursery.h>

#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include "handle.hpp"
#include "scope.hpp"
#include "spawn.hpp"

namespace crib {

enum class policy {
    all = CRIB_POLICY_ALL,                     /* the first failure cancels the rest, all errors are reported */
    first_done = CRIB_POLICY_FIRST_DONE,       /* the first task to end cancels the rest */
    first_success = CRIB_POLICY_FIRST_SUCCESS, /* the first success does; failures count only if nobody succeeds */
    supervise = CRIB_POLICY_SUPERVISE,         /* a failure goes to on_failure and cancels nobody */
};

struct nursery_options {
    crib::policy policy = policy::all;
    uint32_t max_children = 0; /* 0 = no limit; at the limit start_soon throws crib::would_block */
    size_t stack_bytes = 0;    /* of its fibers; 0 = the runtime's */
    bool drain = false;        /* takes no tasks once it is cancelled: crib::closed */
    bool service = false;      /* tasks are shielded until the body has ended, then cancelled */
    std::chrono::nanoseconds grace{0};
    /* Supervise: told of each failure, on the loop thread; must not wait or throw. Empty: they are thrown at the end. */
    std::function<void(const failure &)> on_failure{};
};

/** A task that was spawned: to wait for, to cancel, to have the result of. R is what its body returns. */
template <class R>
class spawned : public handle<crib_task> {
  public:
    using handle::handle;
    /** Waits until it has ended. An optional with its result, or for R = void a bool: empty or false if it failed or was
     * cancelled; the failure itself is the nursery's to report. The result is moved to the first who waits. */
    auto wait() const { return operation<detail::wait_kind<R>>(detail::wait_kind<R>{get()}); }
    /** Cancels it alone; its nursery does not fail. */
    void cancel(const char *reason = nullptr) const { detail::check(crib_task_cancel(get(), reason)); }
    [[nodiscard]] std::string name() const { return crib_task_name(get()); }
    void set_name(const std::string &name) const { detail::check(crib_task_set_name(get(), name.c_str())); }
    [[nodiscard]] bool ended() const noexcept { return crib_task_state(get()) == CRIB_TASK_ENDED; }
};

/** A nursery, for those who start tasks in it. Copied freely; once it is closed it takes no more. */
class nursery_ref {
  public:
    explicit nursery_ref(crib_nursery *raw) noexcept : raw_(raw) {}
    [[nodiscard]] crib_nursery *get() const noexcept { return raw_; }

    /** Starts a task that calls f(args...); all are moved or copied into it, and destroyed when it ends. It does not run
     * before the caller waits. The name, if it is a literal, is not copied. */
    template <class F, class... Args>
    requires std::is_invocable_v < std::decay_t<F>
    &, std::decay_t<Args>... > void start_soon(task_name name, F &&f, Args &&...args) const {
        detail::spawn(raw_, std::move(name), detail::bind_all(std::forward<F>(f), std::forward<Args>(args)...));
    }
    template <class F>
    requires std::is_invocable_v < std::decay_t<F>
    & > void start_soon(F &&f) const { start_soon("", std::forward<F>(f)); }

    /** As start_soon, with a handle of the task. */
    template <class F, class... Args>
    requires std::is_invocable_v < std::decay_t<F>
    &, std::decay_t<Args>... > [[nodiscard]] auto spawn(task_name name, F &&f, Args &&...args) const {
        auto bound = detail::bind_all(std::forward<F>(f), std::forward<Args>(args)...);
        using R = detail::task_result<std::invoke_result_t<decltype(bound) &>>;
        return spawned<R>(detail::spawn_with_result(raw_, std::move(name), std::move(bound)));
    }

#ifdef CRIB_COROUTINES
    /** A coroutine that was called but has not begun. */
    template <class T>
    void start_soon(task_name name, task<T> t) const {
        start_soon(std::move(name), [t = std::move(t)]() mutable { return std::move(t); });
    }
    template <class T>
    void start_soon(task<T> t) const {
        start_soon("", std::move(t));
    }
    template <class T>
    [[nodiscard]] spawned<T> spawn(task_name name, task<T> t) const {
        return spawn(std::move(name), [t = std::move(t)]() mutable { return std::move(t); });
    }
#endif

    /** Starts a task and waits until it says that it is ready: f gets a crib::started<T> to call with what start gives.
     * Until then the task belongs to the caller, and a failure of it is thrown here. */
    template <class T = void, class F>
    requires std::is_invocable_v < std::decay_t<F>
    &, started < T >> auto start(task_name name, F &&f) const {
        using kind = detail::start_kind<T, std::decay_t<F>>;
        return operation<kind>(kind{raw_, std::move(name), std::forward<F>(f)});
    }

    void cancel(const char *reason = nullptr) const { detail::check(crib_nursery_cancel(raw_, reason)); }
    /** Its own scope: deadlines, shields, soft cancels. */
    [[nodiscard]] scope_ref scope() const noexcept { return scope_ref(crib_nursery_scope(raw_)); }
    /** The name of the task that opened it. */
    [[nodiscard]] std::string opener() const { return crib_task_name(crib_nursery_parent_task(raw_)); }
    /** How many tasks it has. */
    [[nodiscard]] size_t count() const noexcept { return crib_nursery_count(raw_); }
    /** Waits until it is below max_children. */
    auto wait_room() const { return operation<detail::wait_room_kind>(detail::wait_room_kind{{}, raw_}); }
    /** Waits until it has no tasks, without closing it. */
    auto wait_idle() const { return operation<detail::wait_idle_kind>(detail::wait_idle_kind{{}, raw_}); }

  private:
    crib_nursery *raw_;
};

namespace detail {

inline void tell_failure(crib_task *, crib_error *e, void *user_data) noexcept {
    (*static_cast<const std::function<void(const failure &)> *>(user_data))(failure(error_ref::borrow(e)));
}

/* `options` must stay where it is while the nursery is open. */
inline crib_nursery *open_nursery(const nursery_options &options, crib_scope *parent) {
    crib_nursery_options raw{};
    raw.size = sizeof raw;
    raw.parent = parent;
    raw.policy = static_cast<int32_t>(options.policy);
    raw.max_children = options.max_children;
    raw.stack_bytes = options.stack_bytes;
    raw.drain = options.drain;
    raw.service = options.service;
    raw.grace = timeout_of(options.grace);
    if (options.on_failure) {
        raw.on_failure = tell_failure;
        raw.user_data = const_cast<std::function<void(const failure &)> *>(&options.on_failure);
    }
    crib_nursery *n = crib_nursery_open_with(&raw);
    if (n == nullptr) throw_not_opened();
    return n;
}

template <class F>
auto run_nursery(const nursery_options &options, F &body) {
    using R = body_result<F, nursery_ref>;
    crib_nursery *n = open_nursery(options, nullptr);
    crib_error *failed = nullptr;
    kept<R> result;
    try {
        result.from([&]() -> decltype(auto) { return call_body(body, nursery_ref(n)); });
    } catch (...) {
        failed = capture(crib_nursery_scope(n));
    }
    throw_if(crib_nursery_close_error(n, failed));
    if constexpr (!std::is_void_v<R>) {
        if (!result.result) throw_no_result();
        return *std::move(result.result);
    }
}

#ifdef CRIB_COROUTINES

struct close_kind {
    using result = void;
    crib_nursery *nursery;
    crib_error *body;
    static const char *name() { return "crib::nursery"; }
    crib_result begin(crib_op *op) {
        return begun(crib_begin_nursery_close(op, nursery, std::exchange(body, nullptr)));
    }
    static int block(crib_value *) { return CRIB_EMISUSE; }
    static void finish(int status, crib_value, crib_op *op) { check_status(status, op); }
};

/* A nursery of a coroutine: the strand works in it until its body is over. */
struct strand_nursery {
    strand &at;
    crib_scope *outer;
    crib_nursery *open;

    strand_nursery(strand &s, const nursery_options &options)
        : at(s), outer(s.scope), open(open_nursery(options, s.innermost())) {
        enter(crib_nursery_scope(open));
    }
    strand_nursery(const strand_nursery &) = delete;
    strand_nursery &operator=(const strand_nursery &) = delete;
    ~strand_nursery() {
        if (open == nullptr) return;
        crib_nursery *n = leave(); /* the coroutine is being destroyed: the block around awaits the tasks */
        crib_unref(n);
    }
    crib_nursery *leave() {
        enter(outer);
        return std::exchange(open, nullptr);
    }

  private:
    void enter(crib_scope *scope) {
        at.scope = scope;
        crib_op_set_scope(at.op, scope);
    }
};

template <class F>
auto nursery_task(nursery_options options, F body) -> task<typename body_result<F, nursery_ref>::result_type> {
    CRIB_CHECK_BODY(F);
    using R = typename body_result<F, nursery_ref>::result_type;
    strand &s = co_await this_strand{};
    strand_nursery n(s, options);
    crib_error *failed = nullptr;
    kept<R> result;
    try {
        if constexpr (std::is_void_v<R>) {
            co_await call_body(body, nursery_ref(n.open));
        } else {
            result.result.emplace(co_await call_body(body, nursery_ref(n.open)));
        }
    } catch (...) {
        failed = capture(crib_nursery_scope(n.open));
    }
    co_await operation<close_kind>(close_kind{n.leave(), failed});
    if constexpr (!std::is_void_v<R>) {
        if (!result.result) throw_no_result();
        co_return *std::move(result.result);
    }
}

#endif

template <class T, class F>
auto fiber_around(const char *name, F f) {
    return [name, f = std::move(f)]() mutable {
        crib_task *self = crib_task_current();
        auto run = [&](nursery_ref n) {
            auto body = [&f, self] { return f(started<T>(self)); };
            spawn(n.get(), task_name::borrow(name), body);
        };
        run_nursery(nursery_options{}, run);
    };
}

}  // namespace detail

/** Opens a nursery, runs the body in it, and waits for all tasks. Gives the body's result. */
template <class F>
auto nursery(nursery_options options, F body) {
    if constexpr (detail::is_task<detail::body_result<F, nursery_ref>>) {
#ifdef CRIB_COROUTINES
        return detail::nursery_task(std::move(options), std::move(body));
#endif
    } else {
        detail::refuse_blocking("crib::nursery: in a coroutine the body returns a crib::task");
        return detail::run_nursery(options, body);
    }
}
template <class F>
requires(!std::is_same_v<F, nursery_options>) auto nursery(F body) {
    return nursery(nursery_options{}, std::move(body));
}
template <class... A>
auto with_nursery(A &&...arguments) {
    return nursery(std::forward<A>(arguments)...);
}

}  // namespace crib

#endif
