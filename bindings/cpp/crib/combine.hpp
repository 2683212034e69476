/* Patterns that people otherwise write by hand. All bodies run as tasks in a nursery of the call, fibers or coroutines as
 * they are; when it is over nothing is left running. Each call is an operation: made by a fiber, awaited by a coroutine.
 *
 *   auto [page, count] = *crib::gather(crib::work("fetch", [&] { return fetch(url); }), [&] { return rows(table); });
 *   std::vector<std::string> pages = crib::map(crib::at_most{8}, urls, fetch);
 *
 * What they run is given as functions, or as crib::work, with a name for the task. */
#ifndef CRIB_COMBINE_HPP
#define CRIB_COMBINE_HPP

#include <crib/combine.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <ranges>
#include <tuple>
#include <variant>
#include <vector>

#include "channel.hpp"
#include "run.hpp"
#include "sync.hpp"
#include "token.hpp"

namespace crib {

/** A body, and the name of the task that will run it. */
template <class F>
struct work {
    task_name name;
    F body;

    work(task_name n, F f) : name(std::move(n)), body(std::move(f)) {}
};

/** How many tasks may run at the same time; 0 = no limit. */
struct at_most {
    uint32_t tasks = 0;
};

/** What ended first, and what it gave; std::monostate for nothing. */
template <class R>
struct winner {
    size_t index;
    R value;
};

namespace detail {

template <class F>
work<F> as_work(work<F> &&w) {
#ifdef CRIB_COROUTINES
    CRIB_CHECK_BODY(F);
#endif
    return std::move(w);
}
template <class F>
requires std::is_invocable_v < std::decay_t<F>
& > auto as_work(F &&f) { return as_work(work<std::decay_t<F>>("", std::forward<F>(f))); }

template <class W>
concept runnable = requires(W &&w) {
    as_work(std::forward<W>(w));
};
template <class W>
using work_of = decltype(as_work(std::declval<W>()));

template <class R>
using stored = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
template <class F, class... A>
using stored_result = stored<task_result<std::invoke_result_t<F &, A...>>>;

template <class W>
struct result_of_work;
template <class F>
struct result_of_work<work<F>> {
    using type = stored_result<F>;
};
template <class W>
using work_result = typename result_of_work<work_of<W>>::type;

template <size_t N>
struct literal {
    char text[N]{};
    constexpr literal(const char (&t)[N]) { std::copy_n(t, N, text); }
};

template <literal Name, class F>
struct composite_kind : call_kind<F> {
    using call_kind<F>::call_kind;
    static const char *name() { return Name.text; }
};

/* Runs a function in a fiber: this one, or one of its own. */
template <literal Name, class F>
auto in_fiber(F f) {
    return operation<composite_kind<Name, F>>(composite_kind<Name, F>(std::move(f)));
}

/* Starts a task that calls f and gives what that gives to `then`. */
template <class F, class Then>
void start_then(nursery_ref n, task_name name, F f, Then then) {
    using R = std::invoke_result_t<F &>;
    if constexpr (is_task<R>) {
#ifdef CRIB_COROUTINES
        n.start_soon(std::move(name), [f = std::move(f), then = std::move(then)]() mutable -> task<void> {
            if constexpr (std::is_void_v<task_result<R>>) {
                co_await f();
                then(std::monostate());
            } else {
                then(co_await f());
            }
        });
#endif
    } else {
        n.start_soon(std::move(name), [f = std::move(f), then = std::move(then)]() mutable {
            if constexpr (std::is_void_v<R>) {
                f();
                then(std::monostate());
            } else {
                then(f());
            }
        });
    }
}

inline void wait_below(nursery_ref n, at_most most) {
    if (most.tasks > 0) n.wait_room();
}

template <class R>
R taken(std::optional<R> &result) {
    if (!result) throw_no_result(); /* its task was cancelled by itself */
    return *std::move(result);
}

template <class... F, size_t... I>
auto gather_now(at_most most, std::tuple<work<F>...> &works, std::index_sequence<I...>) {
    checkpoint_if_cancelled();
    std::tuple<std::optional<stored_result<F>>...> results;
    nursery_options options;
    options.max_children = most.tasks;
    nursery(options, [&](nursery_ref n) {
        const auto start = [&](auto &w, auto &result) {
            wait_below(n, most);
            start_then(n, std::move(w.name), std::move(w.body), [&result](auto v) { result.emplace(std::move(v)); });
        };
        (start(std::get<I>(works), std::get<I>(results)), ...);
    });
    return std::tuple<stored_result<F>...>(taken(std::get<I>(results))...);
}

/* What a task has of an item: a reference, unless the range forgets it when it goes on, as a receiver does. */
template <class Range>
using item_of = std::conditional_t<std::ranges::forward_range<Range>, std::ranges::range_reference_t<Range>,
                                   std::ranges::range_value_t<Range>>;

template <class Range, class F>
auto map_now(at_most most, Range &items, F &f) {
    using item_type = item_of<Range>;
    using R = stored_result<F, item_type>;
    constexpr bool gives = !std::is_same_v<R, std::monostate>;
    checkpoint_if_cancelled();
    std::deque<std::optional<R>> results; /* one for all if they are nothing */
    nursery_options options;
    options.max_children = most.tasks;
    nursery(options, [&](nursery_ref n) {
        for (auto &&item : items) {
            wait_below(n, most);
            std::optional<R> &result = gives || results.empty() ? results.emplace_back() : results.front();
            start_then(
                n, "crib::map",
                [&f, one = std::tuple<item_type>(static_cast<item_type &&>(item))]() mutable {
                    return std::invoke(f, std::get<0>(std::move(one)));
                },
                [&result](auto v) { result.emplace(std::move(v)); });
        }
    });
    if constexpr (gives) {
        std::vector<R> all;
        all.reserve(results.size());
        for (std::optional<R> &result : results) all.push_back(taken(result));
        return all;
    }
}

/* Several bodies of which one is wanted. */
template <class R, class... F, size_t... I>
void start_contest(nursery_ref n, std::tuple<work<F>...> &works, std::optional<winner<R>> &won,
                   std::index_sequence<I...>) {
    const auto start = [&](size_t index, auto &w) {
        start_then(n, std::move(w.name), std::move(w.body), [&won, index](auto v) {
            if (!won) won.emplace(winner<R>{index, R(std::move(v))});
        });
    };
    (start(I, std::get<I>(works)), ...);
}

template <class R>
winner<R> result_of_contest(std::optional<winner<R>> &won) {
    if (!won) throw_code(-ECANCELED, "the bodies were cancelled by themselves");
    return *std::move(won);
}

template <class R, class... F>
winner<R> first_success_now(std::tuple<work<F>...> &works) {
    checkpoint_if_cancelled();
    std::optional<winner<R>> won;
    nursery_options options;
    options.policy = policy::first_success;
    nursery(options, [&](nursery_ref n) { start_contest(n, works, won, std::index_sequence_for<F...>()); });
    return result_of_contest(won);
}

/* What ends a cancellable_wait besides its bodies. */
struct limits_of_wait {
    token stop{static_cast<crib_token *>(nullptr)};
    int64_t timeout = CRIB_FOREVER;
};

template <class R, class... F>
winner<R> wait_now(const limits_of_wait &limits, std::tuple<work<F>...> &works) {
    checkpoint_if_cancelled();
    const int64_t now = crib_now();
    const int64_t deadline = limits.timeout > INT64_MAX - now ? INT64_MAX : now + limits.timeout;
    std::optional<winner<R>> won;
    nursery_options options;
    options.policy = policy::first_done;
    nursery(options, [&](nursery_ref n) {
        if (limits.stop) limits.stop.link(n.scope());
        n.scope().set_deadline(time_from(deadline));
        static_cast<void>(n.scope().cancel_called()); /* a time that has passed counts from the start */
        start_contest(n, works, won, std::index_sequence_for<F...>());
    });
    if (limits.stop) limits.stop.check();
    if (!won && crib_now() >= deadline) throw_code(CRIB_ETOOSLOW, "the time of a cancellable wait has passed");
    return result_of_contest(won);
}

template <class... W>
auto begin_wait(limits_of_wait limits, W &&...works) {
    static_assert(sizeof...(W) > 0, "there is nothing to wait for");
    using R = std::common_type_t<work_result<W>...>;
    return in_fiber<"crib::cancellable_wait">(
        [limits = std::move(limits), all = std::tuple<work_of<W>...>(as_work(std::forward<W>(works))...)]() mutable {
            return wait_now<R>(limits, all);
        });
}

}  // namespace detail

/** Runs all bodies, in order and so many at a time, and gives a tuple of their results. The first failure cancels the
 * rest. */
template <class... W>
requires(sizeof...(W) > 0) auto gather(at_most most, W &&...works) {
    return detail::in_fiber<"crib::gather">(
        [most, all = std::tuple<detail::work_of<W>...>(detail::as_work(std::forward<W>(works))...)]() mutable {
            return detail::gather_now(most, all, std::index_sequence_for<W...>());
        });
}
template <class... W>
requires(sizeof...(W) > 0 && (detail::runnable<W> && ...)) auto gather(W &&...works) {
    return gather(at_most{}, std::forward<W>(works)...);
}

/** Calls f for each item, in tasks of their own and so many at a time, and gives a vector of the results in the order of
 * the items, or nothing if f gives nothing. The first failure cancels the rest. A receiver is a range, too. */
template <std::ranges::input_range Range, class F>
auto map(at_most most, Range &&items, F f) {
#ifdef CRIB_COROUTINES
    CRIB_CHECK_BODY(F);
#endif
    return detail::in_fiber<"crib::map">(
        [most, items = std::tuple<Range>(std::forward<Range>(items)), f = std::move(f)]() mutable {
            return detail::map_now(most, std::get<0>(items), f);
        });
}
template <std::ranges::input_range Range, class F>
auto map(Range &&items, F f) {
    return map(at_most{}, std::forward<Range>(items), std::move(f));
}

/** Runs all bodies until the first one succeeds; the others are cancelled. If none does what they failed with is thrown. */
template <class... W>
requires(sizeof...(W) > 0) auto first_success(W &&...works) {
    using R = std::common_type_t<detail::work_result<W>...>;
    return detail::in_fiber<"crib::first_success">(
        [all = std::tuple<detail::work_of<W>...>(detail::as_work(std::forward<W>(works))...)]() mutable {
            return detail::first_success_now<R>(all);
        });
}

/** Runs all bodies until the first one has ended; the others are cancelled. A body's failure is thrown before all else; a
 * token that is triggered ends it with crib::op_cancelled, also if a body has succeeded, and a time that has passed with
 * crib::too_slow. */
template <detail::runnable... W>
auto cancellable_wait(W &&...works) {
    return detail::begin_wait({}, std::forward<W>(works)...);
}
template <class... W>
auto cancellable_wait(const token &stop, W &&...works) {
    return detail::begin_wait({stop.clone(), CRIB_FOREVER}, std::forward<W>(works)...);
}
template <class Rep, class Period, class... W>
auto cancellable_wait(std::chrono::duration<Rep, Period> timeout, W &&...works) {
    return detail::begin_wait({token(static_cast<crib_token *>(nullptr)), detail::timeout_of(timeout)},
                              std::forward<W>(works)...);
}
template <class Rep, class Period, class... W>
auto cancellable_wait(const token &stop, std::chrono::duration<Rep, Period> timeout, W &&...works) {
    return detail::begin_wait({stop.clone(), detail::timeout_of(timeout)}, std::forward<W>(works)...);
}

/** How one of several bodies has ended. */
template <class R>
class completion {
  public:
    completion(size_t index, R value) : index_(index), value_(std::move(value)) {}
    completion(size_t index, std::exception_ptr failed) : index_(index), failed_(std::move(failed)) {}
    /** Which one, counted from 0. */
    [[nodiscard]] size_t index() const noexcept { return index_; }
    /** What it failed with; nullptr if it has not. */
    [[nodiscard]] const std::exception_ptr &exception() const noexcept { return failed_; }
    /** What it gave; throws what it failed with. */
    R &value() {
        if (failed_) std::rethrow_exception(failed_);
        return *value_;
    }

