// Read-write locks: readers or one writer, first come, first served. A hold stands for a task from the moment it waits
// until it releases.
#pragma once

#include "sync/primitive.hpp"

namespace crib {

struct RwLock;

struct Hold {
    Hold *next;     // in the list of free holds
    TaskLink held;  // in the task's list, while it holds the lock
    Link of_lock;   // in `holders`, likewise
    RwLock *lock;
    Task *task;
    Op *op;  // waits, or has not been taken yet; NULL otherwise
    bool writes;
};

struct RwLock : Primitive {
    Link holders;
    size_t readers;
    Hold *writer;
    Hold *unused;
    bool broken;
};

RwLock *rwlock_new(Scheduler &s);
void rwlock_free(RwLock *l);

// 0; CRIB_EWOULDBLOCK, CRIB_EBROKEN, UV_ENOMEM; CRIB_EMISUSE if `t` holds it.
int rwlock_try(RwLock *l, Task *t, bool writes);
int begin_rwlock_acquire(Op *op, RwLock *l, bool writes, const char *function);
int rwlock_release(RwLock *l, Task *t, const char *function);
size_t rwlock_waiting_writers(const RwLock *l);
int rwlock_recover(RwLock *l, Task *t);  // 0; CRIB_EBUSY, UV_ENOMEM

}  // namespace crib
