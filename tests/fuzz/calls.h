/* The random calls: one function for each group of them. What a call returns is checked only where it cannot be right;
 * the sanitizers, the counts of the world and the watchdog do the rest. */
#ifndef TESTS_FUZZ_CALLS_H
#define TESTS_FUZZ_CALLS_H

#include "world.h"

static void start_actor(struct actor *parent);
static int fiber_body(void *data);
static void act(struct actor *a);
static void sync_anywhere_call(void);

static inline void require(bool condition, const char *what) {
    if (condition) return;
    fprintf(stderr, "fuzz: %s\n", what);
    abort();
}

/* ---- callbacks: they may cancel, wake and post, and a wait in them is refused */

static void posted(void *unused);

static void complete_later(void *op) { crib_op_complete(op, any_result(), any_value()); }

static void nothing_data(void *unused) { (void)unused; }

static void from_callback(void) {
    if (world.calls_in_callbacks <= 0 || crib_runtime_current() == NULL) return;
    world.calls_in_callbacks--;
    switch (rnd(12)) {
        case 0: crib_scope_cancel(any_id(&world.scopes), "from a callback"); break;
        case 1: crib_nursery_cancel(any_id(&world.nurseries), NULL); break;
        case 2: crib_task_cancel(any_owned(&world.tasks), NULL); break;
        case 3: crib_unpark(any_owned(&world.tasks), any_result(), any_value()); break;
        case 4: crib_op_complete(any_id(&world.ops), any_result(), any_value()); break;
        case 5: crib_portal_wake(any_owned(&world.portals)); break;
        case 6: crib_portal_post(any_owned(&world.portals), posted, owed(), pay); break;
        case 7: crib_scope_cancel_soft(any_id(&world.scopes), rnd(3), any_duration(), NULL); break;
        case 8:
        case 9:
        case 10: sync_anywhere_call(); break;
        default: break;
    }
}

static void posted(void *unused) {
    (void)unused;
    require(!crib_in_task(), "a posted call runs in a task");
    require(crib_checkpoint() == CRIB_EMISUSE, "a checkpoint in a posted call is not misuse");
}

static bool abort_now(crib_op *op, void *unused) {
    (void)unused;
    (void)op;
    from_callback();
    return true;
}

static bool abort_later(crib_op *op, void *unused) {
    (void)unused;
    if (world.janitor == NULL) return true;
    return crib_portal_post(world.janitor, complete_later, op, NULL) != 0;
}

static crib_abort_fn any_abort(void) { return one_in(3) ? abort_later : abort_now; }

/* ---- blocks of a fiber */

static void close_block(struct actor *a, int rc) {
    struct block b = a->blocks[--a->depth];
    bool caught;
    if (b.scope != NULL) {
        if (one_in(3))
            crib_unref(crib_scope_close_error(b.scope, any_error(), &caught));
        else
            crib_scope_close(b.scope, rc, one_in(2) ? &caught : NULL);
    } else {
        if (one_in(3))
            crib_unref(crib_nursery_close_error(b.nursery, any_error()));
        else
            crib_nursery_close(b.nursery, rc);
    }
}

static void remember_block(struct actor *a, crib_scope *scope, crib_nursery *nursery) {
    pool_put_id(&world.scopes, scope != NULL ? scope : crib_nursery_scope(nursery));
    pool_put_id(&world.nurseries, nursery);
    if (scope == NULL && nursery == NULL) return;
    if (a->depth < 8) {
        a->blocks[a->depth].scope = scope;
        a->blocks[a->depth++].nursery = nursery;
    } /* else it is left open: the library's to clean up */
}

static void failed(crib_task *task, crib_error *error, void *unused) {
    (void)unused;
    require(task != NULL && crib_error_code(error) < 0, "a failure without a task or an error");
    from_callback();
}

/* The struct of a caller that is newer than the library: what it does not know must be zero. */
struct newer_scope_options {
    crib_scope_options known;
    uint64_t tail[4];
};