  private:
    size_t index_;
    std::optional<R> value_;
    std::exception_ptr failed_;
};

namespace detail {

/* Where bodies leave how they ended, and what limits how many run. */
template <class R>
struct completions {
    sender<completion<R>> tx;
    std::shared_ptr<semaphore> places;

    [[nodiscard]] completions clone() const { return {tx.clone(), places}; }
};

template <class R, class F>
completion<R> complete(size_t index, F &f) {
    try {
        if constexpr (std::is_void_v<std::invoke_result_t<F &>>) {
            f();
            return completion<R>(index, R());
        } else {
            return completion<R>(index, R(f()));
        }
    } catch (const cancelled &) {
        throw;
    } catch (...) {
        return completion<R>(index, std::current_exception());
    }
}

/* Nobody took it: a failure stays that of its task, and all else may go. */
inline void keep_failure(const std::exception_ptr &failed, const std::exception_ptr &not_sent) {
    if (failed) std::rethrow_exception(failed);
    try {
        std::rethrow_exception(not_sent);
    } catch (const broken &) {}
}

template <class R, class F>
void complete_and_send(size_t index, F &f, completions<R> &to) {
    semaphore_guard place;
    if (to.places) place = to.places->acquire();
    completion<R> done = complete<R>(index, f);
    place.release();
    const std::exception_ptr failed = done.exception();
    try {
        to.tx.send(std::move(done));
    } catch (...) {
        keep_failure(failed, std::current_exception());
    }
}

#ifdef CRIB_COROUTINES

template <class R, class F>
task<completion<R>> complete_task(size_t index, F &f) {
    try {
        if constexpr (std::is_void_v<task_result<std::invoke_result_t<F &>>>) {
            co_await f();
            co_return completion<R>(index, R());
        } else {
            co_return completion<R>(index, R(co_await f()));
        }
    } catch (const cancelled &) {
        throw;
    } catch (...) {
        co_return completion<R>(index, std::current_exception());
    }
}

template <class R, class F>
task<void> complete_task_and_send(size_t index, F &f, completions<R> &to) {
    semaphore_guard place;
    if (to.places) place = co_await to.places->acquire();
    completion<R> done = co_await complete_task<R>(index, f);
    place.release();
    const std::exception_ptr failed = done.exception();
    std::exception_ptr not_sent;
    try {
        co_await to.tx.send(std::move(done));
    } catch (...) {
        not_sent = std::current_exception();
    }
    if (not_sent) keep_failure(failed, not_sent);
}

#endif

template <class R, class F>
void start_completion(nursery_ref n, size_t index, work<F> w, completions<R> to) {
    if constexpr (is_task<std::invoke_result_t<F &>>) {
#ifdef CRIB_COROUTINES
        n.start_soon(std::move(w.name), [index, f = std::move(w.body), to = std::move(to)]() mutable {
            return complete_task_and_send(index, f, to);
        });
#endif
    } else {
        n.start_soon(std::move(w.name),
                     [index, f = std::move(w.body), to = std::move(to)]() mutable { complete_and_send(index, f, to); });
    }
}

}  // namespace detail

/** Starts all bodies in a nursery, so many at a time, and gives a receiver of crib::completion in the order in which they
 * end; then comes the end. A body's failure is a result like any other, and fails the nursery only if nobody takes it. */
template <class... W>
requires(sizeof...(W) > 0) [[nodiscard]] auto completed(nursery_ref n, at_most most, W &&...works) {
    using R = std::common_type_t<detail::work_result<W>...>;
    channel<completion<R>> all(0); /* a failed body stays until its failure was taken */
    detail::completions<R> to{std::move(all.tx), nullptr};
    if (most.tasks > 0) to.places = std::make_shared<semaphore>(most.tasks);
    size_t index = 0;
    (detail::start_completion<R>(n, index++, detail::as_work(std::forward<W>(works)), to.clone()), ...);
    return std::move(all.rx);
}
template <class... W>
requires(sizeof...(W) > 0 && (detail::runnable<W> && ...)) [[nodiscard]] auto completed(nursery_ref n, W &&...works) {
    return completed(n, at_most{}, std::forward<W>(works)...);
}

/** When a retry tries again, and how often. */
struct retry_options {
    uint32_t attempts = 0; /* at most so many; 0 = until a scope's deadline ends it */
    uint32_t jitter = 0;   /* per cent: of each delay a random part of that is left out */
    std::chrono::nanoseconds delay = std::chrono::milliseconds(100); /* before the second attempt */
    std::chrono::nanoseconds most_delay = std::chrono::seconds(30);
    double factor = 2;                          /* each delay is so many times the one before */
    bool (*retries)(const failure &) = nullptr; /* whether this failure is worth another attempt; nullptr = every one */
};

namespace detail {

template <class F>
struct retry_state {
    F &f;
    bool (*retries)(const failure &);
    kept<task_result<std::invoke_result_t<F &>>> answer;

