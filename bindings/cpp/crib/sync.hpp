/* Events, locks and their kin. What is acquired is given back by a guard when it goes out of scope; all of them may be waited
 * for by fibers and coroutines alike, and belong to the run in which they are made. */
#ifndef CRIB_SYNC_HPP
#define CRIB_SYNC_HPP

#include <crib/barrier.h>
#include <crib/condition.h>
#include <crib/event.h>
#include <crib/limiter.h>
#include <crib/lock.h>
#include <crib/rwlock.h>
#include <crib/semaphore.h>

#include <limits>

#include "handle.hpp"
#include "operation.hpp"

namespace crib {

/** Holds what was acquired, and gives it back. Must not outlive what it came from. */
template <class H, int (*Release)(H *)>
class [[nodiscard("what is acquired is given back at once unless the guard is kept")]] guard {
  public:
    guard() = default;
    explicit guard(H * held) noexcept : held_(held) {}
    guard(guard && other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
    guard &operator=(guard &&other) noexcept {
        guard old(std::exchange(held_, std::exchange(other.held_, nullptr)));
        return *this;
    }
    ~guard() { release(); }

    /** Gives it back now. */
    void release() noexcept {
        if (held_ != nullptr) Release(std::exchange(held_, nullptr));
    }
    /** Leaves giving it back to somebody else. */
    void keep() noexcept { held_ = nullptr; }
    explicit operator bool() const noexcept { return held_ != nullptr; }

  private:
    H *held_ = nullptr;
};

using lock_guard = guard<crib_lock, crib_lock_release>;
using semaphore_guard = guard<crib_semaphore, crib_semaphore_release>;
using limiter_guard = guard<crib_limiter, crib_limiter_release>;
using rwlock_guard = guard<crib_rwlock, crib_rwlock_release>;

namespace detail {

/* Acquires by the functions it is given. */
template <class H, class Guard, crib_result (*Begin)(crib_op *, H *), int (*Block)(H *)>
struct acquire_kind {
    using result = Guard;
    H *of;
    static const char *name() { return "acquire"; }
    crib_result begin(crib_op *op) { return Begin(op, of); }
    int block(crib_value *) { return Block(of); }
    result finish(int status, crib_value, crib_op *op) {
        check_status(status, op);
        return Guard(of);
    }
};

template <class H, crib_result (*Begin)(crib_op *, H *), int (*Block)(H *)>
struct wait_kind_of : plain_kind {
    H *of;
    static const char *name() { return "wait"; }
    crib_result begin(crib_op *op) { return Begin(op, of); }
    int block(crib_value *) { return Block(of); }
};

template <class H, int (*Begin)(crib_op *, H *)>
crib_result begin_with(crib_op *op, H *of) {
    return begun(Begin(op, of));
}

inline crib_result begin_limiter(crib_op *op, crib_limiter *l) {
    return begun(crib_begin_limiter_acquire(op, l, nullptr));
}

/* False if it would have to wait. */
inline bool at_once(int rc) {
    if (rc == CRIB_EWOULDBLOCK) return false;
    check(rc);
    return true;
}

template <class Stats, class H>
Stats statistics_by(int (*call)(const H *, Stats *), const H *of) {
    Stats stats{};
    stats.size = sizeof stats;
    check(call(of, &stats));
    return stats;
}

using event_wait_kind = wait_kind_of<crib_event, begin_with<crib_event, crib_begin_event_wait>, crib_event_wait>;
using condition_wait_kind =
    wait_kind_of<crib_condition, begin_with<crib_condition, crib_begin_condition_wait>, crib_condition_wait>;
using lock_kind =
    acquire_kind<crib_lock, lock_guard, begin_with<crib_lock, crib_begin_lock_acquire>, crib_lock_acquire>;
using semaphore_kind = acquire_kind<crib_semaphore, semaphore_guard,
                                    begin_with<crib_semaphore, crib_begin_semaphore_acquire>, crib_semaphore_acquire>;
using limiter_kind = acquire_kind<crib_limiter, limiter_guard, begin_limiter, crib_limiter_acquire>;
using read_kind = acquire_kind<crib_rwlock, rwlock_guard, begin_with<crib_rwlock, crib_begin_rwlock_acquire_read>,
                               crib_rwlock_acquire_read>;
using write_kind = acquire_kind<crib_rwlock, rwlock_guard, begin_with<crib_rwlock, crib_begin_rwlock_acquire_write>,
                                crib_rwlock_acquire_write>;

struct borrow_kind : plain_kind {
    crib_limiter *of;
    const void *borrower;
    static const char *name() { return "crib::limiter::acquire_for"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_limiter_acquire(op, of, borrower)); }
    int block(crib_value *) { return crib_limiter_acquire_on_behalf_of(of, borrower); }
};

struct barrier_kind {
    using result = bool;
    crib_barrier *of;
    static const char *name() { return "crib::barrier::wait"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_barrier_wait(op, of)); }
    int block(crib_value *) { return crib_barrier_wait(of); }
    static bool finish(int status, crib_value, crib_op *op) {
        check_status(status, op);
        return status == 1;
    }
};

}  // namespace detail

