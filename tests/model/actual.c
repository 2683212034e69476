#include "actual.h"

struct world world;

void require(bool condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "model: %s\n", what);
    abort();
}

int64_t now(void) { return crib_now() - world.base; }

int64_t absolute(int64_t time) { return time == CRIB_FOREVER || time == CRIB_EXPIRED ? time : world.base + time; }

/* ---- memory is counted */

static long blocks; /* of the library's */

static void *count_resize(void *p, size_t bytes, void *unused) {
    void *q = realloc(p, bytes);
    (void)unused;
    if (p == NULL && q != NULL) blocks++;
    return q;
}

static void *count_alloc(size_t bytes, void *unused) { return count_resize(NULL, bytes, unused); }

static void count_free(void *p, void *unused) {
    (void)unused;
    if (p != NULL) blocks--;
    free(p);
}

static void count_memory(void) {
    static const crib_allocator counting = {sizeof counting, count_alloc, count_resize, count_free, NULL};
    static bool done;
    if (!done) require(crib_set_allocator(&counting) == 0, "no allocator");
    done = true;
}

/* ---- statistics, as digits of one number */

static int owner_number(const crib_task *task) {
    int i;
    for (i = 0; i < TASKS; i++) {
        if (task != NULL && world.tasks[i] == task) return i + 1;
    }
    return 0;
}

static int64_t channel_stats(int channel) {
    crib_channel_stats s;
    int64_t v;
    s.size = sizeof s;
    require(crib_sender_statistics(world.senders[channel][0], &s) == 0, "no statistics");
    v = (int64_t)(s.senders * 10 + s.receivers);
    v = v * 100 + (int64_t)s.buffered;
    v = v * 100 + (int64_t)s.peak;
    v = v * 100 + (int64_t)s.waiting_senders;
    v = v * 100 + (int64_t)s.waiting_receivers;
    return v * 100 + (int64_t)s.dropped;
}

static int64_t rwlock_stats(int rwlock) {
    crib_rwlock_stats s;
    int64_t v;
    s.size = sizeof s;
    require(crib_rwlock_statistics(world.rwlocks[rwlock], &s) == 0, "no statistics");
    v = s.broken * 100 + owner_number(s.writer);
    v = v * 100 + (int64_t)s.readers;
    v = v * 100 + (int64_t)s.waiting_readers;
    return v * 100 + (int64_t)s.waiting_writers;
}

static int64_t lock_stats(int lock) {
    crib_lock_stats s;
    s.size = sizeof s;
    require(crib_lock_statistics(world.locks[lock], &s) == 0, "no statistics");
    return (s.broken * 100 + owner_number(s.owner)) * 100 + (int64_t)s.waiting;
}

static int64_t small_stats(int kind, int object) {
    crib_condition_stats condition = {sizeof condition, 0};
    crib_semaphore_stats semaphore = {sizeof semaphore, 0, 0, 0};
    crib_event_stats event = {sizeof event, 0, 0, 0};
    crib_limiter_stats limiter = {sizeof limiter, 0, 0, 0};
    crib_barrier_stats barrier = {sizeof barrier, 0, 0, 0, 0};
    switch (kind) {
        case A_CONDITION:
            crib_condition_statistics(world.conditions[object], &condition);
            return (int64_t)condition.waiting;
        case A_SEMAPHORE:
            crib_semaphore_statistics(world.semaphores[object], &semaphore);
            return semaphore.value * 100 + (int64_t)semaphore.waiting;
        case AN_EVENT:
            crib_event_statistics(world.events[object], &event);
            return event.is_set * 100 + (int64_t)event.waiting;
        case A_LIMITER:
            crib_limiter_statistics(world.limiters[object], &limiter);
            return ((int64_t)limiter.borrowed * 100 + (int64_t)limiter.total) * 100 + (int64_t)limiter.waiting;
        default:
            crib_barrier_statistics(world.barriers[object], &barrier);
            return (int64_t)barrier.rounds * 100 + (int64_t)barrier.waiting;
    }
}

int64_t object_stats(int kind, int object) {
    switch (kind) {
        case A_CHANNEL: return channel_stats(object);
        case A_LOCK: return lock_stats(object);
        case AN_RWLOCK: return rwlock_stats(object);
        default: return small_stats(kind, object);
    }
}

/* ---- the run */

