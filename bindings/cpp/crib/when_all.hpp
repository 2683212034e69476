/* Several things awaited at once in one task, each in an op slot of its own; for tasks that are many or long use a nursery. */
#ifndef CRIB_WHEN_ALL_HPP
#define CRIB_WHEN_ALL_HPP

#include "scope.hpp"

#ifdef CRIB_COROUTINES

#include <tuple>
#include <variant>
#include <vector>

namespace crib {

namespace detail {

template <class A>
struct awaited_result {
    using type = typename A::result_type;
};
/* What a part gives: std::monostate stands for void. */
template <class A>
using part_result = std::conditional_t<std::is_void_v<typename awaited_result<A>::type>, std::monostate,
                                       typename awaited_result<A>::type>;

/* The parts of a when_all, and the strand that waits for them. */
struct join {
    strand &parent;
    strand_scope scope; /* cancelled by the first failure */
    size_t left = 0;
    bool waiting = false;
    std::vector<std::unique_ptr<struct part>> parts;
    std::vector<error_ref> failed;

    explicit join(strand &s) : parent(s), scope(s, scope_options{}) {}
    inline void add(task<void> body);
    inline void start();
    inline void one_ended();

    void fail(crib_error *e) {
        failed.emplace_back(e);
        crib_scope_cancel(scope.inner, "another part of a when_all failed");
    }
    /* All parts have ended: throws what they failed with. */
    void close() {
        std::vector<crib_error *> raw;
        raw.reserve(failed.size());
        for (error_ref &e : failed) raw.push_back(e.release());
        failed.clear();
        throw_if(scope.close(crib_error_group("parts of a when_all failed", raw.data(), raw.size()), nullptr));
    }

    struct awaiter {
        join &of;
        [[nodiscard]] bool await_ready() const {
            of.start();
            return of.left == 0;
        }
        void await_suspend(std::coroutine_handle<> h) const {
            of.parent.leaf = h.address();
            of.waiting = true;
        }
        void await_resume() const { of.close(); }
    };
    awaiter bind(strand &) { return {*this}; }
};

struct part : branch {
    join &owner;

    part(join &j, crib::task<void> coroutine) : owner(j) {
        body = std::move(coroutine);
        home = j.parent.home;
        line = j.parent.line;
        task = j.parent.task;
        scope = j.scope.inner;
        op = crib_op_new(task, scope);
        if (op == nullptr) throw_code(-ENOMEM);
        body.coroutine().promise().at = this;
        ended = [](branch &b) { static_cast<part &>(b).owner.one_ended(); };
    }
    part(const part &) = delete;
    part &operator=(const part &) = delete;
    ~part() {
        body = {}; /* before its op, which it may be waiting on */
        crib_op_free(op);
    }
};

void join::add(task<void> body) { parts.push_back(std::make_unique<part>(*this, std::move(body))); }

void join::start() {
    left = parts.size();
    for (auto &p : parts) {
        run_strand(*p, p->body.coroutine());
        if (p->body.coroutine().done()) p->ended(*p);
    }
}

void join::one_ended() {
    if (--left == 0 && waiting) parent.home->runnable = &parent;
}

template <class A, class Result>
task<void> run_part(A awaited, join &j, Result &out) {
    try {
        if constexpr (std::is_void_v<typename A::result_type>) {
            co_await std::move(awaited);
            out.emplace();
        } else {
            out.emplace(co_await std::move(awaited));
        }
    } catch (...) {
        j.fail(capture(j.scope.inner));
    }
}

template <class... A, size_t... I>
task<std::tuple<part_result<A>...>> all_of(std::index_sequence<I...>, A... awaited) {
    strand &s = co_await this_strand{};
    std::tuple<std::optional<part_result<A>>...> results;
    join parts(s);
    (parts.add(run_part(std::move(awaited), parts, std::get<I>(results))), ...);
    co_await parts;
    co_return std::tuple<part_result<A>...>(*std::move(std::get<I>(results))...);
}

}  // namespace detail

/** Awaits operations and tasks at once, and gives a tuple of their results (std::monostate for void). The first that fails
 * cancels the others; when all have ended what failed is thrown as a crib::error_group. */
template <class... A>
auto when_all(A... awaited) {
    return detail::all_of(std::index_sequence_for<A...>(), std::move(awaited)...);
}

/** The same for a list of tasks, with a list of results in the same order. */
template <class T>
task<std::vector<T>> when_all(std::vector<task<T>> awaited) {
    detail::strand &s = co_await detail::this_strand{};
    std::vector<std::optional<T>> results(awaited.size());
    detail::join parts(s);
    for (size_t i = 0; i < awaited.size(); i++) parts.add(detail::run_part(std::move(awaited[i]), parts, results[i]));
    co_await parts;
    std::vector<T> all;
    all.reserve(results.size());
    for (auto &r : results) all.push_back(*std::move(r));
    co_return all;
}

inline task<void> when_all(std::vector<task<void>> awaited) {
    detail::strand &s = co_await detail::this_strand{};
    std::vector<std::optional<std::monostate>> results(awaited.size());
    detail::join parts(s);
    for (size_t i = 0; i < awaited.size(); i++) parts.add(detail::run_part(std::move(awaited[i]), parts, results[i]));
    co_await parts;
}

}  // namespace crib

#endif
#endif
