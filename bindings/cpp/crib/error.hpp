/* Errors and exceptions. What the library reports by a negative code is thrown as a crib::error; an exception that leaves a
 * task travels inside a crib_error to the close of its nursery, also past tasks of other languages, and is thrown there
 * as a member of a crib::error_group: the very object, of its own type.
 *
 * A cancel is crib::cancelled. It is not a failure, so it does not derive from std::exception; let it pass. What swallows
 * it meets it again at the next operation, until its scope is closed. */
#ifndef CRIB_ERROR_HPP
#define CRIB_ERROR_HPP

#include <crib/error.h>
#include <crib/runtime.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "value.hpp"

namespace crib {

/** A scope around is cancelled, and the operation did nothing. */
class cancelled final {};

class failure;

namespace detail {

/* One counted reference to an error tree, which never changes. */
class error_ref {
  public:
    error_ref() = default;
    explicit error_ref(crib_error *owned) noexcept : raw_(owned) {}
    error_ref(const error_ref &other) noexcept : raw_(crib_error_ref(other.raw_)) {}
    error_ref(error_ref &&other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
    error_ref &operator=(error_ref other) noexcept {
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~error_ref() { crib_unref(raw_); }
    [[nodiscard]] static error_ref borrow(crib_error *e) noexcept { return error_ref(crib_error_ref(e)); }
    [[nodiscard]] crib_error *get() const noexcept { return raw_; }
    [[nodiscard]] crib_error *release() noexcept { return std::exchange(raw_, nullptr); }

  private:
    crib_error *raw_ = nullptr;
};

inline void drop_exception(void *p) noexcept { delete static_cast<std::exception_ptr *>(p); }

inline const crib_vtable exception_vtable = {sizeof(crib_vtable), drop_exception, "C++ exception", CRIB_VALUE_SENDABLE};

[[noreturn]] void throw_tree(error_ref tree);
std::vector<failure> members_of(const crib_error *e);
std::string describe(const crib_error *e);

}  // namespace detail

/** What the library reports by a code, and the base of its exceptions. Copies are cheap and share one error. */
class error : public std::exception {
  public:
    /** An error of your own; codes of applications go below -1,000,000. */
    explicit error(int code, const char *message = nullptr) : error(detail::error_ref(crib_error_new(code, message))) {}
    explicit error(detail::error_ref tree)
        : tree_(std::move(tree)), what_(std::make_shared<const std::string>(detail::describe(tree_.get()))) {}

    [[nodiscard]] int code() const noexcept { return crib_error_code(tree_.get()); }
    /** The symbolic name of the code: "CRIB_ETOOSLOW". */
    [[nodiscard]] const char *name() const noexcept { return crib_error_name(code()); }
    [[nodiscard]] const char *what() const noexcept override { return what_->c_str(); }
    /** The task it came from; "" if unknown. */
    [[nodiscard]] const char *task_name() const noexcept {
        const char *task = crib_error_task_name(tree_.get());
        return task != nullptr ? task : "";
    }
    /** The whole tree as indented lines: codes, messages, tasks, causes. */
    [[nodiscard]] std::string report() const {
        std::string text(crib_error_format(tree_.get(), nullptr, 0) + 1, '\0');
        crib_error_format(tree_.get(), text.data(), text.size());
        text.pop_back();
        return text;
    }
    /** The tree for calls of the C API; it stays owned here. */
    [[nodiscard]] crib_error *get() const noexcept { return tree_.get(); }

  private:
    detail::error_ref tree_;
    std::shared_ptr<const std::string> what_;
};

/** The errors that programs tell apart, as types of their own. */
template <int Code>
class error_of final : public error {
  public:
    explicit error_of(const char *message = nullptr) : error(Code, message) {}
    explicit error_of(detail::error_ref tree) : error(std::move(tree)) {}
};

using too_slow = error_of<CRIB_ETOOSLOW>;            /* the deadline of fail_after passed */
using end_of_channel = error_of<CRIB_EENDOFCHANNEL>; /* all senders are closed and the buffer is empty */
using broken = error_of<CRIB_EBROKEN>;               /* nobody receives; or a lock whose owner ended */
using closed = error_of<CRIB_ECLOSED>;               /* this end, nursery or run takes no more */
using would_block = error_of<CRIB_EWOULDBLOCK>;      /* it cannot be done without a wait */
using op_cancelled = error_of<CRIB_EOPCANCELLED>;    /* a cancel token was triggered */
using misuse = error_of<CRIB_EMISUSE>;               /* the message says what is wrong */
using deadlock = error_of<CRIB_EDEADLOCK>;           /* every task waits and nothing can wake one */
using interrupted = error_of<CRIB_EINTERRUPTED>;     /* SIGINT ended the run */
using not_started = error_of<CRIB_ENOTSTARTED>;      /* a child ended without saying that it is ready */

/** A value of another type or language came out of a typed channel. It is kept here. */
class foreign_value final : public error {
  public:
    foreign_value(value v, const char *expected)
        : error(CRIB_EFOREIGN, text(v, expected).c_str()), value_(std::make_shared<value>(std::move(v))) {}
    [[nodiscard]] value &get_value() const noexcept { return *value_; }