    static int attempt(void *p) noexcept {
        auto &self = *static_cast<retry_state *>(p);
        return guarded([&self] { self.answer.from([&self]() -> decltype(auto) { return self.call(); }); });
    }
    static bool asks(int code, void *p) noexcept {
        error_ref tree = error_ref::borrow(crib_error_current());
        if (crib_error_code(tree.get()) != code) tree = error_ref(crib_error_new(code, nullptr));
        return static_cast<retry_state *>(p)->retries(failure(std::move(tree)));
    }

  private:
    decltype(auto) call() {
        if constexpr (is_task<std::invoke_result_t<F &>>) {
#ifdef CRIB_COROUTINES
            return wait(f());
#endif
        } else {
            return f();
        }
    }
};

template <class F>
auto retry_now(const retry_options &options, F &f) {
    retry_state<F> state{f, options.retries, {}};
    crib_retry_options raw{};
    raw.size = sizeof raw;
    raw.attempts = options.attempts;
    raw.jitter = options.jitter;
    raw.delay = std::max<int64_t>(1, timeout_of(options.delay));
    raw.most_delay = std::max<int64_t>(1, timeout_of(options.most_delay));
    raw.factor = options.factor;
    if (options.retries != nullptr) raw.retries = retry_state<F>::asks;
    check_status(crib_retry(&raw, retry_state<F>::attempt, &state), nullptr);
    if constexpr (!std::is_void_v<task_result<std::invoke_result_t<F &>>>) return *std::move(state.answer.result);
}

}  // namespace detail

/** Calls f until it does not fail, with growing delays between the attempts, and gives its result. A cancel is not tried
 * again, and a delay that would reach the deadline in force is not begun: then the last failure is thrown. */
template <class F>
auto retry(retry_options options, F f) {
#ifdef CRIB_COROUTINES
    CRIB_CHECK_BODY(F);
#endif
    return detail::in_fiber<"crib::retry">(
        [options, f = std::move(f)]() mutable { return detail::retry_now(options, f); });
}
template <class F>
requires std::is_invocable_v<F &>
auto retry(F f) { return retry(retry_options{}, std::move(f)); }

namespace detail {

struct tick_kind {
    using result = size_t;
    crib_ticker *of;
    int64_t missed = 0;
    int64_t tick = 0;

