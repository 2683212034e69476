/* Operations: everything that waits. A call such as rx.receive() gives an operation.
 *
 * In a fiber the operation has been carried out when the call returns, and stands for its result: an optional is used as
 * one, anything else by * or by its type. In a coroutine nothing has happened yet: `co_await` carries it out and gives the
 * result. One that a coroutine forgets to await is thrown as crib::misuse where it goes out of scope. */
#ifndef CRIB_OPERATION_HPP
#define CRIB_OPERATION_HPP

#include <crib/op.h>

#include <exception>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#if defined(__cpp_impl_coroutine)
#include <coroutine>
#define CRIB_COROUTINES 1
#endif

#include "error.hpp"
#include "value.hpp"

namespace crib {

namespace detail {

struct waiter;
struct root;

/* One line of execution through coroutines: it waits for one thing at a time. A task has one, and one more for each part
 * of a when_all that is under way. */
struct strand {
    root *home = nullptr; /* of the task */
    struct wait_line *line = nullptr;
    crib_task *task = nullptr;
    crib_op *op = nullptr;
    crib_scope *scope = nullptr; /* the innermost block; NULL = the task's own */
    waiter *waits = nullptr;     /* for this */
    void *leaf = nullptr;        /* the coroutine to go on with then */
    void *next = nullptr;        /* the coroutine to go on with now, see transfer() */
    strand *before = nullptr;    /* among those of the task that wait */
    strand *after = nullptr;

    [[nodiscard]] crib_scope *innermost() const { return scope != nullptr ? scope : crib_task_scope(task); }
};

/* The strands of a task that wait for an op, in the order of coming: that in which ops of one kind complete. */
struct wait_line {
    strand *first = nullptr;
    strand *last = nullptr;

    void add(strand &s) {
        s.before = last;
        s.after = nullptr;
        (last != nullptr ? last->after : first) = &s;
        last = &s;
    }
    void remove(strand &s) {
        (s.before != nullptr ? s.before->after : first) = s.after;
        (s.after != nullptr ? s.after->before : last) = s.before;
    }
};

/* The strand whose coroutines run in this thread; NULL in fibers, which never run on top of one. */
inline constinit thread_local strand *current_strand = nullptr;

/* What a strand waits for: an op slot that will complete. */
struct waiter {
    strand *at = nullptr; /* while it waits */
    crib_result answer{0, 0, {nullptr, nullptr}};
    bool (*take)(waiter &) = nullptr; /* takes the result if it is there; NULL: by crib_op_take */

    waiter() = default;
    waiter(const waiter &) = delete;
    waiter &operator=(const waiter &) = delete;
    ~waiter() {
        if (at != nullptr) abandon();
    }

    bool arrived() {
        if (take != nullptr) return take(*this);
        return crib_op_take(at->op, &answer) == 0;
    }
    void suspend(strand &s, void *coroutine) {
        at = &s;
        s.waits = this;
        s.leaf = coroutine;
        s.line->add(s);
    }
    /* The coroutine that waits is being destroyed. */
    void abandon() {
        at->line->remove(*at);
        at->waits = nullptr;
        at->leaf = nullptr;
        crib_op_abort(at->op);
        at = nullptr;
    }
};

/* The error tree that came with a failing status: of an op, or of the fiber's innermost block. */
inline error_ref tree_of(crib_op *op, int status) {
    if (op != nullptr) return error_ref(crib_op_take_error(op));
    return crib_error_code(crib_error_current()) == status ? error_ref(crib_error_take()) : error_ref();
}

inline void check_status(int status, crib_op *op) {
    if (status < 0) throw_status(status, tree_of(op, status));
}

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/* What an operation stands for in a fiber. A temporary one gives its result away, so that no reference to it is left. */
template <class R>
struct outcome {
    std::optional<R> held;

    R &operator*() & { return *held; }
    R operator*() && { return *std::move(held); }
    R *operator->() { return &*held; }
    operator R &() & { return *held; }
    operator R() && { return *std::move(held); }
};

template <>
struct outcome<void> {};

template <class T>
struct outcome<std::optional<T>> {
    std::optional<std::optional<T>> held;

