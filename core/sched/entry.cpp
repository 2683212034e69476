#include "sched/entry.hpp"

#include <cerrno>

#include "base/alloc.hpp"
#include "crib/error.h"

namespace crib {

namespace {

class Locked {
  public:
    explicit Locked(Entry *e) : e_(e) { pthread_mutex_lock(&e_->lock); }
    ~Locked() { pthread_mutex_unlock(&e_->lock); }
    Locked(const Locked &) = delete;
    Locked &operator=(const Locked &) = delete;

  private:
    Entry *e_;
};

// Under the lock, so that the driver is not closed meanwhile.
void announce(Entry *e) {
    if (!e->pending.exchange(true, std::memory_order_acq_rel)) driver_wake(e->driver);
}

}  // namespace

void entry_init(Entry *e) {
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&e->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    e->head = e->tail = nullptr;
    e->releases = e->fired = nullptr;
    link_reset(e->wakes);
    e->open = false;
    e->run = 0;
    e->driver = nullptr;
    e->live.store(0);
    e->wakers.store(0);
    e->pending.store(false);
}

void entry_destroy(Entry *e) { pthread_mutex_destroy(&e->lock); }

void entry_lock(Entry *e) { pthread_mutex_lock(&e->lock); }

void entry_unlock(Entry *e) { pthread_mutex_unlock(&e->lock); }

void entry_open(Entry *e, Driver *driver) {
    Locked locked(e);
    e->driver = driver;
    e->open = true;
    e->run++;
    e->live.store(e->run);
}

void entry_close(Entry *e) {
    Locked locked(e);
    e->open = false;
    e->live.store(0);
    while (e->wakers.load() > 0) {
        // A waker is between two instructions of entry_wake.
    }
}

int entry_post(Entry *e, uint64_t run, PostFn fn, void *user_data, PostFn destroy) {
    Post *post = static_cast<Post *>(mem_alloc(sizeof(Post)));
    if (!post) return -ENOMEM;
    *post = Post{nullptr, fn, user_data, destroy};
    Locked locked(e);
    if (!e->open || e->run != run) {
        mem_free(post);
        return CRIB_ERUNFINISHED;
    }
    if (e->head) {
        e->tail->next = post;
    } else {
        e->head = post;
    }
    e->tail = post;
    announce(e);
    return 0;
}

bool entry_release(Entry *e, Counted *handle) {
    if (!e->open) return false;
    handle->next_release = e->releases;
    e->releases = handle;
    announce(e);
    return true;
}

bool entry_fire(Entry *e, Counted *token) {
    if (!e->open) return false;
    token->next_release = e->fired;
    e->fired = token;
    announce(e);
    return true;
}

void entry_wake_op(Entry *e, Op *op) {
    Locked locked(e);
    link_append(e->wakes, op->link);
    announce(e);
}

void entry_unwake_op(Entry *e, Op *op) {
    Locked locked(e);
    link_remove(op->link);
}

Op *entry_next_wake(Entry *e) {
    Locked locked(e);
    return take_oldest(e->wakes);
}

void entry_again(Entry *e) {
    Locked locked(e);
    announce(e);
}

bool entry_wake(Entry *e, uint64_t run) {
    e->wakers.fetch_add(1);
    const bool live = run != 0 && e->live.load() == run;
    if (live && !e->pending.exchange(true)) driver_wake(e->driver);
    e->wakers.fetch_sub(1);
    return live;
}

EntryBatch entry_take(Entry *e) {
    Locked locked(e);
    e->pending.exchange(false, std::memory_order_acq_rel);
    const EntryBatch batch = {e->head, e->releases, e->fired};
    e->head = e->tail = nullptr;
    e->releases = e->fired = nullptr;
    return batch;
}

}  // namespace crib