  private:
    static std::string text(const value &v, const char *expected) {
        return std::string("received a value of kind '") + v.kind() + "' where '" + expected + "' was expected";
    }
    std::shared_ptr<value> value_;
};

/** One failure of a group: what failed, and in which task. */
class failure {
  public:
    explicit failure(detail::error_ref tree) noexcept : tree_(std::move(tree)) {}
    [[nodiscard]] int code() const noexcept { return crib_error_code(tree_.get()); }
    [[nodiscard]] const char *message() const noexcept { return crib_error_message(tree_.get()); }
    [[nodiscard]] const char *task_name() const noexcept {
        const char *task = crib_error_task_name(tree_.get());
        return task != nullptr ? task : "";
    }
    [[nodiscard]] crib_error *get() const noexcept { return tree_.get(); }
    /** What is in it if it is a group, of a nursery inside, as it is nested; else empty. */
    [[nodiscard]] std::vector<failure> members() const { return detail::members_of(tree_.get()); }

    /** Throws what failed, as its own type. */
    [[noreturn]] void rethrow() const { detail::throw_tree(tree_); }
    [[nodiscard]] std::exception_ptr exception() const noexcept {
        try {
            rethrow();
        } catch (...) {
            return std::current_exception();
        }
    }
    /** The exception itself if it is a T; it lives as long as the pointer. */
    template <class T>
    [[nodiscard]] std::shared_ptr<const T> get_if() const {
        auto kept = std::make_shared<std::exception_ptr>(exception());
        try {
            std::rethrow_exception(*kept);
        } catch (const T &e) {
            return std::shared_ptr<const T>(kept, &e);
        } catch (...) {
            return nullptr;
        }
    }

  private:
    detail::error_ref tree_;
};

namespace detail {

/* The type of the exception that a handler takes, from its one parameter. */
template <class F>
struct handled : handled<decltype(&F::operator())> {};
template <class C, class R, class A>
struct handled<R (C::*)(A) const> {
    using type = std::remove_cvref_t<A>;
};
template <class C, class R, class A>
struct handled<R (C::*)(A)> {
    using type = std::remove_cvref_t<A>;
};

template <class F>
bool handles(const failure &f, F &handler) {
    const auto e = f.template get_if<typename handled<std::remove_cvref_t<F>>::type>();
    if (e) handler(*e);
    return e != nullptr;
}

inline std::vector<failure> members_of(const crib_error *e) {
    std::vector<failure> all;
    for (size_t i = 0; i < crib_error_count(e); i++) all.emplace_back(error_ref::borrow(crib_error_child(e, i)));
    return all;
}

inline void collect_leaves(crib_error *e, std::vector<failure> &out) {
    const size_t count = crib_error_count(e);
    if (count == 0) out.emplace_back(error_ref::borrow(e));
    for (size_t i = 0; i < count; i++) collect_leaves(crib_error_child(e, i), out);
}

}  // namespace detail

/** What failed in a nursery, also if it was a single task: every failure, none left out. */
class error_group final : public error {
  public:
    explicit error_group(detail::error_ref tree) : error(std::move(tree)) {}