    explicit operator bool() const { return held->has_value(); }
    [[nodiscard]] bool has_value() const { return held->has_value(); }
    T &operator*() & { return **held; }
    T operator*() && { return *std::move(*held); }
    T *operator->() { return &**held; }
    T &value() & { return held->value(); }
    T value() && { return std::move(*held).value(); }
    template <class U>
    T value_or(U &&other) && {
        return std::move(*held).value_or(std::forward<U>(other));
    }
    operator std::optional<T> &() & { return *held; }
    operator std::optional<T>() && { return *std::move(held); }
};

/* For forms that only block. */
inline void refuse_blocking(const char *what) {
    if (current_strand != nullptr) throw_code(CRIB_EMISUSE, what);
}

[[noreturn]] inline void throw_not_awaited(const char *name) {
    throw_code(CRIB_EMISUSE, (std::string(name) + ": an operation was not awaited; co_await is missing").c_str());
}

}  // namespace detail

/* Kind has: result, a type; name(); begin(op), which is crib_begin_… and gives a crib_result; block(out), which is the
 * blocking form and gives its code; finish(status, value, op), which makes the result or throws. Optional: take(op, out),
 * in place of crib_op_take. */
template <class Kind>
class operation : public detail::outcome<typename Kind::result>, detail::waiter {
  public:
    using result_type = typename Kind::result;

    /* For the functions of this library that give operations. */
    explicit operation(Kind kind) : kind_(std::move(kind)) {
        if (detail::current_strand == nullptr) run_here();
    }
    /* Only before it is awaited. */
    operation(operation &&other) noexcept(std::is_nothrow_move_constructible_v<Kind>)
        : detail::outcome<result_type>(std::move(other)), kind_(std::move(other.kind_)),
          over_(std::exchange(other.over_, true)) {}
    ~operation() noexcept(false) {
        if (over_ || at != nullptr) return;
        if (detail::current_strand != nullptr && std::uncaught_exceptions() == 0)
            detail::throw_not_awaited(Kind::name());
    }

#ifdef CRIB_COROUTINES
    /* Awaiting, by the promise of a crib::task. */
    struct awaiter {
        operation &of;
        [[nodiscard]] bool await_ready() const { return of.begin(); }
        void await_suspend(std::coroutine_handle<> h) const { of.suspend(*of.strand_, h.address()); }
        result_type await_resume() const {
            of.at = nullptr;
            return of.kind_.finish(of.answer.status, of.answer.value, of.strand_->op);
        }
    };
    awaiter bind(detail::strand &s) {
        strand_ = &s;
        return {*this};
    }
#endif

  private:
#ifdef CRIB_COROUTINES
    bool begin() {
        over_ = true;
        if constexpr (requires { &Kind::take; }) this->take = &operation::take_by_kind;
        answer = kind_.begin(strand_->op);
        return answer.status != CRIB_PENDING;
    }
#endif
    void run_here() {
        over_ = true;
        crib_value v{nullptr, nullptr};
        const int status = kind_.block(&v);
        if constexpr (std::is_void_v<result_type>) {
            kind_.finish(status, v, nullptr);
        } else {
            this->held.emplace(kind_.finish(status, v, nullptr));
        }
    }
    static bool take_by_kind(detail::waiter &w) {
        auto &self = static_cast<operation &>(w);
        return self.kind_.take(self.strand_->op, self.answer);
    }

    Kind kind_;
    detail::strand *strand_ = nullptr;
    bool over_ = false;
};

/* --- the operations that belong to no object --- */

namespace detail {

inline crib_result begun(int status) { return crib_result{status, 0, {nullptr, nullptr}}; }

/* Kinds without a result of their own. */
struct plain_kind {
    using result = void;
    static void finish(int status, crib_value, crib_op *op) { check_status(status, op); }
};

struct checkpoint_kind : plain_kind {
    static const char *name() { return "crib::checkpoint"; }
    static crib_result begin(crib_op *op) { return begun(crib_begin_checkpoint(op)); }
    static int block(crib_value *) { return crib_checkpoint(); }
};

struct sleep_kind : plain_kind {
    int64_t ns;
    static const char *name() { return "crib::sleep"; }
    [[nodiscard]] crib_result begin(crib_op *op) const { return begun(crib_begin_sleep(op, ns)); }
    int block(crib_value *) const { return crib_sleep(ns); }
};

struct sleep_until_kind : plain_kind {
    int64_t time;
    static const char *name() { return "crib::sleep_until"; }
    [[nodiscard]] crib_result begin(crib_op *op) const { return begun(crib_begin_sleep_until(op, time)); }
    int block(crib_value *) const { return crib_sleep_until(time); }
};

}  // namespace detail
}  // namespace crib

#endif