static crib_scope *open_any_scope(struct actor *a, crib_scope *parent) {
    struct newer_scope_options o;
    memset(&o, 0, sizeof o);
    o.known.size = sizeof o.known;
    o.known.parent = parent;
    if (one_in(2)) o.known.timeout = any_duration();
    if (one_in(4)) o.known.deadline = any_time();
    if (one_in(4)) o.known.grace = (int64_t)(rnd64() >> 30) - (one_in(8) ? CRIB_SECONDS(20) : 0);
    o.known.graceful = one_in(4);
    o.known.fail = one_in(4);
    if (one_in(4)) {
        o.known.shield = rnd(4);
        /* A shield ends by itself, since the run must: or the end of a deadlock breaks it. */
        if (!world.may_deadlock) o.known.timeout = (int64_t)(rnd64() >> 30) + 1;
    }
    switch (rnd(40)) {
        case 0: o.known.size = sizeof o; break;
        case 1:
            o.known.size = sizeof o;
            o.tail[3] = rnd64() | 1;
            break;
        case 2: o.known.size = (size_t)rnd(9); break;
        case 3: o.known.reserved = 1; break;
        default: break;
    }
    (void)a;
    return crib_scope_open(one_in(16) ? NULL : &o.known);
}

static crib_nursery *open_any_nursery(struct actor *a, crib_scope *parent) {
    crib_nursery_options o;
    memset(&o, 0, sizeof o);
    o.size = one_in(32) ? (size_t)rnd(9) : sizeof o;
    o.parent = parent;
    o.policy = one_in(2) ? 0 : rnd(5);
    if (one_in(4)) o.max_children = (uint32_t)rnd(3);
    if (one_in(16)) o.stack_bytes = one_in(2) ? 128 * 1024 : (size_t)(rnd64() >> rnd(24));
    if (one_in(2)) o.on_failure = failed;
    o.drain = one_in(8);
    o.service = one_in(8);
    if (one_in(4)) o.grace = one_in(8) ? -1 : rnd(1000);
    (void)a;
    return crib_nursery_open_with(one_in(8) && parent == NULL ? NULL : &o);
}

static int closed_form_nursery(crib_nursery *n, void *data) {
    struct actor *a = data;
    int depth = a->depth, rc = any_result();
    pool_put_id(&world.nurseries, n);
    start_actor(a);
    while (a->calls_left > 0 && !one_in(4)) act(a);
    if (!one_in(8)) {
        while (a->depth > depth) close_block(a, any_result());
    }
    a->depth = a->depth < depth ? a->depth : depth;
    return rc;
}

static int closed_form_scope(void *data) { return closed_form_nursery(NULL, data); }

static void fiber_block_call(struct actor *a) {
    crib_scope_options o;
    crib_scope *scope = NULL;
    switch (rnd(12)) {
        case 0: scope = crib_move_on_after(any_duration()); break;
        case 1: scope = crib_move_on_at(any_time()); break;
        case 2: scope = crib_fail_after(any_duration()); break;
        case 3: scope = crib_fail_at(any_time()); break;
        case 4: scope = open_any_scope(a, one_in(4) ? any_id(&world.scopes) : NULL); break;
        case 5: remember_block(a, NULL, crib_nursery_open()); return;
        case 6: remember_block(a, NULL, open_any_nursery(a, one_in(4) ? any_id(&world.scopes) : NULL)); return;
        case 7:
            if (a->calls_left > 2) crib_nursery_run(NULL, closed_form_nursery, a);
            return;
        case 8:
            memset(&o, 0, sizeof o);
            o.size = sizeof o;
            o.timeout = any_duration();
            if (a->calls_left > 2) crib_scope_run(&o, closed_form_scope, a, NULL);
            return;
        case 9: /* somebody's block, in whatever order */
            if (one_in(2))
                crib_scope_close(any_id(&world.scopes), any_result(), NULL);
            else
                crib_nursery_close(any_id(&world.nurseries), any_result());
            return;
        default:
            if (a->depth > 0) close_block(a, any_result());
            return;
    }
    remember_block(a, scope, NULL);
}

/* ---- calls that only fibers make */

static void fiber_wait_call(struct actor *a) {
    crib_value v = {NULL, NULL};
    int result, rc = 0;
    switch (rnd(18)) {
        case 0: rc = crib_checkpoint(); break;
        case 1:
            crib_checkpoint_if_cancelled(); /* no wait: in every kind of task */
            return;
        case 2: rc = crib_cancel_shielded_checkpoint(); break;
        case 3:
        case 4: rc = crib_sleep(any_duration()); break;
        case 5: rc = crib_sleep_until(any_time()); break;
        case 6: rc = crib_sleep_forever(); break;
        case 7:
        case 8: rc = crib_sender_send(any_owned(&world.senders), any_value()); break;
        case 9:
        case 10: rc = crib_receiver_receive(any_owned(&world.receivers), &v); break;
        case 11: rc = crib_nursery_wait_room(any_id(&world.nurseries)); break;
        case 12: rc = crib_nursery_wait_idle(any_id(&world.nurseries)); break;
        case 13: rc = crib_task_wait(any_owned(&world.tasks), one_in(2) ? &result : NULL); break;
        case 14: rc = crib_portal_wait(any_owned(&world.portals)); break;
        case 15: rc = crib_park(any_abort(), NULL, "fuzz", one_in(2) ? &v : NULL); break;
        case 16: rc = crib_wait_all_tasks_blocked(one_in(2) ? 0 : any_duration()); break;
        default: crib_task_started(any_value()); return;
    }
    if (a->stackless) require(rc < 0, "a stackless task waited");
    crib_value_drop(v);
}

