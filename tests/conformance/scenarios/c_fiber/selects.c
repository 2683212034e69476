/* 8xx: select. */
#include "fiber.h"

static void two_channels(size_t capacity) {
    crib_channel_open(capacity, &shared.tx, &shared.rx);
    crib_channel_open(capacity, &shared.other_tx, &shared.other_rx);
}

static int tell(const char *what, const crib_clause *clause) {
    if (clause->status == 0)
        say("%s: %d", what, (int)crib_value_as_int(clause->value, -1));
    else
        say("%s: %s", what, crib_error_name(clause->status));
    return 0;
}

/* ---- 801, 802 */

static int receive_a_or_b(void) {
    crib_clause clauses[] = {crib_clause_receive(shared.rx), crib_clause_receive(shared.other_rx)};
    int i = crib_select(clauses, 2, CRIB_SELECT_IN_ORDER);
    return i < 0 ? i : tell(i == 0 ? "a" : "b", &clauses[i]);
}

static int sends_to_both(void *unused) {
    int rc = sleep_ms(100);
    (void)unused;
    if (rc == 0) rc = send_int(shared.tx, 1);
    if (rc == 0) rc = sleep_ms(100);
    if (rc == 0) rc = send_int(shared.other_tx, 2);
    return rc;
}

static int whichever_comes_first(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    two_channels(0);
    start(n, "sender", sends_to_both);
    rc = receive_a_or_b();
    if (rc == 0) rc = receive_a_or_b();
    return crib_nursery_close(n, rc);
}

static int exactly_one(void *unused) {
    int i, rc = 0;
    (void)unused;
    two_channels(1);
    send_int(shared.tx, 1);
    send_int(shared.other_tx, 2);
    for (i = 0; i < 2 && rc == 0; i++) {
        rc = receive_a_or_b();
        say("b still has %d", (int)statistics_of(shared.other_tx).buffered);
    }
    return rc;
}

/* ---- 803 */

static int sends_after_80(void *unused) {
    int rc = sleep_ms(80);
    (void)unused;
    return rc < 0 ? rc : send_int(shared.tx, 1);
}

static int receive_or_50_ms(void) {
    crib_clause clauses[] = {crib_clause_receive(shared.rx), crib_clause_deadline(crib_now() + CRIB_MS(50))};
    int i = crib_select(clauses, 2, CRIB_SELECT_IN_ORDER);
    if (i == 0) return tell("a", &clauses[0]);
    say("nothing for 50 ms");
    return i < 0 ? i : 0;
}

static int select_with_deadline(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int rc;
    (void)unused;
    channel(0);
    start(n, "sender", sends_after_80);
    rc = receive_or_50_ms();
    if (rc == 0) rc = receive_or_50_ms();
    return crib_nursery_close(n, rc);
}

/* ---- 804 */

static int sends_to_b_after_100(void *unused) {
    int rc = sleep_ms(100);
    (void)unused;
    return rc < 0 ? rc : send_int(shared.other_tx, 2);
}

static int ended_channel_is_an_outcome(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_clause clauses[2];
    int i;
    (void)unused;
    two_channels(0);
    crib_sender_close(shared.tx);
    start(n, "sender", sends_to_b_after_100);
    clauses[0] = crib_clause_receive(shared.rx);
    clauses[1] = crib_clause_receive(shared.other_rx);
    i = crib_select(clauses, 2, CRIB_SELECT_IN_ORDER);
    tell("a", &clauses[i]);
    clauses[0].kind = CRIB_CLAUSE_NONE;
    i = crib_select(clauses, 2, CRIB_SELECT_IN_ORDER);
    tell("b", &clauses[i]);
    return crib_nursery_close(n, 0);
}

/* ---- 805 */

static int does_one_thing_at_a_time(void *unused) {
    int rc = crib_lock_acquire(shared.lock);
    (void)unused;
    if (rc == 0) rc = sleep_ms(100);
    crib_event_set(shared.event);
    if (rc == 0) rc = sleep_ms(100);
    crib_token_trigger(shared.token);
    if (rc == 0) rc = sleep_ms(100);
    crib_lock_release(shared.lock);
    if (rc == 0) rc = sleep_ms(100);
    crib_semaphore_release(shared.semaphore);
    return rc < 0 ? rc : sleep_ms(100);
}

