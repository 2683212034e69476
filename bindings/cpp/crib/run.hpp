/* Runs: where tasks live. crib::run(f) runs f as the main task, a fiber or, if it returns a crib::task, stackless, until it
 * and all it started have ended; it gives f's result or throws what f failed with. */
#ifndef CRIB_RUN_HPP
#define CRIB_RUN_HPP

#include <crib/portal.h>
#include <crib/runtime.h>

#include <functional>

#include "handle.hpp"
#include "nursery.hpp"

namespace crib {

struct runtime_options {
    uint64_t seed = 0;      /* the order of what is ready; 0 = first in, first out */
    size_t stack_bytes = 0; /* of a fiber; 0 = 64 KiB */
    uint32_t budget = 0;    /* operations until a task must yield; 0 = 64 */
    bool strict = false;    /* yield at every operation, poll and look at the clock every pass */
    enum class sigint { automatic = 0, take = 1, never = -1 } interrupt = sigint::automatic;
    enum class clock_kind { real = 0, mock = 1, mock_autojump = 2 } mock_clock = clock_kind::real;
};

namespace detail {

/* The failure of a run that is over. */
[[noreturn]] inline void throw_run_failed(int rc) {
    error_ref tree = error_ref::borrow(crib_error_current());
    const bool fits = crib_error_code(tree.get()) == rc && rc != CRIB_ECANCELLED;
    if (fits) throw_tree(std::move(tree));
    if (rc == CRIB_ECANCELLED) throw error(CRIB_EINTERRUPTED, "the run was cancelled");
    throw_code(rc);
}

/* A main body that leaves its result with its caller. */
template <class F, class Result>
auto main_body(F &f, Result &result) {
    if constexpr (is_task<std::invoke_result_t<F &>>) {
#ifdef CRIB_COROUTINES
        return [&f, &result]() -> task<void> {
            if constexpr (std::is_void_v<task_result<std::invoke_result_t<F &>>>) {
                static_cast<void>(result);
                co_await f();
            } else {
                result.result.emplace(co_await f());
            }
        };
#endif
    } else {
        return [&f, &result] { result.from(f); };
    }
}

template <class Body>
int run_main(crib_runtime *rt, Body body) {
    if constexpr (is_task<std::invoke_result_t<Body &>>) {
#ifdef CRIB_COROUTINES
        using body_type = coroutine_body<Body>;
        const auto data = reinterpret_cast<uintptr_t>(new body_type(std::move(body)));
        return crib_runtime_run_stackless(rt, nullptr, body_type::resume, data, body_type::destroy);
#endif
    } else {
        auto *boxed = new fiber_body<Body>(std::move(body));
        return crib_runtime_run(rt, fiber_body<Body>::run, boxed, fiber_body<Body>::destroy);
    }
}

}  // namespace detail

/** Makes one run after another, all in the thread of the first. */
class runtime : public handle<crib_runtime> {
  public:
    explicit runtime(runtime_options options = {}) : handle(make(options)) {}
    template <class F>
    auto run(F f) {
        using R = detail::task_result<std::invoke_result_t<F &>>;
        detail::kept<R> result;
        const int rc = detail::run_main(get(), detail::main_body(f, result));
        if (rc < 0) detail::throw_run_failed(rc);
        if constexpr (!std::is_void_v<R>) return *std::move(result.result);
    }

  private:
    static crib_runtime *make(const runtime_options &options) {
        crib_runtime_options raw{};
        raw.size = sizeof raw;
        raw.seed = options.seed;
        raw.stack_bytes = options.stack_bytes;
        raw.budget = options.budget;
        raw.strict = options.strict;
        raw.interrupt = static_cast<int32_t>(options.interrupt);
        raw.mock_clock = static_cast<int32_t>(options.mock_clock);
        crib_runtime *rt = crib_runtime_new(&raw);
        if (rt == nullptr) detail::throw_code(-ENOMEM);
        return rt;
    }
};

/** Runs f as the main task of a new run. */
template <class F>
auto run(F f) {
    return runtime().run(std::move(f));
}
template <class F>
auto run(runtime_options options, F f) {
    return runtime(options).run(std::move(f));
}

namespace detail {

struct portal_wait_kind : plain_kind {
    crib_portal *of;
    static const char *name() { return "crib::portal::wait"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_portal_wait(op, of)); }
    int block(crib_value *) { return crib_portal_wait(of); }
};

}  // namespace detail

