/* 8xx: select. */
#include "player.h"

static void two_channels(size_t capacity) {
    crib_channel_open(capacity, &shared.tx, &shared.rx);
    crib_channel_open(capacity, &shared.other_tx, &shared.other_rx);
}

/* What became of the clause that was chosen. */
static void tell(const player *p, const char *what) {
    const crib_clause *clause = &p->clauses[p->status];
    if (clause->status == 0)
        say("%s: %d", what, (int)crib_value_as_int(clause->value, -1));
    else
        say("%s: %s", what, crib_error_name(clause->status));
}

/* Sends a value after so many milliseconds. */
static void sends_after(player *p, int64_t ms, crib_sender *tx, int value) {
    switch (p->step++) {
        case 0: sleep_ms(p, ms); break;
        case 1: send_int(p, tx, value); break;
        case 2: leave(p); break;
    }
}

/* ---- 801, 802 */

static void receive_a_or_b(player *p) {
    p->clauses[0] = crib_clause_receive(shared.rx);
    p->clauses[1] = crib_clause_receive(shared.other_rx);
    choose(p, 2, CRIB_SELECT_IN_ORDER);
}

static void tell_a_or_b(const player *p) { tell(p, p->status == 0 ? "a" : "b"); }

static void sends_to_both(player *p) {
    switch (p->step++) {
        case 0:
        case 2: sleep_ms(p, 100); break;
        case 1: send_int(p, shared.tx, 1); break;
        case 3: send_int(p, shared.other_tx, 2); break;
        case 4: leave(p); break;
    }
}

