/* Select: waits for several operations at once and carries out exactly one. The others leave no trace.
 *
 *   crib::select(crib::when(orders, [&](std::optional<order> o) { … }),
 *                crib::when(stop, [&] { … }),
 *                crib::when_after(50ms, [&] { … }));
 *
 * It gives the index of the clause that was chosen, after its handler has run. Of several that are ready one is drawn;
 * crib::select_in_order takes the first. Handlers are plain functions; a coroutine that has to await something does it
 * afterwards, by the index. Clauses are for one select; what they name must live until it is over. crib::only_if switches a
 * clause off, and so does an empty handle: rx = {}. */
#ifndef CRIB_SELECT_HPP
#define CRIB_SELECT_HPP

#include <crib/select.h>

#include <array>
#include <tuple>

#include "channel.hpp"
#include "nursery.hpp"
#include "sync.hpp"
#include "token.hpp"

namespace crib {

namespace detail {

/* The clause, a handler for its outcome, and what turns the outcome into what the handler takes. */
template <class Handler>
struct clause_of {
    crib_clause raw;
    Handler handler;
};

template <class T, class Handler>
struct receive_clause : clause_of<Handler> {
    static void carry_out(crib_clause &raw, Handler &handler, crib_op *op) {
        const crib_value v = std::exchange(raw.value, crib_value{nullptr, nullptr});
        handler(receive_kind<T>{static_cast<crib_receiver *>(raw.object)}.finish(raw.status, v, op));
    }
};

/* Owns the value until a select has consumed it. One that it has not goes back to where it came from, if that is known. */
template <class T, class Handler>
struct send_clause : clause_of<Handler> {
    T *home;

    send_clause(crib_clause raw, Handler handler, T *from) : clause_of<Handler>{raw, std::move(handler)}, home(from) {}
    send_clause(send_clause &&other) noexcept(std::is_nothrow_move_constructible_v<Handler>)
        : clause_of<Handler>{other.raw, std::move(other.handler)}, home(other.home) {
        other.raw.value = crib_value{nullptr, nullptr};
    }
    ~send_clause() {
        const crib_value left = std::exchange(this->raw.value, crib_value{nullptr, nullptr});
        if (left.vt != nullptr && home != nullptr) {
            *home = unbox<T>(left);
        } else {
            crib_value_drop(left);
        }
    }
    static void carry_out(crib_clause &raw, Handler &handler, crib_op *op) {
        check_status(raw.status, op);
        handler();
    }
};

template <class Handler>
struct wait_clause : clause_of<Handler> {
    static void carry_out(crib_clause &raw, Handler &handler, crib_op *op) {
        check_status(raw.status, op);
        handler();
    }
};

template <class Guard, class H, class Handler>
struct acquire_clause : clause_of<Handler> {
    static void carry_out(crib_clause &raw, Handler &handler, crib_op *op) {
        check_status(raw.status, op);
        handler(Guard(static_cast<H *>(raw.object)));
    }
};

template <class R, class Handler>
struct task_clause : clause_of<Handler> {
    static void carry_out(crib_clause &raw, Handler &handler, crib_op *op) {
        handler(wait_kind<R>{static_cast<crib_task *>(raw.object)}.finish(raw.status, raw.value, op));
    }
};

template <class... Clauses>
struct select_kind {
    using result = size_t;
    static constexpr size_t count = sizeof...(Clauses);
    using raw_clauses = std::array<crib_clause, count>;

    std::tuple<Clauses...> clauses;
    uint32_t flags;
    raw_clauses raw{};

    static const char *name() { return "crib::select"; }
    crib_result begin(crib_op *op) {
        to_raw();
        const int status = crib_begin_select(op, raw.data(), count, flags);
        from_raw();
        return begun(status);
    }
    int block(crib_value *) {
        to_raw();
        const int status = crib_select(raw.data(), count, flags);
        from_raw();
        return status;
    }
    int block_nowait() {
        to_raw();
        const int status = crib_select_nowait(raw.data(), count, flags);
        from_raw();
        return status;
    }
    bool take(crib_op *op, crib_result &answer) {
        answer.status = crib_op_take_select(op, raw.data(), count);
        if (answer.status == CRIB_PENDING) return false;
        from_raw();
        return true;
    }
    result finish(int status, crib_value, crib_op *op) {
        check_status(status, op);
        const auto chosen = static_cast<size_t>(status);
        handle(chosen, op, std::index_sequence_for<Clauses...>());
        return chosen;
    }

