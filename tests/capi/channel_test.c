/* Channels: NULL, ends of other runs, outside of tasks, absurd capacities. */
#include "capi/messages.h"

TestSuite(channel, .init = listen_to_messages, .timeout = 20);

static void opens_outside(void *arg) {
    crib_sender *tx = arg;
    crib_receiver *rx = arg;
    EXPECT_MISUSE(crib_channel_open(1, &tx, &rx), "crib_channel_open", NULL);
    EXPECT(tx == NULL && rx == NULL);
}

Test(channel, outside_a_run_no_channel_opens) {
    opens_outside(NULL);
    in_thread(opens_outside, &said_count);
    EXPECT_NOTHING_UNEXPECTED();
}

static int half_a_channel(void *arg) {
    crib_sender *tx = (crib_sender *)&drops;
    crib_receiver *rx = (crib_receiver *)&drops;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, NULL, &rx), CODE_EINVAL);
    EXPECT(rx == NULL);
    EXPECT_EQ(crib_channel_open(1, &tx, NULL), CODE_EINVAL);
    EXPECT(tx == NULL);
    EXPECT_EQ(crib_channel_open(1, NULL, NULL), CODE_EINVAL);
    EXPECT_QUIET();
    return RAN;
}

Test(channel, both_ends_must_have_a_place) { EXPECT_RUN(run_autojump(half_a_channel, NULL)); }

static int capacities(void *arg) {
    const size_t large[] = {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 16, (size_t)1 << 32};
    crib_sender *tx;
    crib_receiver *rx;
    crib_value v;
    size_t i;
    int k, rc;
    (void)arg;
    for (i = 0; i < sizeof large / sizeof large[0]; i++) {
        rc = crib_channel_open(large[i], &tx, &rx);
        EXPECT(rc == 0 || rc == -ENOMEM);
        if (rc != 0) continue;
        for (k = 0; k < 100; k++) EXPECT_EQ(crib_sender_send(tx, crib_value_int(k)), 0);
        for (k = 0; k < 100; k++) {
            EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
            EXPECT_EQ(crib_value_as_int(v, -1), k);
        }
        crib_unref(tx);
        crib_unref(rx);
    }
    return RAN;
}

Test(channel, absurd_capacities_take_no_memory_in_advance) { EXPECT_RUN(run_autojump(capacities, NULL)); }

static int null_ends(void *arg) {
    crib_value v = droppable();
    (void)arg;
    EXPECT_MISUSE(crib_sender_send(NULL, droppable()), "crib_sender_send", "main");
    EXPECT_MISUSE(crib_sender_send_nowait(NULL, &v), "crib_sender_send_nowait", "main");
    EXPECT(v.vt != NULL);
    crib_value_drop(v);
    EXPECT_EQ(drops, 2);
    v = crib_value_int(1);
    EXPECT_MISUSE(crib_receiver_receive(NULL, &v), "crib_receiver_receive", "main");
    EXPECT(v.vt == NULL);
    EXPECT_MISUSE(crib_receiver_receive(NULL, NULL), "crib_receiver_receive", "main");
    EXPECT_MISUSE(crib_receiver_receive_nowait(NULL, &v), "crib_receiver_receive_nowait", "main");
    EXPECT_NO_HANDLE(crib_sender_clone(NULL), "crib_sender_clone", "main");
    EXPECT_NO_HANDLE(crib_receiver_clone(NULL), "crib_receiver_clone", "main");
    crib_sender_close(NULL);
    crib_receiver_close(NULL);
    EXPECT_QUIET();
    return RAN;
}

Test(channel, null_ends_are_refused_by_name) { EXPECT_RUN(run_autojump(null_ends, NULL)); }

static int null_places(void *arg) {
    crib_sender *tx;
    crib_receiver *rx;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &tx, &rx), 0);
    EXPECT_EQ(crib_sender_send_nowait(tx, NULL), CRIB_EMISUSE);
    EXPECT(strstr(said_text, "another run") == NULL);
    EXPECT_SAID("crib_sender_send_nowait", "main");
    EXPECT_EQ(crib_receiver_receive_nowait(rx, NULL), CRIB_EMISUSE);
    EXPECT(strstr(said_text, "another run") == NULL);
    EXPECT_SAID("crib_receiver_receive_nowait", "main");
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

Test(channel, a_missing_place_for_a_value_is_not_blamed_on_another_run) { EXPECT_RUN(run_autojump(null_places, NULL)); }

struct ends_of {
    crib_sender *tx;
    crib_receiver *rx;
};

