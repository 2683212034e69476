/* Cancel scopes, as calls with a body: what is inside is over when they return, on every way out. The body may take a
 * crib::scope_ref. If it is a coroutine the call is awaited: co_await crib::move_on_after(5s, [&]() -> crib::task<> { … }).
 *
 * There are no scope objects to be closed by a destructor: a close may have to throw while another exception is under way,
 * and a coroutine cannot wait in one. */
#ifndef CRIB_SCOPE_HPP
#define CRIB_SCOPE_HPP

#include <crib/scope.h>
#include <crib/token.h>

#include <functional>
#include <optional>

#include "task.hpp"
#include "time.hpp"

namespace crib {

/** Who cancelled a scope. */
enum class source {
    none = CRIB_SOURCE_NONE,
    explicit_call = CRIB_SOURCE_EXPLICIT,
    deadline = CRIB_SOURCE_DEADLINE,
    nursery = CRIB_SOURCE_NURSERY,
    interrupt = CRIB_SOURCE_INTERRUPT,
    shutdown = CRIB_SOURCE_SHUTDOWN,
    deadlock = CRIB_SOURCE_DEADLOCK,
    misuse = CRIB_SOURCE_MISUSE,
    link = CRIB_SOURCE_LINK,
};

enum class scope_state {
    open = CRIB_SCOPE_OPEN,
    soft_cancelled = CRIB_SCOPE_SOFT,
    cancelled = CRIB_SCOPE_CANCELLED,
    closed = CRIB_SCOPE_CLOSED,
};

/** What a soft cancel ends at once: regions that are graceful, or all that is not soft-shielded. */
enum class soft { drain = CRIB_SOFT_DRAIN, interrupt = CRIB_SOFT_INTERRUPT };

/** A scope, for those inside and those who cancel it. A number in effect: copied freely, harmless once it is closed. */
class scope_ref {
  public:
    explicit scope_ref(crib_scope *raw) noexcept : raw_(raw) {}
    [[nodiscard]] crib_scope *get() const noexcept { return raw_; }

    void cancel(const char *reason = nullptr) const { detail::check(crib_scope_cancel(raw_, reason)); }
    /** Asks everything inside to end, and cancels what is left after `grace`. */
    template <class Rep, class Period>
    void cancel_soft(soft mode, std::chrono::duration<Rep, Period> grace, const char *reason = nullptr) const {
        detail::check(crib_scope_cancel_soft(raw_, static_cast<int>(mode), detail::timeout_of(grace), reason));
    }
    /** Whether it was cancelled itself, not by a scope around it. */
    [[nodiscard]] bool cancel_called() const noexcept { return crib_scope_cancel_called(raw_); }
    [[nodiscard]] scope_state state() const noexcept { return static_cast<scope_state>(crib_scope_state(raw_)); }
    [[nodiscard]] crib::source source() const noexcept { return static_cast<crib::source>(crib_scope_source(raw_)); }
    /** Why it was cancelled; "" if nobody said. */
    [[nodiscard]] std::string reason() const {
        const char *text = crib_scope_reason(raw_);
        return text != nullptr ? text : "";
    }

    /** crib::forever if there is none. */
    [[nodiscard]] time_point deadline() const noexcept { return detail::time_from(crib_scope_deadline(raw_)); }
    template <class Duration>
    void set_deadline(std::chrono::time_point<clock, Duration> t) const {
        detail::check(crib_scope_set_deadline(raw_, detail::time_of(t)));
    }
    /** A deadline that far from now. */
    template <class Rep, class Period>
    void set_timeout(std::chrono::duration<Rep, Period> d) const {
        const int64_t ns = detail::timeout_of(d), now = crib_now();
        set_deadline(detail::time_from(ns > INT64_MAX - now ? INT64_MAX : now + ns));
    }
    [[nodiscard]] std::chrono::nanoseconds remaining_grace() const noexcept {
        return std::chrono::nanoseconds(crib_scope_remaining_grace(raw_));
    }
    /** Hides all cancels from outside, or lets them in again, at once. */
    void shield(bool on = true) const { detail::check(crib_scope_set_shield(raw_, on)); }