/** How other threads reach this run. While it is open the run waits for them. post, wake and clone in any thread. */
class portal : public handle<crib_portal> {
  public:
    portal() : handle(detail::made(crib_portal_open())) {}
    [[nodiscard]] portal clone() const noexcept { return portal(crib_portal_ref(get())); }

    /** Runs f on the run's thread, soon, outside tasks: it may set, cancel and start, and must not wait or throw. */
    template <class F>
    void post(F f) const {
        auto *boxed = new F(std::move(f));
        detail::check(crib_portal_post(
            get(), [](void *p) noexcept { std::invoke(*static_cast<F *>(p)); }, boxed,
            [](void *p) noexcept { delete static_cast<F *>(p); }));
    }
    /** Wakes who waits; also from a signal handler. False when the run is over. */
    bool wake() const noexcept { return crib_portal_wake(get()) == 0; }
    auto wait() const { return operation<detail::portal_wait_kind>(detail::portal_wait_kind{{}, get()}); }

  private:
    explicit portal(crib_portal *owned) noexcept : handle(owned) {}
};

namespace detail {

/* Shared by the task that waits and the fiber that works, which may outlive the wait. */
template <class F>
struct call_state {
    std::optional<F> function;
    kept<std::invoke_result_t<F &>> answer;
    int owners = 2;

    explicit call_state(F f) : function(std::move(f)) {}
    static int run(void *p) noexcept {
        auto &self = *static_cast<call_state *>(p);
        const int rc = guarded([&self] { self.answer.from(*self.function); });
        self.function.reset();
        return rc;
    }
    static void give_up(void *p) noexcept {
        auto *self = static_cast<call_state *>(p);
        if (--self->owners == 0) delete self;
    }
};

template <class F>
struct call_kind {
    using result = std::invoke_result_t<F &>;
    using state_type = call_state<F>;
    struct release {
        void operator()(state_type *p) const { state_type::give_up(p); }
    };
    std::unique_ptr<state_type, release> state;
    explicit call_kind(F f) : state(new state_type(std::move(f))) { state->owners = 1; }

    static const char *name() { return "crib::call"; }
    crib_result begin(crib_op *op) {
        state->owners++;
        return begun(crib_begin_call(op, state_type::run, state.get(), state_type::give_up));
    }
    int block(crib_value *) {
        state->answer.from(*state->function);
        return 0;
    }
    result finish(int status, crib_value v, crib_op *op) {
        crib_value_drop(v);
        check_status(status, op);
        if constexpr (!std::is_void_v<result>) return *std::move(state->answer.result);
    }
};

}  // namespace detail

/** Calls a function in a fiber: so a coroutine uses code that waits in the blocking way. In a fiber a plain call. */
template <class F>
auto call(F f) {
#ifdef CRIB_COROUTINES
    CRIB_CHECK_BODY(F);
#endif
    return operation<detail::call_kind<F>>(detail::call_kind<F>(std::move(f)));
}

#ifdef CRIB_COROUTINES

/** Runs a coroutine from a fiber, as a task of its own, and gives its result or throws what it failed with. */
template <class T>
T wait(task<T> t) {
    detail::refuse_blocking("crib::wait: a coroutine awaits a task instead");
    detail::kept<T> result;
    std::exception_ptr failed;
    nursery([&](nursery_ref n) {
        n.start_soon("crib::wait", [&]() -> task<void> {
            try {
                if constexpr (std::is_void_v<T>) {
                    co_await std::move(t);
                } else {
                    result.result.emplace(co_await std::move(t));
                }
            } catch (...) {
                failed = std::current_exception();
            }
        });
    });
    if (failed) std::rethrow_exception(failed);
    if constexpr (!std::is_void_v<T>) return *std::move(result.result);
}

#endif

}  // namespace crib

#endif