/* ---- calls on ops */

static crib_op *own_op(struct actor *a) {
    int i = rnd(2);
    if (one_in(3)) return crib_task_op(a->task);
    if (one_in(16)) return any_id(&world.ops);
    if (a->slots[i] == NULL) {
        a->slots[i] = crib_op_new(a->task, one_in(2) ? NULL : any_id(&world.scopes));
        pool_put_id(&world.ops, a->slots[i]);
    }
    return a->slots[i];
}

static void op_call(struct actor *a) {
    crib_op *op = own_op(a);
    crib_result r = {0, 0, {NULL, NULL}};
    switch (rnd(18)) {
        case 0: crib_begin_checkpoint(op); break;
        case 1: crib_begin_sleep(op, any_duration()); break;
        case 2: crib_begin_sleep_until(op, any_time()); break;
        case 3:
        case 4: crib_begin_send(op, any_owned(&world.senders), any_value()); break;
        case 5:
        case 6: r = crib_begin_receive(op, any_owned(&world.receivers)); break;
        case 7: crib_begin_nursery_close(op, any_id(&world.nurseries), any_error()); break;
        case 8: crib_begin_nursery_wait_room(op, any_id(&world.nurseries)); break;
        case 9: crib_begin_nursery_wait_idle(op, any_id(&world.nurseries)); break;
        case 10: crib_begin_task_wait(op, any_owned(&world.tasks)); break;
        case 11: crib_begin_portal_wait(op, any_owned(&world.portals)); break;
        case 12: crib_begin_park(op, any_abort(), NULL, "fuzz"); break;
        case 13: crib_begin_wait_all_tasks_blocked(op, one_in(2) ? 0 : any_duration()); break;
        case 14: crib_op_set_scope(op, any_id(&world.scopes)); break;
        case 15:
            crib_runtime_cancel_op(crib_runtime_current(), one_in(4) ? rnd64() : crib_op_id(any_id(&world.ops)));
            break;
        case 16:
            if (op != crib_task_op(a->task) || !a->stackless)
                crib_op_abort(op);
            else
                crib_op_abort(any_id(&world.ops));
            break;
        default:
            if (op != crib_task_op(a->task)) crib_op_free(op);
            break;
    }
    if (r.status != CRIB_PENDING) crib_value_drop(r.value);
    if (crib_op_take(op, &r) == 0) crib_value_drop(r.value);
    if (one_in(2)) crib_unref(crib_op_take_error(op));
}

/* ---- calls anybody makes, also outside a run */

static void channel_call(void) {
    static const size_t capacities[] = {0, 1, 3, CRIB_UNBOUNDED, (size_t)1 << 40};
    crib_sender *tx = NULL;
    crib_receiver *rx = NULL;
    crib_value v = {NULL, NULL};
    switch (rnd(12)) {
        case 0:
        case 1:
        case 2:
            if (crib_channel_open(capacities[rnd(5)], one_in(32) ? NULL : &tx, &rx) == 0) {
                pool_put_owned(&world.senders, tx);
                pool_put_owned(&world.receivers, rx);
            }
            break;
        case 3:
        case 4:
            v = any_value();
            crib_sender_send_nowait(any_owned(&world.senders), one_in(32) ? NULL : &v);
            break;
        case 5:
        case 6: crib_receiver_receive_nowait(any_owned(&world.receivers), &v); break;
        case 7: pool_put_owned(&world.senders, crib_sender_clone(any_owned(&world.senders))); break;
        case 8: pool_put_owned(&world.receivers, crib_receiver_clone(any_owned(&world.receivers))); break;
        case 9: crib_sender_close(any_owned(&world.senders)); break;
        case 10: crib_receiver_close(any_owned(&world.receivers)); break;
        default: pool_drop_one(one_in(2) ? &world.senders : &world.receivers); break;
    }
    crib_value_drop(v);
}