static void whichever_comes_first(player *p) {
    switch (p->step++) {
        case 0:
            two_channels(0);
            start(nursery_open(p), "sender", sends_to_both);
            break;
        case 1: receive_a_or_b(p); break;
        case 2:
            tell_a_or_b(p);
            if (++p->i < 2)
                p->step = 1;
            else
                nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

static void exactly_one(player *p) {
    switch (p->step++) {
        case 0:
            two_channels(1);
            send_int(p, shared.tx, 1);
            break;
        case 1: send_int(p, shared.other_tx, 2); break;
        case 2: receive_a_or_b(p); break;
        case 3:
            tell_a_or_b(p);
            say("b still has %d", (int)statistics_of(shared.other_tx).buffered);
            if (++p->i < 2)
                p->step = 2;
            else
                leave(p);
            break;
    }
}

/* ---- 803 */

static void sends_after_80(player *p) { sends_after(p, 80, shared.tx, 1); }

static void select_with_deadline(player *p) {
    switch (p->step++) {
        case 0:
            channel(0);
            start(nursery_open(p), "sender", sends_after_80);
            break;
        case 1:
            p->clauses[0] = crib_clause_receive(shared.rx);
            p->clauses[1] = crib_clause_deadline(crib_now() + CRIB_MS(50));
            choose(p, 2, CRIB_SELECT_IN_ORDER);
            break;
        case 2:
            if (p->status == 1) {
                say("nothing for 50 ms");
                p->step = 1;
                break;
            }
            tell(p, "a");
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 804 */

static void sends_2_to_b(player *p) { sends_after(p, 100, shared.other_tx, 2); }

static void ended_channel_is_an_outcome(player *p) {
    switch (p->step++) {
        case 0:
            two_channels(0);
            crib_sender_close(shared.tx);
            start(nursery_open(p), "sender", sends_2_to_b);
            receive_a_or_b(p);
            break;
        case 1:
            tell_a_or_b(p);
            p->clauses[0].kind = CRIB_CLAUSE_NONE;
            choose(p, 2, CRIB_SELECT_IN_ORDER);
            break;
        case 2:
            tell_a_or_b(p);
            nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 805 */

static void does_one_thing_at_a_time(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_lock_acquire(p->op, shared.lock)); break;
        case 1: sleep_ms(p, 100); break;
        case 2:
            crib_event_set(shared.event);
            sleep_ms(p, 100);
            break;
        case 3:
            crib_token_trigger(shared.token);
            sleep_ms(p, 100);
            break;
        case 4:
            crib_lock_release(shared.lock);
            sleep_ms(p, 100);
            break;
        case 5:
            crib_semaphore_release(shared.semaphore);
            sleep_ms(p, 100);
            break;
        case 6: leave(p); break;
    }
}

static void tell_kind(player *p) {
    static const char *const words[] = {"the event is set", "the token is triggered", "the lock is mine",
                                        "a permit is mine"};
    int i = p->status;
    if (i < 4) {
        say("%s", words[i]);
    } else {
        p->status = (int)crib_value_as_int(p->clauses[i].value, -1);
        say("the task has ended: %s", outcome(p));
    }
    p->clauses[i].kind = CRIB_CLAUSE_NONE;
}

static void many_kinds(player *p) {
    switch (p->step++) {
        case 0:
            shared.event = crib_event_new();
            shared.token = crib_token_new("demo");
            shared.lock = crib_lock_new();
            shared.semaphore = crib_semaphore_new(0, 0);
            shared.task = crib_task_ref(start(nursery_open(p), "helper", does_one_thing_at_a_time));
            checkpoint(p);
            break;
        case 1:
            p->clauses[0] = crib_clause_event(shared.event);
            p->clauses[1] = crib_clause_token(shared.token);
            p->clauses[2] = crib_clause_lock(shared.lock);
            p->clauses[3] = crib_clause_semaphore(shared.semaphore);
            p->clauses[4] = crib_clause_task(shared.task);
            break;
        case 2: choose(p, 5, CRIB_SELECT_IN_ORDER); break;
        case 3:
            tell_kind(p);
            if (++p->i < 5) {
                p->step = 2;
                break;
            }
            crib_lock_release(shared.lock);
            nursery_close(p);
            break;
        case 4: leave(p); break;
    }
}

/* ---- 806 */

static void receives_after_150(player *p) {
    switch (p->step++) {
        case 0: sleep_ms(p, 150); break;
        case 1: receive(p, shared.rx); break;
        case 2:
            say("got %d", int_of(p));
            leave(p);
            break;
    }
}

static void send_by_select(player *p) {
    switch (p->step++) {
        case 0:
            channel(0);
            start(nursery_open(p), "receiver", receives_after_150);
            p->clauses[0] = crib_clause_send(shared.tx, crib_value_int(7));
            break;
        case 1:
            p->clauses[1] = crib_clause_deadline(crib_now() + CRIB_MS(100));
            choose(p, 2, CRIB_SELECT_IN_ORDER);
            break;
        case 2:
            say("%s", p->status == 0 ? "sent" : "nobody took it");
            if (p->status == 1)
                p->step = 1;
            else
                nursery_close(p);
            break;
        case 3: leave(p); break;
    }
}

/* ---- 807 */

static void owns_the_lock(player *p) {
    switch (p->step++) {
        case 0: await(p, crib_begin_lock_acquire(p->op, shared.lock)); break;
        case 1: sleep_ms(p, 200); break;
        case 2:
            say("releases the lock");
            crib_lock_release(shared.lock);
            leave(p);
            break;
    }
}

static void cancelled_select(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            shared.lock = crib_lock_new();
            start(nursery_open(p), "owner", owns_the_lock);
            checkpoint(p);
            break;
        case 1:
            move_on_after(p, 100);
            p->clauses[0] = crib_clause_receive(shared.rx);
            p->clauses[1] = crib_clause_lock(shared.lock);
            choose(p, 2, CRIB_SELECT_IN_ORDER);
            break;
        case 2:
            say("%s", outcome(p));
            scope_close(p);
            say("%d wait for a value", (int)statistics_of(shared.tx).waiting_receivers);
            sleep_ms(p, 200);
            break;
        case 3:
            await(p, crib_lock_acquire_nowait(shared.lock));
            say("the lock is free: %s", yes(p->status == 0));
            crib_lock_release(shared.lock);
            send_int(p, shared.tx, 1);
            break;
        case 4: receive(p, shared.rx); break;
        case 5:
            say("the value is there: %d", int_of(p));
            nursery_close(p);
            break;
        case 6: leave(p); break;
    }
}

/* ---- 808 */

static void receive_by_select_now(player *p) {
    p->clauses[0] = crib_clause_receive(shared.rx);
    await(p, crib_select_nowait(p->clauses, 1, 0));
    if (p->status < 0)
        say("%s", outcome(p));
    else
        tell(p, "a");
}

static void select_without_waiting(player *p) {
    switch (p->step++) {
        case 0:
            channel(1);
            receive_by_select_now(p);
            send_int(p, shared.tx, 1);
            break;
        case 1:
            receive_by_select_now(p);
            receive_by_select_now(p);
            well(p);
            leave(p);
            break;
    }
}

const struct scenario selects[] = {
    {801, whichever_comes_first},
    {802, exactly_one},
    {803, select_with_deadline},
    {804, ended_channel_is_an_outcome},
    {805, many_kinds},
    {806, send_by_select},
    {807, cancelled_select},
    {808, select_without_waiting},
    {0, NULL},
};