  private:
    /* The values of send clauses are where their clauses are, but for the time of a call. Those of clauses that are
     * switched off stay there: the library knows nothing of them. */
    void to_raw() {
        size_t i = 0;
        std::apply([&](auto &...each) { ((raw[i++] = each.raw), ...); }, clauses);
    }
    void from_raw() {
        size_t i = 0;
        const auto take_back = [](crib_clause &to, const crib_clause &from) {
            if (from.kind != CRIB_CLAUSE_NONE) to = from;
        };
        std::apply([&](auto &...each) { (take_back(each.raw, raw[i++]), ...); }, clauses);
    }
    template <size_t... I>
    void handle(size_t chosen, crib_op *op, std::index_sequence<I...>) {
        ((I == chosen ? carry_out(std::get<I>(clauses), op) : void()), ...);
    }
    template <class Clause>
    static void carry_out(Clause &clause, crib_op *op) {
        Clause::carry_out(clause.raw, clause.handler, op);
    }
};

struct nothing {
    template <class... A>
    void operator()(A &&...) const {}
};

/* A clause of that kind; of an empty handle one that is never ready. */
template <class H>
crib_clause raw_clause(int32_t kind, const handle<H> &of) {
    return crib_clause_of(of ? kind : CRIB_CLAUSE_NONE, of.get());
}

template <class Clause, class Handler>
Clause make_clause(crib_clause raw, Handler &&handler) {
    return Clause{{raw, std::forward<Handler>(handler)}};
}

}  // namespace detail

/** A value is received: the handler gets an optional, which is empty when the channel has ended. */
template <class T, class Handler>
auto when(const receiver<T> &rx, Handler handler) {
    return detail::make_clause<detail::receive_clause<T, Handler>>(detail::raw_clause(CRIB_CLAUSE_RECEIVE, rx),
                                                                   std::move(handler));
}
/** A value is sent. If another clause is chosen it is destroyed; one that is given by std::ref goes back where it was. */
template <class T, class U, class Handler = detail::nothing>
requires(std::is_convertible_v<U, T> &&
         !std::is_same_v<std::decay_t<U>, std::reference_wrapper<T>>) auto when(const sender<T> &tx, U &&item,
                                                                                Handler handler = {}) {
    crib_clause raw = detail::raw_clause(CRIB_CLAUSE_SEND, tx);
    raw.value = detail::box(T(std::forward<U>(item)));
    return detail::send_clause<T, Handler>(raw, std::move(handler), nullptr);
}
template <class T, class Handler = detail::nothing>
auto when(const sender<T> &tx, std::reference_wrapper<T> item, Handler handler = {}) {
    static_assert(std::is_nothrow_move_assignable_v<T>, "what goes back must not fail to");
    crib_clause raw = detail::raw_clause(CRIB_CLAUSE_SEND, tx);
    raw.value = detail::box(std::move(item.get()));
    return detail::send_clause<T, Handler>(raw, std::move(handler), &item.get());
}
template <class Handler = detail::nothing>
auto when(const event &e, Handler handler = {}) {
    return detail::make_clause<detail::wait_clause<Handler>>(detail::raw_clause(CRIB_CLAUSE_EVENT, e),
                                                             std::move(handler));
}
template <class Handler = detail::nothing>
auto when(const token &t, Handler handler = {}) {
    return detail::make_clause<detail::wait_clause<Handler>>(detail::raw_clause(CRIB_CLAUSE_TOKEN, t),
                                                             std::move(handler));
}
/** The lock is acquired: the handler gets a guard. */
template <class Handler>
auto when(const lock &l, Handler handler) {
    return detail::make_clause<detail::acquire_clause<lock_guard, crib_lock, Handler>>(
        detail::raw_clause(CRIB_CLAUSE_LOCK, l), std::move(handler));
}
template <class Handler>
auto when(const semaphore &s, Handler handler) {
    using clause = detail::acquire_clause<semaphore_guard, crib_semaphore, Handler>;
    return detail::make_clause<clause>(detail::raw_clause(CRIB_CLAUSE_SEMAPHORE, s), std::move(handler));
}
/** A task has ended: the handler gets what spawned::wait gives. */
template <class R, class Handler>
auto when(const spawned<R> &t, Handler handler) {
    return detail::make_clause<detail::task_clause<R, Handler>>(detail::raw_clause(CRIB_CLAUSE_TASK, t),
                                                                std::move(handler));
}
/** A time has passed, counted from this call. */
template <class Rep, class Period, class Handler = detail::nothing>
auto when_after(std::chrono::duration<Rep, Period> d, Handler handler = {}) {
    const int64_t ns = detail::timeout_of(d), now = crib_now();
    const int64_t at = ns > INT64_MAX - now ? INT64_MAX : now + ns;
    return detail::make_clause<detail::wait_clause<Handler>>(crib_clause_deadline(at), std::move(handler));
}
template <class Handler = detail::nothing>
auto when_at(time_point t, Handler handler = {}) {
    return detail::make_clause<detail::wait_clause<Handler>>(crib_clause_deadline(detail::time_of(t)),
                                                             std::move(handler));
}

/** The clause if `on`, else one that is never chosen: crib::only_if(!done, crib::when(rx, …)). */
template <class Clause>
Clause only_if(bool on, Clause clause) {
    if (!on) clause.raw.kind = CRIB_CLAUSE_NONE;
    return clause;
}

/** Waits for one of the clauses and carries it out. */
template <class... Clauses>
requires(sizeof...(Clauses) > 0) auto select(Clauses... clauses) {
    using kind = detail::select_kind<Clauses...>;
    return operation<kind>(kind{std::tuple<Clauses...>(std::move(clauses)...), 0});
}
/** Of several that are ready it takes the first. */
template <class... Clauses>
requires(sizeof...(Clauses) > 0) auto select_in_order(Clauses... clauses) {
    using kind = detail::select_kind<Clauses...>;
    return operation<kind>(kind{std::tuple<Clauses...>(std::move(clauses)...), CRIB_SELECT_IN_ORDER});
}
/** Carries out one of the clauses if that needs no wait; an empty optional if none is ready. */
template <class... Clauses>
requires(sizeof...(Clauses) > 0) std::optional<size_t> select_nowait(Clauses... clauses) {
    detail::select_kind<Clauses...> kind{std::tuple<Clauses...>(std::move(clauses)...), 0};
    const int status = kind.block_nowait();
    if (status == CRIB_EWOULDBLOCK) return std::nullopt;
    return kind.finish(status, crib_value{nullptr, nullptr}, nullptr);
}

}  // namespace crib

#endif