static void cancel_call(void) {
    crib_scope *scope = any_id(&world.scopes);
    switch (rnd(10)) {
        case 0: crib_scope_cancel(scope, one_in(2) ? "fuzz" : NULL); break;
        case 1: crib_scope_cancel_soft(scope, rnd(4) - 1, any_duration(), "fuzz"); break;
        case 2: crib_nursery_cancel(any_id(&world.nurseries), NULL); break;
        case 3: crib_task_cancel(any_owned(&world.tasks), "fuzz"); break;
        case 4: crib_scope_set_deadline(scope, any_time()); break;
        case 5:
            if (!world.may_deadlock) crib_scope_set_deadline(scope, crib_now() + CRIB_SECONDS(2));
            crib_scope_set_shield(scope, one_in(2));
            break;
        case 6: crib_scope_link(any_id(&world.scopes), any_id(&world.scopes)); break;
        case 7: crib_scope_on_cancel(scope, nothing_data, owed(), pay); break;
        case 8: crib_scope_watch(scope, 17); break;
        default:
            if (one_in(8) && world.scopes.count > 0) crib_unref(world.scopes.items[rnd(world.scopes.count)]);
            crib_unpark(any_owned(&world.tasks), any_result(), any_value());
            break;
    }
}

static void query_call(void) {
    crib_statistics s;
    crib_task *task = any_owned(&world.tasks);
    crib_scope *scope = any_id(&world.scopes);
    crib_error *error = any_owned(&world.errors);
    crib_value v = {NULL, NULL};
    char text[200];
    switch (rnd(14)) {
        case 0:
            crib_scope_state(scope);
            crib_scope_source(scope);
            crib_scope_reason(scope);
            break;
        case 1:
            crib_scope_cancel_called(scope);
            crib_scope_deadline(scope);
            crib_scope_effective_deadline(scope);
            crib_scope_remaining_grace(scope);
            break;
        case 2:
            crib_current_effective_deadline();
            if (one_in(16)) crib_runtime_dump(NULL, world.nowhere);
            break;
        case 3:
            crib_task_name(task);
            crib_task_state(task);
            crib_task_result_code(task);
            break;
        case 4:
            crib_task_result(task, &v);
            crib_value_drop(v);
            break;
        case 5: pool_put_id(&world.nurseries, crib_task_parent_nursery(task)); break;
        case 6: crib_task_eventual_parent_nursery(task); break;
        case 7:
            crib_nursery_count(any_id(&world.nurseries));
            crib_nursery_parent_task(any_id(&world.nurseries));
            break;
        case 8:
            memset(&s, 0, sizeof s);
            s.size = one_in(8) ? (size_t)rnd(300) : sizeof s;
            if (s.size <= sizeof s) crib_runtime_statistics(NULL, &s);
            break;
        case 9:
            crib_error_format(error, one_in(4) ? NULL : text, 0);
            crib_error_format(error, text, (size_t)rnd(200));
            break;
        case 10:
            crib_error_code(error);
            crib_error_message(error);
            crib_error_child(error, (size_t)rnd(3));
            crib_error_find(error, any_result());
            crib_error_payload(error);
            crib_error_cause(error);
            break;
        case 11: pool_put_owned(&world.errors, crib_error_ref(crib_error_current())); break;
        case 12: crib_task_set_name(task, one_in(4) ? NULL : "renamed"); break;
        default: crib_clock_jump(one_in(8) ? -5 : (int64_t)(rnd64() >> 40)); break;
    }
}

static void object_call(struct actor *a) {
    switch (rnd(10)) {
        case 0:
            if (world.may_deadlock) break;
            if (one_in(8))
                pool_put_owned(&world.expectations, crib_runtime_expect(NULL, "fuzz"));
            else
                pool_put_owned(&world.portals, crib_portal_open());
            break;
        case 1: crib_portal_post(any_owned(&world.portals), nothing_data, owed(), pay); break;
        case 2: crib_portal_wake(any_owned(&world.portals)); break;
        case 3:
            pool_drop_one(one_in(2) ? &world.portals : &world.tasks);
            pool_drop_one(&world.expectations);
            break;
        case 4: pool_put_owned(&world.errors, one_in(2) ? any_error() : any_group()); break;
        case 5:
            if (one_in(2))
                crib_fail_error(any_error());
            else
                crib_fail(any_result(), "fuzz");
            break;
        case 6:
            if (one_in(2))
                crib_local_set(world.local, owed());
            else
                crib_local_get(world.local);
            break;
        case 7: crib_task_set_result(any_value()); break;
        case 8: crib_task_started_by(a != NULL && one_in(2) ? a->task : any_owned(&world.tasks), any_value()); break;
        default: pool_put_owned(&world.tasks, crib_task_ref(any_owned(&world.tasks))); break;
    }
}

#endif