    /** All failures, depth first, in the order in which they happened. */
    [[nodiscard]] std::vector<failure> failures() const {
        std::vector<failure> all;
        detail::collect_leaves(get(), all);
        return all;
    }
    /** What is directly in it: failures, and groups of nurseries inside. */
    [[nodiscard]] std::vector<failure> members() const { return detail::members_of(get()); }
    /** The first exception that is a T, or nullptr. */
    template <class T>
    [[nodiscard]] std::shared_ptr<const T> find() const {
        for (const failure &f : failures()) {
            if (auto e = f.get_if<T>()) return e;
        }
        return nullptr;
    }
    template <class T>
    [[nodiscard]] bool has() const {
        return find<T>() != nullptr;
    }
    /** Throws the first exception that is a T, as what it is; returns if there is none. */
    template <class T>
    void rethrow_if() const {
        for (const failure &f : failures()) {
            if (f.get_if<T>()) f.rethrow();
        }
    }
    /** Gives each failure to the first handler that takes its type, and throws a group of those that none took:
     * group.handle([](const not_found &e) { … }, [](const std::system_error &e) { … }); */
    template <class... Handlers>
    void handle(Handlers &&...handlers) const {
        std::vector<detail::error_ref> rest;
        for (const failure &f : failures()) {
            const bool done = (detail::handles(f, handlers) || ...);
            if (!done) rest.push_back(detail::error_ref::borrow(f.get()));
        }
        if (rest.empty()) return;
        std::vector<crib_error *> raw;
        raw.reserve(rest.size());
        for (detail::error_ref &e : rest) raw.push_back(e.release());
        detail::throw_tree(detail::error_ref(crib_error_group(crib_error_message(get()), raw.data(), raw.size())));
    }
};

namespace detail {

inline std::string describe(const crib_error *e) {
    std::string text = crib_error_message(e);
    const size_t count = crib_error_count(e);
    for (size_t i = 0; i < count; i++) {
        const crib_error *child = crib_error_child(e, i);
        const char *task = crib_error_task_name(child);
        text += i == 0 ? ": " : "; ";
        if (crib_error_count(child) == 0 && task != nullptr && task[0] != '\0') text += std::string(task) + ": ";
        text += describe(child);
    }
    return text;
}

/* Throws what a tree stands for. */
[[noreturn]] inline void throw_tree(error_ref tree) {
    const int code = crib_error_code(tree.get());
    if (code == CRIB_ECANCELLED) throw cancelled{};
    if (crib_error_count(tree.get()) > 0) throw error_group(std::move(tree));
    const crib_value payload = crib_error_payload(tree.get());
    if (payload.vt == &exception_vtable) std::rethrow_exception(*static_cast<std::exception_ptr *>(payload.p));
    switch (code) {
        case CRIB_ETOOSLOW: throw too_slow(std::move(tree));
        case CRIB_EENDOFCHANNEL: throw end_of_channel(std::move(tree));
        case CRIB_EBROKEN: throw broken(std::move(tree));
        case CRIB_ECLOSED: throw closed(std::move(tree));
        case CRIB_EWOULDBLOCK: throw would_block(std::move(tree));
        case CRIB_EOPCANCELLED: throw op_cancelled(std::move(tree));
        case CRIB_EMISUSE: throw misuse(std::move(tree));
        case CRIB_EDEADLOCK: throw deadlock(std::move(tree));
        case CRIB_EINTERRUPTED: throw interrupted(std::move(tree));
        case CRIB_ENOTSTARTED: throw not_started(std::move(tree));
        default: throw error(std::move(tree));
    }
}

[[noreturn]] inline void throw_code(int code, const char *message = nullptr) {
    if (code == CRIB_EMISUSE && message == nullptr)
        message = "the library was misused; with CRIB_DEBUG=1 in the environment it prints how";
    throw_tree(error_ref(crib_error_new(code, message)));
}

/* The handle that a call has made; without memory, and outside a run, there is none. */
template <class H>
H *made(H *raw) {
    if (raw == nullptr) throw_code(crib_runtime_current() != nullptr ? -ENOMEM : CRIB_EMISUSE, "it could not be made");
    return raw;
}

/* The failing status of an operation, with the tree that came with it, if any. */
[[noreturn]] inline void throw_status(int status, error_ref tree) {
    if (status == CRIB_ECANCELLED) throw cancelled{};
    if (crib_error_code(tree.get()) == status) throw_tree(std::move(tree));
    throw_code(status);
}

inline crib_error *boxed_exception(int code, const char *message) noexcept {
    auto *boxed = new (std::nothrow) std::exception_ptr(std::current_exception());
    if (boxed == nullptr) return crib_error_new(-ENOMEM, message);
    return crib_error_new_payload(code, message, crib_value{boxed, &exception_vtable});
}

/* Whether nothing is lost when only the tree of an exception goes on: it is of no type of the application's. */
inline bool is_its_tree(const error &e) noexcept {
    const std::type_info &t = typeid(e);
    return t == typeid(error) || t == typeid(error_group) || t == typeid(too_slow) || t == typeid(end_of_channel) ||
           t == typeid(broken) || t == typeid(closed) || t == typeid(would_block) || t == typeid(op_cancelled) ||
           t == typeid(misuse) || t == typeid(deadlock) || t == typeid(interrupted) || t == typeid(not_started);
}

/* The exception being handled, as an error that a block of C is closed with, or a task ends with. */
inline crib_error *capture(crib_scope *scope) noexcept {
    try {
        throw;
    } catch (const cancelled &) {
        crib_error *e = crib_error_cancelled(scope);
        return e != nullptr ? e : crib_error_new(CRIB_EMISUSE, "crib::cancelled left where nothing is cancelled");
    } catch (const error &e) {
        return is_its_tree(e) ? crib_error_ref(e.get()) : boxed_exception(e.code(), e.what());
    } catch (const std::bad_alloc &e) {
        return boxed_exception(-ENOMEM, e.what());
    } catch (const std::exception &e) {
        return boxed_exception(CRIB_EFOREIGN, e.what());
    } catch (...) {
        return boxed_exception(CRIB_EFOREIGN, "an exception that is no std::exception");
    }
}

inline void throw_if(crib_error *owned) {
    if (owned != nullptr) throw_tree(error_ref(owned));
}

inline void check(int rc) {
    if (rc < 0) throw_code(rc);
}

}  // namespace detail

/** Throws what an error of the C API stands for, and consumes it: the exception that it carries, a group, or the
 * crib::error of its code. NULL throws nothing. */
inline void throw_error(crib_error *owned) { detail::throw_if(owned); }

}  // namespace crib

#endif