/** Something happens once, and whoever waits for it goes on. */
class event : public handle<crib_event> {
  public:
    event() : handle(detail::made(crib_event_new())) {}
    void set() const noexcept { crib_event_set(get()); }
    [[nodiscard]] bool is_set() const noexcept { return crib_event_is_set(get()); }
    auto wait() const { return operation<detail::event_wait_kind>(detail::event_wait_kind{{}, get()}); }
    [[nodiscard]] crib_event_stats statistics() const {
        return detail::statistics_by<crib_event_stats, crib_event>(crib_event_statistics, get());
    }
};

/** One task at a time; handed to the oldest waiter. A task that ends with it in hand leaves it broken: crib::broken. */
class lock : public handle<crib_lock> {
  public:
    lock() : handle(detail::made(crib_lock_new())) {}
    /** Gives a crib::lock_guard. */
    [[nodiscard]] auto acquire() const { return operation<detail::lock_kind>(detail::lock_kind{get()}); }
    /** An empty guard if it is taken. */
    lock_guard acquire_nowait() const {
        return detail::at_once(crib_lock_acquire_nowait(get())) ? lock_guard(get()) : lock_guard();
    }
    /** Releases it: of a guard that was kept. Fails with crib::misuse if the calling task does not hold it. */
    void release() const { detail::check(crib_lock_release(get())); }
    /** Whether the calling task holds it. */
    [[nodiscard]] bool held() const { return crib_in_task() && statistics().owner == crib_task_current(); }
    /** Takes over a broken lock, to set right what it guards. */
    lock_guard recover() const {
        detail::check(crib_lock_recover(get()));
        return lock_guard(get());
    }
    [[nodiscard]] crib_lock_stats statistics() const {
        return detail::statistics_by<crib_lock_stats, crib_lock>(crib_lock_statistics, get());
    }
};

/** A number of permits without owners. */
class semaphore : public handle<crib_semaphore> {
  public:
    /** `most` 0: there may be any number. */
    explicit semaphore(uint32_t permits, uint32_t most = 0) : handle(crib_semaphore_new(permits, most)) {
        if (get() == nullptr && most != 0 && permits > most) detail::throw_code(-EINVAL);
        detail::made(get());
    }
    [[nodiscard]] auto acquire() const { return operation<detail::semaphore_kind>(detail::semaphore_kind{get()}); }
    semaphore_guard acquire_nowait() const {
        return detail::at_once(crib_semaphore_acquire_nowait(get())) ? semaphore_guard(get()) : semaphore_guard();
    }
    /** One more permit: of a guard that was kept, or a new one. */
    void release() const { detail::check(crib_semaphore_release(get())); }
    [[nodiscard]] crib_semaphore_stats statistics() const {
        return detail::statistics_by<crib_semaphore_stats, crib_semaphore>(crib_semaphore_statistics, get());
    }
};