void main_begins(void) {
    int i;
    world.base = crib_now();
    for (i = 0; i < CHANNELS; i++) {
        crib_channel_options o;
        memset(&o, 0, sizeof o);
        o.size = sizeof o;
        o.capacity = world.program->channels[i].capacity;
        o.overflow = world.program->channels[i].overflow;
        require(crib_channel_open_with(&o, &world.senders[i][0], &world.receivers[i][0]) == 0, "no channel");
    }
    for (i = 0; i < OBJECTS; i++) {
        const struct semaphore_plan *s = &world.program->semaphores[i];
        world.locks[i] = crib_lock_new();
        world.conditions[i] = crib_condition_new(world.locks[i]);
        world.semaphores[i] = crib_semaphore_new(s->value, s->max);
        world.events[i] = crib_event_new();
        world.rwlocks[i] = crib_rwlock_new();
        world.limiters[i] = crib_limiter_new(world.program->totals[i]);
        world.barriers[i] = crib_barrier_new((uint32_t)(2 + i));
        world.tokens[i] = crib_token_new("plain");
    }
    world.tokens[2] = crib_token_chain(world.tokens[0], world.tokens[1]);
    world.tokens[3] = crib_token_chain(world.tokens[2], world.tokens[1]);
}

void main_ends(void) {
    int i, kind;
    for (kind = 0; kind < OBJECT_KINDS; kind++) {
        for (i = 0; i < OBJECTS + (kind == A_CHANNEL); i++) {
            trace_end(world.trace, "%s %d: %lld\n", object_name(kind), i, (long long)object_stats(kind, i));
        }
    }
}

static void release_objects(void) {
    int i;
    for (i = 0; i < CHANNELS * ENDS; i++) {
        crib_unref(world.senders[i / ENDS][i % ENDS]);
        crib_unref(world.receivers[i / ENDS][i % ENDS]);
    }
    for (i = 0; i < OBJECTS; i++) {
        crib_unref(world.locks[i]);
        crib_unref(world.conditions[i]);
        crib_unref(world.semaphores[i]);
        crib_unref(world.events[i]);
        crib_unref(world.rwlocks[i]);
        crib_unref(world.limiters[i]);
        crib_unref(world.barriers[i]);
    }
    for (i = 0; i < TOKENS; i++) crib_unref(world.tokens[i]);
}

static int nothing(void *unused) {
    (void)unused;
    return 0;
}

static void tell_errors(const crib_error *e) {
    size_t i, n = crib_error_count(e);
    const crib_error *cause = crib_error_cause(e);
    size_t before;
    for (i = 0; i < n; i++) tell_errors(crib_error_child(e, i));
    if (n > 0 || (crib_error_code(e) == CRIB_ECANCELLED && cause == NULL)) return;
    trace_end(world.trace, " %s", code_name(crib_error_code(e)));
    if (cause == NULL) return;
    before = trace_open(world.trace);
    tell_errors(cause);
    trace_close(world.trace, before);
}

void actual_run(const struct program *p, struct trace *trace) {
    crib_runtime_options o;
    crib_runtime *rt;
    int i, rc;
    count_memory();
    memset(&world, 0, sizeof world);
    memset(trace, 0, sizeof *trace);
    world.program = p;
    world.trace = trace;
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.mock_clock = 2;
    o.interrupt = -1;
    o.budget = p->budget;
    rt = crib_runtime_new(&o);
    require(rt != NULL, "no runtime");
    if (p->strand[0]) {
        rc = crib_runtime_run_stackless(rt, NULL, strand_resume, (uintptr_t)actor_owed(0), strand_destroyed);
    } else {
        rc = crib_runtime_run(rt, fiber_body, actor_owed(0), actor_destroyed);
    }
    trace_end(trace, "run: %s, error", code_name(rc));
    if (rc < 0) tell_errors(crib_error_current());
    /* A next run lets go of the last one's error. */
    require(crib_runtime_run(rt, nothing, NULL, NULL) == 0, "the runtime cannot run again");
    trace_end(trace, "\n");
    release_objects();
    for (i = 0; i < TASKS; i++) {
        require(world.actors[i].destroyed == 0, "a destroy ran twice or not at all");
        crib_unref(world.tasks[i]);
    }
    crib_unref(rt);
    if (blocks != 0) trace_end(trace, "%ld blocks of memory are left\n", blocks);
}
