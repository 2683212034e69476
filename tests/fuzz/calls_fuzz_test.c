/* Random calls of the whole interface, legal and illegal, under virtual time: wrong order, stale, invented and missing
 * handles, absurd sizes, forged cancels, bodies that return with blocks open, calls from callbacks and outside runs.
 * Claim: no crash, no hang, no leak, and every destroy and drop exactly once.
 * usage: calls_fuzz_test [first seed [count]]; a failure names its seed. */
#define _POSIX_C_SOURCE 200809L
#include <crib/uv.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include <uv.h>

#include "combine.h"
#include "sync.h"

static unsigned long long current_seed;
static int nowhere;
static crib_runtime *current_runtime;

/* ---- actors */

static void actor_destroyed(void *data) {
    struct actor *a = data;
    require(!a->destroyed, "a destroy ran twice");
    a->destroyed = true;
    world.outstanding--;
    from_callback();
}

static void actor_destroyed_data(uintptr_t data) { actor_destroyed((void *)data); }

static struct actor *new_actor(bool stackless) {
    struct actor *a = calloc(1, sizeof *a);
    if (a == NULL) abort();
    a->stackless = stackless;
    a->calls_left = 4 + rnd(28);
    a->next = world.actors;
    world.actors = a;
    world.outstanding++;
    return a;
}

/* Ends a stackless task, its own or another's; for a fiber nothing may happen. */
static void exit_call(crib_task *task) {
    struct actor *a;
    for (a = world.actors; a != NULL; a = a->next) {
        if (a->task == task && a->stackless && !a->exited && !a->destroyed) {
            a->exited = true;
            break;
        }
    }
    crib_task_exit(task, any_error());
}

static void act(struct actor *a) {
    a->calls_left--;
    switch (rnd(20)) {
        case 0:
        case 1:
        case 2:
            if (!a->stackless)
                fiber_block_call(a);
            else if (one_in(3))
                crib_unref(crib_scope_close_error(any_id(&world.scopes), any_error(), NULL));
            else if (one_in(2))
                pool_put_id(&world.scopes, open_any_scope(a, any_id(&world.scopes)));
            else
                pool_put_id(&world.nurseries, open_any_nursery(a, any_id(&world.scopes)));
            break;
        case 3:
        case 4:
        case 5: fiber_wait_call(a); break;
        case 6:
        case 7: op_call(a); break;
        case 8:
        case 9: channel_call(); break;
        case 10: cancel_call(); break;
        case 11: query_call(); break;
        case 12: object_call(a); break;
        case 13:
            if (one_in(4))
                exit_call(any_owned(&world.tasks));
            else if (one_in(3))
                compose_call(a);
            break;
        case 14:
        case 15:
        case 16:
        case 17: sync_call(a); break;
        default: start_actor(a); break;
    }
}

static int fiber_body(void *data) {
    struct actor *a = data;
    a->task = crib_task_ref(crib_task_current());
    pool_put_owned(&world.tasks, crib_task_ref(a->task));
    pool_put_id(&world.scopes, crib_task_scope(a->task));
    while (a->calls_left > 0) act(a);
    if (!one_in(6)) {
        while (a->depth > 0) close_block(a, any_result());
    }
    return any_result();
}

static void actor_step(struct actor *a) {
    crib_result r;
    int i, rc;
    require(!a->exited, "a task was resumed after its exit");
    for (i = -1; i < 2; i++) {
        crib_op *op = i < 0 ? crib_task_op(a->task) : a->slots[i];
        if ((i < 0 || one_in(2)) && crib_op_take(op, &r) == 0) crib_value_drop(r.value);
    }
    for (i = rnd(5); i > 0 && a->calls_left > 0 && !a->exited; i--) act(a);
    if (a->exited) return;
    if (a->calls_left > 0) {
        if (world.may_deadlock && one_in(8)) return; /* forgotten for ever: the deadlock's end takes care of it */
        /* Something must be under way that resumes the task: slot 0, which nobody else aborts. */
        rc = crib_begin_sleep(crib_task_op(a->task), (int64_t)(rnd64() >> 34));
        if (rc == CRIB_PENDING || rc == CRIB_EBUSY) return;
    }
    a->exited = true;
    crib_task_exit(a->task, one_in(2) ? crib_error_cancelled(crib_task_scope(a->task)) : any_error());
}

