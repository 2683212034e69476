/* Claim: runs that are driven from outside wait on shared channels like any other: a guest of a foreign loop and a run that
 * hands out records pass values to and fro, each woken by the other's thread. */
#include <pthread.h>

#include "support/host.h"
#include "support/plain.h"
#include "support/sendable.h"

static crib_sender *tx, *back_tx;
static crib_receiver *rx, *back_rx;

static int echoes(void *unused) {
    crib_value v;
    int rc = 0;
    (void)unused;
    while (rc == 0 && (rc = crib_receiver_receive(rx, &v)) == 0) rc = crib_sender_send(back_tx, v);
    crib_unref(rx);
    crib_unref(back_tx);
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

/* A host that spins would be told: it ticks when there is something to do. */
static void *guest_main(void *rounds) {
    struct host h;
    memset(&h, 0, sizeof h);
    h.rt = crib_runtime_new(NULL);
    CHECK_EQ_INT(host_start(&h, echoes, NULL), 0);
    CHECK_EQ_INT(host_run(&h), 0);
    CHECK_EQ_INT(h.done, 1);
    CHECK_EQ_INT(h.result, 0);
    CHECK(h.ticks < 10 * *(int *)rounds + 100);
    crib_unref(h.rt);
    return NULL;
}

/* The next record of the run's only task. */
static crib_value next_value(crib_runtime *rt, int status) {
    crib_ready record;
    crib_value v;
    CHECK_EQ_INT(crib_runtime_poll_ready(rt, &record, 1, 0), 1);
    CHECK_EQ_INT(record.kind, CRIB_READY_RESUME);
    CHECK_EQ_INT(record.status, status);
    v.p = (void *)(uintptr_t)record.value;
    v.vt = (const crib_vtable *)(uintptr_t)record.vtable;
    return v;
}

/* The whole of the other run: what a binding with coroutines of its own does. */
static void call_and_answer(crib_runtime *rt, crib_task *task, int rounds) {
    crib_op *op = crib_task_op(task);
    int i;
    CHECK(next_value(rt, 0).vt == NULL); /* its first step */
    for (i = 0; i < rounds; i++) {
        crib_result result;
        int rc = crib_begin_send(op, tx, sendable_value(i));
        if (rc == CRIB_PENDING)
            CHECK(next_value(rt, 0).vt == NULL);
        else
            CHECK_EQ_INT(rc, 0);
        sendable_note(&sendable.sent[i]);
        result = crib_begin_receive(op, back_rx);
        if (result.status == CRIB_PENDING)
            result.value = next_value(rt, 0);
        else
            CHECK_EQ_INT(result.status, 0);
        CHECK_EQ_INT(sendable_number(result.value), i);
    }
}

int main(void) {
    int rounds = workload(2000);
    pthread_t thread;
    crib_runtime *rt = crib_runtime_new(NULL);
    crib_task *task;
    CHECK_EQ_INT(crib_channel_open_shared(1, &tx, &rx), 0);
    CHECK_EQ_INT(crib_channel_open_shared(1, &back_tx, &back_rx), 0);
    CHECK_EQ_INT(pthread_create(&thread, NULL, guest_main, &rounds), 0);
    CHECK_EQ_INT(crib_runtime_start_stackless(rt, NULL, NULL, 0, NULL, &task), 0);
    call_and_answer(rt, task, rounds);
    CHECK_EQ_INT(crib_begin_receive(crib_task_op(task), back_rx).status, CRIB_PENDING);
    crib_unref(tx); /* ends the guest, which ends the channel back */
    CHECK(next_value(rt, CRIB_EENDOFCHANNEL).vt == NULL);
    crib_task_exit(task, NULL);
    CHECK_EQ_INT(crib_runtime_poll_ready(rt, &(crib_ready){0}, 1, 0), 0);
    CHECK_EQ_INT(crib_runtime_finish(rt), 0);
    pthread_join(thread, NULL);
    crib_unref(back_rx);
    crib_unref(rt);
    sendable_check_arrived(rounds);
    return 0;
}