static void uses_elsewhere(const struct ends_of *e, const char *task) {
    crib_value v = droppable();
    drops = 0;
    EXPECT_MISUSE(crib_sender_send(e->tx, droppable()), "crib_sender_send", task);
    EXPECT_EQ(drops, 1);
    EXPECT_MISUSE(crib_receiver_receive(e->rx, NULL), "crib_receiver_receive", task);
    EXPECT_MISUSE(crib_sender_send_nowait(e->tx, &v), "crib_sender_send_nowait", task);
    EXPECT(v.vt != NULL);
    EXPECT_MISUSE(crib_receiver_receive_nowait(e->rx, &v), "crib_receiver_receive_nowait", task);
    EXPECT_NO_HANDLE(crib_sender_clone(e->tx), "crib_sender_clone", task);
    EXPECT_NO_HANDLE(crib_receiver_clone(e->rx), "crib_receiver_clone", task);
    crib_sender_close(e->tx);
    EXPECT_SAID("crib_sender_close", task);
    crib_receiver_close(e->rx);
    EXPECT_SAID("crib_receiver_close", task);
}

static void used_in_thread(void *e) { uses_elsewhere(e, NULL); }
static int used_in_run(void *e) {
    uses_elsewhere(e, "main");
    return RAN;
}

static int lends_ends(void *arg) {
    struct ends_of e;
    crib_value v;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &e.tx, &e.rx), 0);
    in_thread(used_in_thread, &e);
    in_other_run(used_in_run, &e);
    EXPECT_EQ(crib_sender_send(e.tx, crib_value_int(6)), 0); /* nothing was closed */
    EXPECT_EQ(crib_receiver_receive(e.rx, &v), 0);
    EXPECT_EQ(crib_value_as_int(v, 0), 6);
    crib_unref(e.tx);
    crib_unref(e.rx);
    return RAN;
}

Test(channel, ends_serve_their_own_run_only) { EXPECT_RUN(run_autojump(lends_ends, NULL)); }

static struct ends_of kept;

static int keeps(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_channel_open(2, &kept.tx, &kept.rx), 0);
    return crib_sender_send(kept.tx, crib_value_int(3)) == 0 ? RAN : -1;
}

static int goes_on(void *arg) {
    crib_value v;
    (void)arg;
    EXPECT_EQ(crib_receiver_receive(kept.rx, &v), 0);
    EXPECT_EQ(crib_value_as_int(v, 0), 3);
    EXPECT_EQ(crib_sender_send(kept.tx, droppable()), 0);
    return RAN;
}

Test(channel, a_channel_serves_the_next_run_of_its_runtime) {
    crib_runtime *rt = crib_runtime_new(NULL);
    EXPECT_RUN(crib_runtime_run(rt, keeps, NULL, NULL));
    used_in_thread(&kept); /* between the runs there is none */
    EXPECT_RUN(crib_runtime_run(rt, goes_on, NULL, NULL));
    drops = 0;
    crib_unref(rt);
    crib_unref(kept.tx);
    crib_unref(kept.rx);
    cr_assert_eq(drops, 1);
}

static int closed_ends(void *arg) {
    struct ends_of e;
    crib_value v = droppable();
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &e.tx, &e.rx), 0);
    crib_sender_close(e.tx);
    crib_sender_close(e.tx);
    EXPECT_EQ(crib_sender_send(e.tx, droppable()), CRIB_ECLOSED);
    EXPECT_EQ(drops, 1);
    EXPECT_EQ(crib_sender_send_nowait(e.tx, &v), CRIB_ECLOSED);
    EXPECT(crib_sender_clone(e.tx) == NULL);
    EXPECT_EQ(crib_receiver_receive_nowait(e.rx, &v), CRIB_EENDOFCHANNEL);
    EXPECT(v.vt == NULL);
    crib_receiver_close(e.rx);
    crib_receiver_close(e.rx);
    EXPECT_EQ(crib_receiver_receive(e.rx, &v), CRIB_ECLOSED);
    EXPECT_EQ(crib_receiver_receive_nowait(e.rx, &v), CRIB_ECLOSED);
    EXPECT(crib_receiver_clone(e.rx) == NULL);
    EXPECT_QUIET(); /* none of this is misuse */
    crib_unref(e.tx);
    crib_unref(e.rx);
    return RAN;
}

Test(channel, ones_own_closed_end_is_closed_and_no_misuse) { EXPECT_RUN(run_autojump(closed_ends, NULL)); }

static int unwanted(void *arg) {
    struct ends_of e;
    (void)arg;
    EXPECT_EQ(crib_channel_open(1, &e.tx, &e.rx), 0);
    EXPECT_EQ(crib_sender_send(e.tx, droppable()), 0);
    EXPECT_EQ(crib_receiver_receive(e.rx, NULL), 0);
    EXPECT_EQ(drops, 1);
    crib_unref(e.tx);
    crib_unref(e.rx);
    return RAN;
}

Test(channel, a_received_value_that_nobody_wants_is_dropped) { EXPECT_RUN(run_autojump(unwanted, NULL)); }