    static const char *name() { return "crib::ticker::wait"; }
    crib_result begin(crib_op *op) {
        const int64_t now = crib_now();
        if (now > of->next) missed = (now - of->next - 1) / of->period + 1;
        tick = missed > 0 ? later(of->next + (missed - 1) * of->period) : of->next;
        return begun(crib_begin_sleep_until(op, tick));
    }
    int block(crib_value *) {
        const int rc = crib_ticker_wait(of);
        if (rc > 0) missed = rc;
        return rc < 0 ? rc : 0;
    }
    result finish(int status, crib_value, crib_op *op) {
        check_status(status, op);
        if (op != nullptr) of->next = later(tick);
        return static_cast<size_t>(missed);
    }

  private:
    [[nodiscard]] int64_t later(int64_t time) const {
        return time > CRIB_FOREVER - of->period ? CRIB_FOREVER : time + of->period;
    }
};

}  // namespace detail

/** Ticks again and again, counted from when it was made: it does not drift. Ticks that nobody waited for are not made up
 * for. Must stay where it is while somebody waits. */
class ticker {
  public:
    template <class Rep, class Period>
    explicit ticker(std::chrono::duration<Rep, Period> period) {
        detail::check(crib_ticker_start(&raw_, detail::nanoseconds_of(period)));
    }
    /** Waits for the next tick, and gives how many went by unseen. */
    auto wait() { return operation<detail::tick_kind>(detail::tick_kind{&raw_}); }

  private:
    crib_ticker raw_{};
};

}  // namespace crib

#endif