static void actor_resume(crib_task *self, uintptr_t data) {
    struct actor *a = (struct actor *)data;
    if (a->task == NULL) a->task = crib_task_ref(self);
    require(a->task == self, "a task was resumed with another's data");
    actor_step(a);
}

static int system_body(void *unused) {
    (void)unused;
    return crib_sleep_forever();
}

static void start_stackless(crib_nursery *n, struct actor *parent) {
    struct actor *a = new_actor(true);
    crib_resume_fn resume = world.polled ? NULL : actor_resume;
    crib_task *task = NULL;
    if (parent != NULL && one_in(4)) {
        crib_begin_nursery_start_stackless(own_op(parent), n, "begun", resume, (uintptr_t)a, actor_destroyed_data,
                                           &task);
        if (a->destroyed) task = NULL;
    } else {
        task =
            crib_nursery_start_stackless(n, one_in(2) ? "stackless" : NULL, resume, (uintptr_t)a, actor_destroyed_data);
    }
    if (task == NULL) return;
    a->task = crib_task_ref(task);
    pool_put_owned(&world.tasks, crib_task_ref(task));
    pool_put_id(&world.scopes, crib_task_scope(task));
}

static void start_actor(struct actor *parent) {
    crib_nursery *n = any_id(&world.nurseries);
    crib_value started = {NULL, NULL};
    if (world.actors_left <= 0) return;
    world.actors_left--;
    switch (rnd(parent == NULL ? 8 : 12)) {
        case 0:
        case 1:
        case 2:
            crib_nursery_start_soon(n, "fiber", one_in(40) ? NULL : fiber_body, new_actor(false), actor_destroyed);
            break;
        case 3:
            pool_put_owned(&world.tasks, crib_nursery_spawn(n, NULL, fiber_body, new_actor(false), actor_destroyed));
            break;
        case 4:
        case 5:
        case 6:
        case 7: start_stackless(n, parent); break;
        case 8:
            crib_nursery_start(n, "started", fiber_body, new_actor(false), actor_destroyed,
                               one_in(2) ? &started : NULL);
            crib_value_drop(started);
            break;
        case 9:
            crib_begin_nursery_start(own_op(parent), n, "begun", fiber_body, new_actor(false), actor_destroyed);
            break;
        case 10: crib_begin_call(own_op(parent), fiber_body, new_actor(false), actor_destroyed); break;
        default: crib_runtime_spawn_system_task(NULL, "system", system_body, NULL, NULL);
    }
}

/* ---- the run: a timeout around everything, so that it ends */

static void begin_story(crib_nursery *n) {
    int i;
    pool_put_id(&world.nurseries, n);
    if (!world.may_deadlock && !one_in(4)) world.janitor = crib_portal_open();
    for (i = 1 + rnd(5); i > 0; i--) start_actor(NULL);
}

static int main_body(void *unused) {
    crib_scope *scope = crib_move_on_after(world.may_deadlock ? CRIB_FOREVER : CRIB_SECONDS(1000));
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    begin_story(n);
    rc = crib_nursery_close(n, 0);
    return crib_scope_close(scope, rc, NULL);
}

static struct {
    crib_scope *scope;
    crib_nursery *nursery;
    crib_task *task;
    int step;
} strand;

