/* S3.7 to S3.9: messages instead of shared state, and ownership that is given away. */
#include <stdlib.h>

#include "support/log.h"
#include "support/run.h"
#include "support/strand.h"

static crib_sender *tx;
static crib_receiver *rx;

/* Texts of their own, released by whoever owns them in the end. */
static int released;
static void release_text(void *text) {
    released++;
    free(text);
}
static const crib_vtable text_table = {sizeof(crib_vtable), release_text, "text", 0};

static crib_value text_value(const char *text) {
    size_t size = strlen(text) + 1;
    crib_value v = {malloc(size), &text_table};
    memcpy(v.p, text, size);
    return v;
}

static void log_two(const char *word, const char *text) {
    log_add(word);
    log_add(text);
}

static int says_hello(void *unused) {
    (void)unused;
    EXPECT_EQ(crib_sender_send(tx, text_value("hello")), 0);
    EXPECT_EQ(crib_sender_send(tx, text_value("bye bye")), 0);
    crib_sender_close(tx);
    return 0;
}

static void says_hello_stackless(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_send(s->op, tx, text_value("hello")));
    EXPECT_EQ(s->status, 0);
    AWAIT(s, crib_begin_send(s->op, tx, text_value("bye bye")));
    EXPECT_EQ(s->status, 0);
    crib_sender_close(tx);
    strand_exit(s, NULL);
    STRAND_END
}

static int hears_twice(void *unused) {
    static const char *const words[] = {"first", "second"};
    crib_value v;
    int i;
    (void)unused;
    for (i = 0; i < 2; i++) {
        EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
        log_two(words[i], v.p);
        crib_value_drop(v);
    }
    EXPECT_EQ(crib_receiver_receive(rx, &v), CRIB_EENDOFCHANNEL);
    log_add("Channel closed!");
    return 0;
}

static void hears_twice_stackless(struct strand *s) {
    STRAND(s)
    AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
    log_two("first", s->value.p);
    AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
    log_two("second", s->value.p);
    AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
    if (s->status == CRIB_EENDOFCHANNEL) log_add("Channel closed!");
    strand_exit(s, NULL);
    STRAND_END
}

static int hears_all(void *unused) {
    crib_value v;
    int rc;
    (void)unused;
    while ((rc = crib_receiver_receive(rx, &v)) == 0) {
        log_two("got", v.p);
        crib_value_drop(v);
    }
    if (rc == CRIB_EENDOFCHANNEL) log_add("channel closed!");
    return rc == CRIB_EENDOFCHANNEL ? 0 : rc;
}

static void hears_all_stackless(struct strand *s) {
    STRAND(s)
    for (;;) {
        AWAIT_RESULT(s, crib_begin_receive(s->op, rx));
        if (s->status < 0) break;
        log_two("got", s->value.p);
    }
    if (s->status == CRIB_EENDOFCHANNEL) log_add("channel closed!");
    strand_exit(s, NULL);
    STRAND_END
}

struct pair {
    crib_body_fn receiver;
    void (*stackless_receiver)(struct strand *s);
};

static int talk(void *arg) {
    const struct pair *p = arg;
    struct strand sends = {.run = says_hello_stackless}, receives = {.run = p->stackless_receiver};
    crib_nursery *n = crib_nursery_open();
    EXPECT_EQ(crib_channel_open(0, &tx, &rx), 0);
    if (p->receiver != NULL) {
        EXPECT_EQ(crib_nursery_start_soon(n, "sender", says_hello, NULL, NULL), 0);
        EXPECT_EQ(crib_nursery_start_soon(n, "receiver", p->receiver, NULL, NULL), 0);
    } else {
        EXPECT(strand_start(n, "sender", &sends) != NULL);
        EXPECT(strand_start(n, "receiver", &receives) != NULL);
    }
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(released, 2);
    crib_unref(tx);
    crib_unref(rx);
    return RAN;
}