    /** Cancels `target` when this one is cancelled. */
    void link_to(scope_ref target) const { detail::check(crib_scope_link(raw_, target.raw_)); }
    /** Calls `fn` once when this scope becomes cancelled, at once if it is. On the loop thread, outside tasks; it may
     * cancel, wake and post, and must not wait or throw. */
    template <class F>
    void on_cancel(F fn) const {
        auto *boxed = new F(std::move(fn));
        detail::check(crib_scope_on_cancel(
            raw_, [](void *p) noexcept { (*static_cast<F *>(p))(); }, boxed,
            [](void *p) noexcept { delete static_cast<F *>(p); }));
    }

  private:
    crib_scope *raw_;
};

/** How a scope behaves; all defaults: one that is only cancelled by hand. */
struct scope_options {
    std::optional<std::chrono::nanoseconds> timeout{};
    std::optional<time_point> deadline{}; /* of the two the earlier counts */
    std::chrono::nanoseconds grace{0};    /* makes expiry a soft cancel, with this grace */
    enum class shield_kind { none = 0, full = 1, soft = 2 } shield = shield_kind::none;
    bool graceful = false;    /* a soft cancel of any mode ends it at once */
    bool fail = false;        /* crib::too_slow when its own deadline ended it */
    bool *absorbed = nullptr; /* told whether it absorbed a cancel, also when it throws what else failed */
};

namespace detail {

template <class F, class Ref>
using body_result = typename std::conditional_t<std::is_invocable_v<F &, Ref>, std::invoke_result<F &, Ref>,
                                                std::invoke_result<F &>>::type;

template <class F, class Ref>
body_result<F, Ref> call_body(F &body, Ref ref) {
    if constexpr (std::is_invocable_v<F &, Ref>) {
        return std::invoke(body, ref);
    } else {
        return std::invoke(body);
    }
}

/* A result that may be void, kept while a block is closed. */
template <class R>
struct kept {
    std::optional<R> result;
    template <class Fn>
    void from(Fn &&fn) {
        result.emplace(std::forward<Fn>(fn)());
    }
};
template <>
struct kept<void> {
    template <class Fn>
    void from(Fn &&fn) {
        std::forward<Fn>(fn)();
    }
};

inline crib_scope_options raw_options(const scope_options &o, crib_scope *parent) {
    crib_scope_options raw{};
    raw.size = sizeof raw;
    raw.parent = parent;
    if (o.deadline) raw.deadline = time_of(*o.deadline) > 0 ? time_of(*o.deadline) : CRIB_EXPIRED;
    if (o.timeout) raw.timeout = timeout_of(*o.timeout);
    if (o.timeout && raw.timeout == 0) raw.deadline = CRIB_EXPIRED;
    raw.grace = timeout_of(o.grace);
    raw.shield = static_cast<int32_t>(o.shield);
    raw.graceful = o.graceful;
    raw.fail = o.fail;
    return raw;
}

/* The code that a failed open left: the block around is poisoned with it. */
[[noreturn]] inline void throw_not_opened() {
    const int rc = crib_checkpoint_if_cancelled();
    throw_code(rc < 0 && rc != CRIB_ECANCELLED ? rc : -ENOMEM);
}

inline crib_scope *open_scope(const scope_options &options, crib_scope *parent) {
    const crib_scope_options raw = raw_options(options, parent);
    crib_scope *scope = crib_scope_open(&raw);
    if (scope == nullptr) throw_not_opened();
    return scope;
}

/* Runs the body in an open scope of a fiber and closes it; whether something was absorbed. */
template <class Result, class F>
bool run_in_scope(const scope_options &options, F &body, Result &result) {
    crib_scope *scope = open_scope(options, nullptr);
    crib_error *failed = nullptr;
    bool caught = false;
    int rc = 0;
    try {
        result.from([&]() -> decltype(auto) { return call_body(body, scope_ref(scope)); });
    } catch (const cancelled &) {
        rc = CRIB_ECANCELLED;
    } catch (...) {
        failed = capture(scope);
    }
    if (failed != nullptr) {
        failed = crib_scope_close_error(scope, failed, &caught);
    } else {
        rc = crib_scope_close(scope, rc, &caught);
    }
    if (options.absorbed != nullptr) *options.absorbed = caught;
    throw_if(failed);
    check_status(rc, nullptr);
    return caught;
}

#ifdef CRIB_COROUTINES

/* A scope of a coroutine: the strand works in it until it is closed. */
struct strand_scope {
    strand &at;
    crib_scope *outer;
    crib_scope *inner;