static void tell_kind(int i, crib_clause *clause) {
    static const char *const words[] = {"the event is set", "the token is triggered", "the lock is mine",
                                        "a permit is mine"};
    if (i < 4)
        say("%s", words[i]);
    else
        say("the task has ended: %s", outcome((int)crib_value_as_int(clause->value, -1)));
    clause->kind = CRIB_CLAUSE_NONE;
}

static int many_kinds(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int i, rc;
    (void)unused;
    shared.event = crib_event_new();
    shared.token = crib_token_new("demo");
    shared.lock = crib_lock_new();
    shared.semaphore = crib_semaphore_new(0, 0);
    shared.task = crib_nursery_spawn(n, "helper", does_one_thing_at_a_time, NULL, NULL);
    rc = crib_checkpoint();
    {
        crib_clause clauses[] = {crib_clause_event(shared.event), crib_clause_token(shared.token),
                                 crib_clause_lock(shared.lock), crib_clause_semaphore(shared.semaphore),
                                 crib_clause_task(shared.task)};
        for (i = 0; i >= 0 && i < 4;) {
            i = crib_select(clauses, 5, CRIB_SELECT_IN_ORDER);
            if (i >= 0) tell_kind(i, &clauses[i]);
        }
    }
    crib_lock_release(shared.lock);
    return crib_nursery_close(n, rc);
}

/* ---- 806 */

static int receives_after_150(void *unused) {
    int i = -1, rc = sleep_ms(150);
    (void)unused;
    if (rc == 0) rc = receive_int(shared.rx, &i);
    say("got %d", i);
    return rc;
}

static int send_or_100_ms(crib_value *value) {
    crib_clause clauses[] = {crib_clause_send(shared.tx, *value), crib_clause_deadline(crib_now() + CRIB_MS(100))};
    int i = crib_select(clauses, 2, CRIB_SELECT_IN_ORDER);
    *value = clauses[0].value;
    say("%s", i == 0 ? "sent" : "nobody took it");
    return i < 0 ? i : 0;
}

static int send_by_select(void *unused) {
    crib_nursery *n = crib_nursery_open();
    crib_value value = crib_value_int(7);
    int rc;
    (void)unused;
    channel(0);
    start(n, "receiver", receives_after_150);
    rc = send_or_100_ms(&value);
    if (rc == 0) rc = send_or_100_ms(&value);
    return crib_nursery_close(n, rc);
}

/* ---- 807 */

static int owns_the_lock(void *unused) {
    int rc = crib_lock_acquire(shared.lock);
    (void)unused;
    if (rc == 0) rc = sleep_ms(200);
    say("releases the lock");
    crib_lock_release(shared.lock);
    return rc;
}

static void select_for_100_ms(void) {
    crib_clause clauses[] = {crib_clause_receive(shared.rx), crib_clause_lock(shared.lock)};
    crib_scope *scope = move_on_after(100);
    int rc = crib_select(clauses, 2, CRIB_SELECT_IN_ORDER);
    say("%s", outcome(rc));
    crib_scope_close(scope, rc, NULL);
}

static int cancelled_select(void *unused) {
    crib_nursery *n = crib_nursery_open();
    int i = 0, rc;
    (void)unused;
    channel(1);
    shared.lock = crib_lock_new();
    start(n, "owner", owns_the_lock);
    rc = crib_checkpoint();
    select_for_100_ms();
    say("%d wait for a value", (int)statistics_of(shared.tx).waiting_receivers);
    if (rc == 0) rc = sleep_ms(200);
    say("the lock is free: %s", yes(crib_lock_acquire_nowait(shared.lock) == 0));
    crib_lock_release(shared.lock);
    send_int(shared.tx, 1);
    receive_int(shared.rx, &i);
    say("the value is there: %d", i);
    return crib_nursery_close(n, rc);
}

/* ---- 808 */

static void receive_by_select_now(void) {
    crib_clause clause = crib_clause_receive(shared.rx);
    int i = crib_select_nowait(&clause, 1, 0);
    if (i < 0)
        say("%s", outcome(i));
    else
        tell("a", &clause);
}

static int select_without_waiting(void *unused) {
    (void)unused;
    channel(1);
    receive_by_select_now();
    send_int(shared.tx, 1);
    receive_by_select_now();
    receive_by_select_now();
    return 0;
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