static void expect_talk(crib_body_fn receiver, void (*stackless_receiver)(struct strand *s), const char *log) {
    struct pair p = {receiver, stackless_receiver};
    EXPECT_RUN(run_autojump(talk, &p));
    cr_assert_str_eq(log_text, log);
}

Test(scenario_messages, s3_7_hello_bye_bye_closed) {
    expect_talk(hears_twice, NULL, "first hello second bye bye Channel closed!");
}

Test(scenario_messages, s3_7_hello_bye_bye_closed_stackless) {
    expect_talk(NULL, hears_twice_stackless, "first hello second bye bye Channel closed!");
}

Test(scenario_messages, s3_8_a_loop_ends_when_the_channel_is_closed) {
    expect_talk(hears_all, NULL, "got hello got bye bye channel closed!");
}

Test(scenario_messages, s3_8_a_loop_ends_when_the_channel_is_closed_stackless) {
    expect_talk(NULL, hears_all_stackless, "got hello got bye bye channel closed!");
}

/* ---- S3.9: give up ownership of what you send */

static int gives_away(void *unused) {
    crib_value v = text_value("mine no more"), same;
    void *text = v.p;
    (void)unused;
    EXPECT_EQ(crib_channel_open(3, &tx, &rx), 0);
    EXPECT_EQ(crib_sender_send_nowait(tx, &v), 0);
    EXPECT(v.p == NULL && v.vt == NULL); /* nothing is left to touch */
    EXPECT_EQ(crib_receiver_receive(rx, &same), 0);
    EXPECT(same.p == text && same.vt == &text_table); /* moved, not copied */
    EXPECT_STR(same.p, "mine no more");
    EXPECT_EQ(released, 0);
    EXPECT_EQ(crib_sender_send(tx, same), 0); /* and on */
    crib_unref(tx);
    EXPECT_EQ(crib_receiver_receive(rx, &v), 0);
    EXPECT(v.p == text);
    crib_unref(rx);
    EXPECT_EQ(released, 0); /* whoever received it is the owner */
    crib_value_drop(v);
    EXPECT_EQ(released, 1);
    return RAN;
}

Test(scenario_messages, s3_9_a_value_that_is_sent_is_given_away) { EXPECT_RUN(run_autojump(gives_away, NULL)); }

static void sends_in_vain(struct strand *s) {
    STRAND(s)
    AWAIT(s, crib_begin_send(s->op, tx, text_value("waits")));
    EXPECT_EQ(s->status, CRIB_ECANCELLED);
    strand_exit(s, strand_failure(s));
    STRAND_END
}

static int sends_in_vain_as_fiber(void *unused) {
    (void)unused;
    return crib_sender_send(tx, text_value("waits"));
}

static int undelivered(void *unused) {
    struct strand s = {.run = sends_in_vain};
    crib_nursery *n = crib_nursery_open();
    (void)unused;
    EXPECT_EQ(crib_channel_open(2, &tx, &rx), 0);
    EXPECT_EQ(crib_sender_send(tx, text_value("buffered")), 0);
    EXPECT_EQ(crib_sender_send(tx, text_value("buffered too")), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "sends", sends_in_vain_as_fiber, NULL, NULL), 0);
    EXPECT(strand_start(n, "sends", &s) != NULL);
    EXPECT_EQ(crib_wait_all_tasks_blocked(0), 0);
    EXPECT_EQ(released, 0);
    EXPECT_EQ(crib_nursery_cancel(n, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(released, 2); /* those that were cancelled */
    crib_unref(rx);
    EXPECT_EQ(released, 4); /* those in the buffer */
    EXPECT_EQ(crib_sender_send(tx, text_value("refused")), CRIB_EBROKEN);
    EXPECT_EQ(released, 5);
    crib_unref(tx);
    return RAN;
}

Test(scenario_messages, s3_9_what_is_not_delivered_is_destroyed_once) {
    EXPECT_RUN(run_autojump(undelivered, NULL));
    cr_assert_eq(released, 5);
}