static void main_step(void) {
    crib_result r;
    crib_error *error;
    if (strand.step++ == 0) {
        crib_scope_options s;
        crib_nursery_options n;
        memset(&s, 0, sizeof s);
        s.size = sizeof s;
        s.parent = crib_task_scope(strand.task);
        s.timeout = world.may_deadlock ? CRIB_FOREVER : CRIB_SECONDS(1000);
        strand.scope = crib_scope_open(&s);
        memset(&n, 0, sizeof n);
        n.size = sizeof n;
        n.parent = strand.scope;
        strand.nursery = crib_nursery_open_with(&n);
        begin_story(strand.nursery);
        if (crib_begin_nursery_close(crib_task_op(strand.task), strand.nursery, NULL) == CRIB_PENDING) return;
    } else {
        if (crib_op_take(crib_task_op(strand.task), &r) == 0) crib_value_drop(r.value);
    }
    error = crib_op_take_error(crib_task_op(strand.task));
    crib_task_exit(strand.task, crib_scope_close_error(strand.scope, error, NULL));
}

static void main_resume(crib_task *self, uintptr_t unused) {
    (void)unused;
    strand.task = self;
    main_step();
}

static void poll_driven(crib_runtime *rt) {
    crib_ready ready[8];
    size_t n, i;
    if (crib_runtime_start_stackless(rt, "main", NULL, 0, NULL, &strand.task) < 0) return;
    while ((n = crib_runtime_poll_ready(rt, ready, 1 + (size_t)rnd(8), 0)) > 0) {
        for (i = 0; i < n; i++) {
            struct actor *a = (struct actor *)(uintptr_t)ready[i].data;
            crib_value v;
            v.p = (void *)(uintptr_t)ready[i].value;
            v.vt = (const crib_vtable *)(uintptr_t)ready[i].vtable;
            if (ready[i].kind == CRIB_READY_DROP)
                v.vt->drop(v.p);
            else
                crib_value_drop(v);
            if (ready[i].kind != CRIB_READY_RESUME) continue;
            if (a == NULL)
                main_step();
            else if (!a->exited && a->task != NULL)
                actor_step(a);
        }
    }
    require(crib_runtime_finish(rt) != CRIB_EBUSY, "a run that is over is busy");
}

static int guest_done;
static void on_done(int result, void *unused) {
    (void)result;
    (void)unused;
    guest_done++;
}

static void guest(crib_runtime *rt) {
    guest_done = 0;
    if (crib_guest_start(rt, main_body, NULL, NULL, on_done, NULL) < 0) return;
    while (crib_guest_tick(rt, (uint32_t)rnd(40)) == 1) require(guest_done == 0, "a run went on after its end");
    require(guest_done == 1, "the end of a run was not told once");
}

static void hosted(crib_runtime *rt) {
    uv_loop_t loop;
    guest_done = 0;
    require(uv_loop_init(&loop) == 0, "no loop");
    if (crib_uv_attach(rt, &loop, main_body, NULL, NULL, on_done, NULL) == 0) {
        uv_run(&loop, UV_RUN_DEFAULT);
        require(guest_done == 1, "the end of a run was not told once");
    }
    require(uv_loop_close(&loop) == 0, "a handle was left in the host's loop");
}

static void outside_calls(void) {
    int i;
    for (i = 0; i < 3; i++) {
        channel_call();
        cancel_call();
        query_call();
        object_call(NULL);
        sync_anywhere_call();
        sync_look_call();
    }
}

static int empty_body(void *unused) {
    (void)unused;
    return 0;
}

static void release_world(void) {
    pool_release(&world.senders);
    pool_release(&world.receivers);
    pool_release(&world.portals);
    pool_release(&world.tasks);
    pool_release(&world.expectations);
    pool_release(&world.errors);
    sync_release();
    crib_unref(world.janitor);
    crib_unref(world.local);
    while (world.actors != NULL) {
        struct actor *a = world.actors;
        require(a->destroyed, "a destroy did not run");
        world.actors = a->next;
        crib_unref(a->task);
        free(a);
    }
}