    strand_scope(strand &s, const scope_options &options)
        : at(s), outer(s.scope), inner(open_scope(options, s.innermost())) {
        enter(inner);
    }
    strand_scope(const strand_scope &) = delete;
    strand_scope &operator=(const strand_scope &) = delete;
    ~strand_scope() {
        if (inner != nullptr) crib_unref(close(nullptr, nullptr)); /* the coroutine is being destroyed */
    }
    [[nodiscard]] crib_error *close(crib_error *in, bool *caught) {
        enter(outer);
        return crib_scope_close_error(std::exchange(inner, nullptr), in, caught);
    }

  private:
    void enter(crib_scope *scope) {
        at.scope = scope;
        crib_op_set_scope(at.op, scope);
    }
};

template <class R, class F>
task<bool> scope_task(scope_options options, F body, kept<R> &result) {
    strand &s = co_await this_strand{};
    strand_scope scope(s, options);
    crib_error *failed = nullptr;
    bool caught = false;
    try {
        if constexpr (std::is_void_v<R>) {
            co_await call_body(body, scope_ref(scope.inner));
        } else {
            result.result.emplace(co_await call_body(body, scope_ref(scope.inner)));
        }
    } catch (...) {
        failed = capture(scope.inner);
    }
    failed = scope.close(failed, &caught);
    if (options.absorbed != nullptr) *options.absorbed = caught;
    throw_if(failed);
    co_return caught;
}

#endif

[[noreturn]] inline void throw_no_result() {
    throw_code(CRIB_EOPCANCELLED, "the block was cancelled before its body had a result");
}

}  // namespace detail

#ifdef CRIB_COROUTINES

namespace detail {

template <class F>
using coroutine_result = typename body_result<F, scope_ref>::result_type;

template <class F>
auto scope_of_task(scope_options options, F body)
    -> task<std::conditional_t<std::is_void_v<coroutine_result<F>>, bool, std::optional<coroutine_result<F>>>> {
    CRIB_CHECK_BODY(F);
    kept<coroutine_result<F>> result;
    const bool caught = co_await scope_task(options, std::move(body), result);
    if constexpr (std::is_void_v<coroutine_result<F>>) {
        co_return caught;
    } else {
        co_return std::move(result.result);
    }
}

template <class F>
auto failing_scope_of_task(scope_options options, F body) -> task<coroutine_result<F>> {
    CRIB_CHECK_BODY(F);
    kept<coroutine_result<F>> result;
    co_await scope_task(options, std::move(body), result);
    if constexpr (!std::is_void_v<coroutine_result<F>>) {
        if (!result.result) throw_no_result();
        co_return *std::move(result.result);
    }
}

}  // namespace detail

#endif

/** Runs a body in a scope. Gives true if the scope was cancelled and that was absorbed here; for a body with a result an
 * optional, which is empty then. */
template <class F>
auto with_scope(scope_options options, F body) {
    using R = detail::body_result<F, scope_ref>;
    if constexpr (detail::is_task<R>) {
#ifdef CRIB_COROUTINES
        return detail::scope_of_task(options, std::move(body));
#endif
    } else {
        detail::refuse_blocking("crib::with_scope: in a coroutine the body returns a crib::task");
        detail::kept<R> result;
        const bool caught = detail::run_in_scope(options, body, result);
        if constexpr (std::is_void_v<R>) {
            return caught;
        } else {
            return std::move(result.result);
        }
    }
}

template <class F>
requires(!std::is_same_v<F, scope_options>) auto with_scope(F body) {
    return with_scope(scope_options{}, std::move(body));
}

/** As with_scope for a scope that must not end early: gives the body's result, and fails with crib::too_slow when its
 * deadline passed. */
template <class F>
auto with_failing_scope(scope_options options, F body) {
    using R = detail::body_result<F, scope_ref>;
    options.fail = true;
    if constexpr (detail::is_task<R>) {
#ifdef CRIB_COROUTINES
        return detail::failing_scope_of_task(options, std::move(body));
#endif
    } else {
        detail::refuse_blocking("crib::fail_after: in a coroutine the body returns a crib::task");
        detail::kept<R> result;
        detail::run_in_scope(options, body, result);
        if constexpr (!std::is_void_v<R>) {
            if (!result.result) detail::throw_no_result();
            return *std::move(result.result);
        }
    }
}

namespace detail {

template <class Rep, class Period>
scope_options after(std::chrono::duration<Rep, Period> d) {
    scope_options options;
    options.timeout = std::chrono::nanoseconds(timeout_of(d));
    return options;
}

inline scope_options at(time_point t) {
    scope_options options;
    options.deadline = t;
    return options;
}

}  // namespace detail

/** Ends the body silently after a time. Gives true if that, or a cancel by hand, has happened; for a body with a result an
 * optional, which is empty then. */
template <class Rep, class Period, class F>
auto move_on_after(std::chrono::duration<Rep, Period> d, F body) {
    return with_scope(detail::after(d), std::move(body));
}
template <class F>
auto move_on_at(time_point t, F body) {
    return with_scope(detail::at(t), std::move(body));
}

/** Ends the body after a time and fails with crib::too_slow; else gives its result. */
template <class Rep, class Period, class F>
auto fail_after(std::chrono::duration<Rep, Period> d, F body) {
    return with_failing_scope(detail::after(d), std::move(body));
}
template <class F>
auto fail_at(time_point t, F body) {
    return with_failing_scope(detail::at(t), std::move(body));
}
/** The same as fail_after. */
template <class Rep, class Period, class F>
auto with_timeout(std::chrono::duration<Rep, Period> d, F body) {
    return fail_after(d, std::move(body));
}

/** Hides all cancels from outside from the body: for cleanup that must wait. Give it a timeout of its own. */
template <class F>
auto shield(F body) {
    scope_options options;
    options.shield = scope_options::shield_kind::full;
    return with_scope(options, std::move(body));
}

/** The same as long as the grace of a soft cancel lasts. */
template <class F>
auto soft_shield(F body) {
    scope_options options;
    options.shield = scope_options::shield_kind::soft;
    return with_scope(options, std::move(body));
}

/** Marks a region that a soft cancel of any mode ends at once: loops that accept, idle reads. */
template <class F>
auto graceful(F body) {
    scope_options options;
    options.graceful = true;
    return with_scope(options, std::move(body));
}

/** The earliest deadline in force here; crib::forever if there is none. */
inline time_point current_effective_deadline() noexcept { return detail::time_from(crib_current_effective_deadline()); }

/** Fails with crib::cancelled if a scope around is cancelled; never waits. */
inline void checkpoint_if_cancelled() { detail::check_status(crib_checkpoint_if_cancelled(), nullptr); }

/** Lets the others run, then looks for a cancel. */
inline auto checkpoint() { return operation<detail::checkpoint_kind>(detail::checkpoint_kind{}); }

template <class Rep, class Period>
auto sleep(std::chrono::duration<Rep, Period> d) {
    return operation<detail::sleep_kind>(detail::sleep_kind{{}, detail::timeout_of(d)});
}
template <class Duration>
auto sleep_until(std::chrono::time_point<clock, Duration> t) {
    return operation<detail::sleep_until_kind>(detail::sleep_until_kind{{}, detail::time_of(t)});
}
/** Waits until it is cancelled. */
inline auto sleep_forever() { return operation<detail::sleep_kind>(detail::sleep_kind{{}, CRIB_FOREVER}); }

}  // namespace crib

#endif