/** At most so many tasks at a time, each once. */
class limiter : public handle<crib_limiter> {
  public:
    explicit limiter(double total) : handle(crib_limiter_new(total)) {
        if (get() == nullptr && crib_runtime_current() != nullptr && !(total >= 0)) detail::throw_code(-EINVAL);
        detail::made(get());
    }
    [[nodiscard]] auto acquire() const { return operation<detail::limiter_kind>(detail::limiter_kind{get()}); }
    limiter_guard acquire_nowait() const {
        return detail::at_once(crib_limiter_acquire_nowait(get())) ? limiter_guard(get()) : limiter_guard();
    }
    /** Gives back the token of the calling task: of a guard that was kept. */
    void release() const { detail::check(crib_limiter_release(get())); }
    /** Borrows a token for something else than the calling task, told apart by its address. It is the application's to
     * give back, by release_for: there is no guard, and no task that ends with it. */
    auto acquire_for(const void *borrower) const {
        return operation<detail::borrow_kind>(detail::borrow_kind{{}, get(), borrower});
    }
    /** Whether one could be borrowed without waiting. */
    bool acquire_nowait_for(const void *borrower) const {
        return detail::at_once(crib_limiter_acquire_nowait_on_behalf_of(get(), borrower));
    }
    void release_for(const void *borrower) const { detail::check(crib_limiter_release_on_behalf_of(get(), borrower)); }
    void set_total(double total) const { detail::check(crib_limiter_set_total(get(), total)); }
    [[nodiscard]] crib_limiter_stats statistics() const {
        return detail::statistics_by<crib_limiter_stats, crib_limiter>(crib_limiter_statistics, get());
    }
};

/** Many readers or one writer, first come, first served. */
class rwlock : public handle<crib_rwlock> {
  public:
    rwlock() : handle(detail::made(crib_rwlock_new())) {}
    [[nodiscard]] auto acquire_read() const { return operation<detail::read_kind>(detail::read_kind{get()}); }
    [[nodiscard]] auto acquire_write() const { return operation<detail::write_kind>(detail::write_kind{get()}); }
    rwlock_guard acquire_read_nowait() const {
        return detail::at_once(crib_rwlock_acquire_read_nowait(get())) ? rwlock_guard(get()) : rwlock_guard();
    }
    rwlock_guard acquire_write_nowait() const {
        return detail::at_once(crib_rwlock_acquire_write_nowait(get())) ? rwlock_guard(get()) : rwlock_guard();
    }
    /** Releases it: of a guard that was kept. */
    void release() const { detail::check(crib_rwlock_release(get())); }
    rwlock_guard recover() const {
        detail::check(crib_rwlock_recover(get()));
        return rwlock_guard(get());
    }
    [[nodiscard]] crib_rwlock_stats statistics() const {
        return detail::statistics_by<crib_rwlock_stats, crib_rwlock>(crib_rwlock_statistics, get());
    }
};

/** Tasks that hold its lock wait until another one, holding it too, says that something has changed. */
class condition : public handle<crib_condition> {
  public:
    condition() : handle(detail::made(crib_condition_new(nullptr))) {}
    /** With a lock of yours, which it keeps. */
    explicit condition(const lock &l) : handle(detail::made(crib_condition_new(l.get()))) {}
    /** Acquires its lock. */
    [[nodiscard]] auto acquire() const {
        return operation<detail::lock_kind>(detail::lock_kind{crib_condition_lock(get())});
    }
    /** Gives up the lock, waits, and has it again when it ends, also by a cancel. Wait in a loop that looks. */
    auto wait() const { return operation<detail::condition_wait_kind>(detail::condition_wait_kind{{}, get()}); }
    /** Wakes the `n` oldest; gives how many there were. */
    int notify(size_t n = 1) const { return counted(crib_condition_notify(get(), n)); }
    int notify_all() const { return counted(crib_condition_notify_all(get())); }
    [[nodiscard]] crib_condition_stats statistics() const {
        return detail::statistics_by<crib_condition_stats, crib_condition>(crib_condition_statistics, get());
    }

  private:
    static int counted(int rc) {
        detail::check(rc);
        return rc;
    }
};

/** So many tasks wait until all of them have come, one round after another. */
class barrier : public handle<crib_barrier> {
  public:
    explicit barrier(uint32_t parties) : handle(crib_barrier_new(parties)) {
        if (parties == 0) detail::throw_code(-EINVAL);
        detail::made(get());
    }
    /** True to the one of each round that came last. */
    auto wait() const { return operation<detail::barrier_kind>(detail::barrier_kind{get()}); }
    [[nodiscard]] crib_barrier_stats statistics() const {
        return detail::statistics_by<crib_barrier_stats, crib_barrier>(crib_barrier_statistics, get());
    }
};

}  // namespace crib

#endif