static void run_seed(unsigned long long seed) {
    crib_runtime_options o;
    crib_runtime *rt;
    memset(&world, 0, sizeof world);
    memset(&strand, 0, sizeof strand);
    world.random = seed * 0x9E3779B97F4A7C15ULL + 1;
    world.actors_left = 4 + rnd(20);
    world.calls_in_callbacks = 20;
    world.nowhere = nowhere;
    world.local = crib_local_new(pay);
    memset(&o, 0, sizeof o);
    o.size = sizeof o;
    o.mock_clock = 2;
    o.seed = one_in(2) ? 0 : rnd64();
    o.budget = one_in(2) ? 0 : (uint32_t)rnd(5);
    o.strict = one_in(4);
    o.interrupt = -1;
    rt = crib_runtime_new(&o);
    require(rt != NULL, "no runtime");
    current_runtime = rt;
    world.may_deadlock = one_in(6);
    if (one_in(8)) outside_calls();
    switch (rnd(10)) {
        case 0:
        case 1: crib_runtime_run_stackless(rt, "main", main_resume, 0, NULL); break;
        case 2:
            world.polled = true;
            poll_driven(rt);
            break;
        case 3:
            world.may_deadlock = false;
            guest(rt);
            break;
        case 4:
            world.may_deadlock = false;
            hosted(rt);
            break;
        default: crib_runtime_run(rt, main_body, NULL, NULL); break;
    }
    if (one_in(8)) outside_calls();
    if (one_in(8)) require(crib_runtime_run(rt, empty_body, NULL, NULL) == 0, "the runtime cannot run again");
    if (one_in(2)) {
        crib_unref(rt);
        rt = NULL;
    }
    release_world();
    crib_unref(rt);
    if (world.outstanding != 0) crib_run(empty_body, NULL); /* lets go of the last run's errors */
    require(world.outstanding == 0, "something was not destroyed or dropped");
}

/* ---- reporting */

static void tell_seed(void) {
    char text[64];
    int n = snprintf(text, sizeof text, "\nfuzz: seed %llu\n", current_seed);
    if (write(2, text, (size_t)n) < 0) return;
}

static void on_signal(int number) {
    tell_seed();
    if (number == SIGALRM) crib_runtime_dump(current_runtime, 2); /* not allowed here, but all is lost anyway */
    signal(number, SIG_DFL);
    raise(number);
}

/* Asked by the sanitizers: what they find ends in SIGABRT, so that the seed is told. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__asan_default_options(void) { return "abort_on_error=1"; }
const char *__ubsan_default_options(void) { return "abort_on_error=1:print_stacktrace=1"; }

/* There in builds that look for leaks. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void look_for_leaks(void) {
    crib_run(empty_body, NULL); /* lets go of the last run's errors */
    if (__lsan_do_recoverable_leak_check != NULL && __lsan_do_recoverable_leak_check() != 0) abort();
}

static void quiet(int code, const char *message, void *unused) {
    (void)code;
    (void)message;
    (void)unused;
}

int main(int argc, char **argv) {
    unsigned long long first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    unsigned long long count = argc > 2 ? strtoull(argv[2], NULL, 10) : 5000;
    if (argc <= 2 || getenv("CRIB_DEBUG") == NULL) crib_set_diagnostics(quiet, NULL);
    nowhere = open("/dev/null", O_WRONLY);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
#if !defined(__SANITIZE_ADDRESS__)
    signal(SIGSEGV, on_signal);
#endif
    for (current_seed = first; current_seed < first + count; current_seed++) {
        alarm(10); /* a seed takes about a millisecond: one that takes this long hangs */
        run_seed(current_seed);
        /* Dear, so for a seed alone each time; otherwise the seed told is at most a few hundred late. */
        if (count <= 500 || current_seed % 500 == 0) look_for_leaks();
    }
    printf("%llu seeds from %llu\n", count, first);
    return 0;
}
