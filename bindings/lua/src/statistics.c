#include "statistics.h"

#include <math.h>

static void number(lua_State *L, const char *name, double value) {
    lua_pushnumber(L, value);
    lua_setfield(L, -2, name);
}

static void count(lua_State *L, const char *name, uint64_t value) {
    lc_push_int64(L, value > INT64_MAX ? INT64_MAX : (int64_t)value);
    lua_setfield(L, -2, name);
}

static void truth(lua_State *L, const char *name, int value) {
    lua_pushboolean(L, value != 0);
    lua_setfield(L, -2, name);
}

static void task(lua_State *L, const char *name, crib_task *value) {
    lc_push_handle(L, LC_TASK, crib_task_ref(value));
    lua_setfield(L, -2, name);
}

void lc_push_crib_channel_stats(lua_State *L, const crib_channel_stats *s) {
    lua_createtable(L, 0, 8);
    count(L, "buffered", s->buffered);
    if (s->capacity == CRIB_UNBOUNDED) {
        number(L, "capacity", INFINITY);
    } else {
        count(L, "capacity", s->capacity);
    }
    count(L, "peak", s->peak);
    count(L, "senders", s->senders);
    count(L, "receivers", s->receivers);
    count(L, "waiting_senders", s->waiting_senders);
    count(L, "waiting_receivers", s->waiting_receivers);
    count(L, "dropped", s->dropped);
}

void lc_push_crib_lock_stats(lua_State *L, const crib_lock_stats *s) {
    lua_createtable(L, 0, 3);
    count(L, "waiting", s->waiting);
    task(L, "owner", s->owner);
    truth(L, "broken", s->broken);
}

void lc_push_crib_rwlock_stats(lua_State *L, const crib_rwlock_stats *s) {
    lua_createtable(L, 0, 5);
    count(L, "readers", s->readers);
    count(L, "waiting_readers", s->waiting_readers);
    count(L, "waiting_writers", s->waiting_writers);
    task(L, "writer", s->writer);
    truth(L, "broken", s->broken);
}

void lc_push_crib_semaphore_stats(lua_State *L, const crib_semaphore_stats *s) {
    lua_createtable(L, 0, 3);
    count(L, "waiting", s->waiting);
    count(L, "value", s->value);
    count(L, "max", s->max);
}

void lc_push_crib_condition_stats(lua_State *L, const crib_condition_stats *s) {
    lua_createtable(L, 0, 1);
    count(L, "waiting", s->waiting);
}

void lc_push_crib_limiter_stats(lua_State *L, const crib_limiter_stats *s) {
    lua_createtable(L, 0, 3);
    count(L, "waiting", s->waiting);
    count(L, "borrowed", s->borrowed);
    number(L, "total", s->total);
}

void lc_push_crib_event_stats(lua_State *L, const crib_event_stats *s) {
    lua_createtable(L, 0, 2);
    count(L, "waiting", s->waiting);
    truth(L, "is_set", s->is_set);
}

void lc_push_crib_barrier_stats(lua_State *L, const crib_barrier_stats *s) {
    lua_createtable(L, 0, 3);
    count(L, "waiting", s->waiting);
    count(L, "rounds", s->rounds);
    count(L, "parties", s->parties);
}

void lc_push_crib_statistics(lua_State *L, const crib_statistics *s) {
    lua_createtable(L, 0, 10);
    count(L, "tasks_living", s->tasks_living);
    count(L, "tasks_ready", s->tasks_ready);
    count(L, "tasks_spawned", s->tasks_spawned);
    count(L, "switches", s->switches);
    count(L, "polls", s->polls);
    lc_push_time(L, s->next_deadline);
    lua_setfield(L, -2, "next_deadline");
    count(L, "stacks_live", s->stacks_live);
    count(L, "stacks_free", s->stacks_free);
    count(L, "stack_bytes", s->stack_bytes);
    count(L, "task_bytes", s->task_bytes);
}
