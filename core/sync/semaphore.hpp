// Semaphores: permits without owners (statement 102). Ops wait only while there is no permit.
#pragma once

#include "sync/primitive.hpp"

namespace crib {

struct Semaphore : Primitive {
    uint32_t value;
    uint32_t max;  // 0 = no limit
};

Semaphore *semaphore_new(Scheduler &s, uint32_t initial, uint32_t max);
int semaphore_release(Semaphore *s);  // 0, or UV_EINVAL

int semaphore_try(Semaphore *s);
int semaphore_park(Op *op, Semaphore *s);
void semaphore_keep(Op *op, Semaphore *s);
int begin_semaphore_acquire(Op *op, Semaphore *s);

}  // namespace crib
