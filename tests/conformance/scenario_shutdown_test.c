/* The shutdown of a server with requests in flight (S3.13). Connections are in memory: a channel each way. The accept
 * loop and the wait for the next request are graceful regions, goodbyes are said behind a soft shield, and each
 * connection is ended by its handler's destroy function. Handlers and accept loop are fibers or stackless tasks. */
#include "support/run.h"
#include "support/workers.h"

TestSuite(scenario_shutdown, .timeout = 30);

#define CLIENTS 5
#define NEVER   (-1)
#define GOODBYE 0 /* as a reply */

struct connection {
    crib_receiver *requests;
    crib_sender *replies;
    struct client *client;
    int work;      /* of the request in hand, in ms */
    bool stopping; /* the wait for the next one was drained */
    int status;    /* from here on: of a stackless handler */
    crib_scope *region;
    struct strand strand;
};

/* What a client does, and when (in ms), and what it saw. */
struct client {
    const char *name;
    int connects; /* when */
    int asks;     /* when; NEVER */
    int work;     /* how long its request takes */
    bool mute;    /* does not read */
    int replied, goodbye, closed, refused;
    int ended; /* how often its connection was */
    struct connection connection;
};

enum how { DRAIN, INTERRUPT, HARD };

static struct {
    enum how how;
    int stops, hardens; /* when, the second one being a hard cancel */
    bool stackless;
    struct client clients[CLIENTS];
    crib_sender *door;
    crib_receiver *listener;
    crib_scope *scope;
    crib_nursery *handlers;
    struct strand accepting;
    crib_scope *region;
    bool stopping, cut_off;
    int returned, returns;
} server;

/* --- connections ---------------------------------------------------------------------------------- */

/* The only end of a connection: by its handler's destroy function, or as a value that nobody took. */
static void connection_end(void *arg) {
    struct connection *c = arg;
    c->client->ended++;
    c->client->closed = (int)story_ms();
    crib_unref(c->requests);
    crib_unref(c->replies);
}

static void connection_end_stackless(uintptr_t strand) { connection_end(((struct strand *)strand)->user_data); }

static const crib_vtable connection_vtable = {sizeof(crib_vtable), connection_end, "connection", 0};

/* --- handlers ------------------------------------------------------------------------------------- */

static int idle(struct connection *c) {
    crib_scope *region = region_open(NULL, 0, 1);
    crib_value request = nil_value;
    int rc = crib_receiver_receive(c->requests, &request);
    c->work = (int)crib_value_as_int(request, 0);
    return crib_scope_close(region, rc, &c->stopping);
}

static int answer(struct connection *c) {
    int rc = crib_sleep(CRIB_MS(c->work));
    return rc < 0 ? rc : crib_sender_send(c->replies, crib_value_int(c->work));
}

static int say_goodbye(struct connection *c) {
    crib_scope *shield = region_open(NULL, SHIELD_SOFT, 0);
    int rc = crib_sender_send(c->replies, crib_value_int(GOODBYE));
    return crib_scope_close(shield, rc, NULL);
}

static int handle(void *arg) {
    struct connection *c = arg;
    int goodbye, rc = 0;
    while (rc == 0) {
        rc = idle(c);
        if (rc == CRIB_EENDOFCHANNEL) return 0;
        if (rc < 0 || c->stopping) break;
        rc = answer(c);
    }
    goodbye = say_goodbye(c);
    return rc == 0 ? goodbye : rc;
}

/* Closes the region with the result of the last operation in it; what is left of that. */
static int leave_region(struct strand *s, crib_scope *region, bool *caught) {
    crib_error *error = s->status == CRIB_ECANCELLED ? crib_error_cancelled(region) : NULL;
    error = crib_scope_close_error(region, error, caught);
    if (error == NULL) return s->status == CRIB_ECANCELLED ? 0 : s->status;
    crib_unref(error);
    return CRIB_ECANCELLED;
}

static void ends_with(struct strand *s, int status) {
    strand_exit(s, status == CRIB_ECANCELLED ? crib_error_cancelled(crib_task_scope(s->task)) : NULL);
}

static void handle_stackless(struct strand *s) {
    struct connection *c = s->user_data;
    STRAND(s)
    while (c->status == 0) {
        c->region = region_open(crib_task_scope(s->task), 0, 1);
        EXPECT_EQ(crib_op_set_scope(s->op, c->region), 0);
        AWAIT_RESULT(s, crib_begin_receive(s->op, c->requests));
        c->work = (int)crib_value_as_int(s->value, 0);
        c->status = leave_region(s, c->region, &c->stopping);
        if (c->status < 0 || c->stopping) break;
        AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(c->work)));
        c->status = s->status;
        if (c->status < 0) break;
        AWAIT(s, crib_begin_send(s->op, c->replies, crib_value_int(c->work)));
        c->status = s->status;
    }
    if (c->status == CRIB_EENDOFCHANNEL) {
        strand_exit(s, NULL);
        return;
    }
    c->region = region_open(crib_task_scope(s->task), SHIELD_SOFT, 0);
    EXPECT_EQ(crib_op_set_scope(s->op, c->region), 0);
    AWAIT(s, crib_begin_send(s->op, c->replies, crib_value_int(GOODBYE)));
    if (leave_region(s, c->region, NULL) == CRIB_ECANCELLED) c->status = CRIB_ECANCELLED;
    ends_with(s, c->status);
    STRAND_END
}

static int start_handler(struct connection *c) {
    const char *name = c->client->name;
    if (!server.stackless) return crib_nursery_start_soon(server.handlers, name, handle, c, connection_end);
    c->strand.run = handle_stackless;
    c->strand.user_data = c;
    return crib_nursery_start_stackless(server.handlers, name, strand_resume, (uintptr_t)&c->strand,
                                        connection_end_stackless) != NULL
               ? 0
               : CRIB_ECLOSED;
}

/* --- the server ----------------------------------------------------------------------------------- */

static int accept_one(void) {
    crib_value v = nil_value;
    int rc = crib_receiver_receive(server.listener, &v);
    return rc < 0 ? rc : start_handler(v.p);
}

static int accept_loop(void *arg) {
    int rc = 0;
    (void)arg;
    while (rc == 0 && !server.stopping) {
        crib_scope *region = region_open(NULL, 0, 1);
        rc = crib_scope_close(region, accept_one(), &server.stopping);
    }
    crib_receiver_close(server.listener);
    return rc == CRIB_ECLOSED ? 0 : rc; /* a connection that came in the moment of the shutdown */
}

static void accept_loop_stackless(struct strand *s) {
    crib_value v;
    STRAND(s)
    while (s->status == 0 && !server.stopping) {
        server.region = region_open(crib_task_scope(s->task), 0, 1);
        EXPECT_EQ(crib_op_set_scope(s->op, server.region), 0);
        AWAIT_RESULT(s, crib_begin_receive(s->op, server.listener));
        v = s->value;
        s->value = nil_value; /* the handler's from here on */
        if (s->status == 0) s->status = start_handler(v.p);
        s->status = leave_region(s, server.region, &server.stopping);
    }
    crib_receiver_close(server.listener);
    ends_with(s, s->status);
    STRAND_END
}

static int serve(void *arg) {
    crib_nursery_options options = {.size = sizeof options, .drain = 1};
    int rc;
    (void)arg;
    server.scope = crib_scope_open(NULL);
    server.handlers = crib_nursery_open_with(&options);
    if (server.stackless) {
        server.accepting.run = accept_loop_stackless;
        EXPECT(strand_start(server.handlers, "accept", &server.accepting) != NULL);
    } else {
        EXPECT_EQ(crib_nursery_start_soon(server.handlers, "accept", accept_loop, NULL, NULL), 0);
    }
    rc = crib_nursery_close(server.handlers, 0);
    rc = crib_scope_close(server.scope, rc, &server.cut_off);
    server.returned = (int)story_ms();
    server.returns++;
    EXPECT_EQ(rc, 0);
    return rc;
}

/* --- everybody else ------------------------------------------------------------------------------- */

static void client_reads(struct client *c, crib_receiver *replies) {
    crib_value v;
    while (crib_receiver_receive(replies, &v) == 0) {
        int *seen = crib_value_as_int(v, NEVER) == GOODBYE ? &c->goodbye : &c->replied;
        EXPECT_EQ(*seen, NEVER);
        *seen = (int)story_ms();
    }
    if (!c->mute) EXPECT_EQ(c->closed, story_ms()); /* told at once */
}

static int client(void *arg) {
    struct client *c = arg;
    crib_value connection = {NULL, &connection_vtable};
    crib_sender *requests;
    crib_receiver *replies;
    c->replied = c->goodbye = c->closed = c->refused = NEVER;
    connection.p = &c->connection;
    c->connection.client = c;
    EXPECT_EQ(crib_channel_open(1, &requests, &c->connection.requests), 0);
    EXPECT_EQ(crib_channel_open(0, &c->connection.replies, &replies), 0);
    EXPECT_EQ(crib_sleep(CRIB_MS(c->connects)), 0);
    if (crib_sender_send(server.door, connection) < 0) c->refused = (int)story_ms();
    if (c->asks != NEVER) {
        EXPECT_EQ(crib_sleep_until(story_origin + CRIB_MS(c->asks)), 0);
        EXPECT_EQ(crib_sender_send(requests, crib_value_int(c->work)), 0);
    }
    if (c->mute) EXPECT_EQ(crib_sleep(CRIB_SECONDS(60)), 0);
    client_reads(c, replies);
    crib_unref(requests);
    crib_unref(replies);
    return 0;
}

static int stop_softly(void) {
    return crib_scope_cancel_soft(server.scope, server.how == DRAIN ? CRIB_SOFT_DRAIN : CRIB_SOFT_INTERRUPT,
                                  CRIB_SECONDS(1), "maintenance");
}

static int operator_body(void *arg) {
    (void)arg;
    EXPECT_EQ(crib_sleep(CRIB_MS(server.stops)), 0);
    EXPECT_EQ(server.how == HARD ? crib_scope_cancel(server.scope, "at once") : stop_softly(), 0);
    if (server.hardens > 0) {
        EXPECT_EQ(crib_sleep(CRIB_MS(server.hardens - server.stops)), 0);
        EXPECT_EQ(crib_scope_cancel(server.scope, "now"), 0);
    }
    return 0;
}

static int world(void *arg) {
    crib_nursery *n = crib_nursery_open();
    int i;
    (void)arg;
    story_begin();
    EXPECT_EQ(crib_channel_open(0, &server.door, &server.listener), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "server", serve, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "operator", operator_body, NULL, NULL), 0);
    for (i = 0; i < CLIENTS && server.clients[i].name != NULL; ++i) {
        EXPECT_EQ(crib_nursery_start_soon(n, server.clients[i].name, client, &server.clients[i], NULL), 0);
    }
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(server.returns, 1);
    while (i-- > 0) EXPECT_EQ(server.clients[i].ended, 1);
    crib_unref(server.door);
    crib_unref(server.listener);
    return RAN;
}

static void plan(enum how how, const void *stackless) {
    memset(&server, 0, sizeof server);
    server.how = how;
    server.stackless = stackless != NULL;
    server.stops = 1000;
    server.clients[0] = (struct client){.name = "idle", .asks = 100, .work = 100};
    server.clients[1] = (struct client){.name = "short", .asks = 900, .work = 600};
    server.clients[2] = (struct client){.name = "long", .asks = 900, .work = 5000};
    server.clients[3] = (struct client){.name = "mute", .asks = NEVER, .mute = true};
    server.clients[4] = (struct client){.name = "late", .connects = 1200, .asks = NEVER};
}

/* When a client had its reply and its goodbye, and when its connection was ended. */
static void saw(int line, const char *name, int replied, int goodbye, int closed) {
    const struct client *c = server.clients;
    while (strcmp(c->name, name) != 0) ++c;
    expect_eq(line, "the reply", c->replied, replied);
    expect_eq(line, "the goodbye", c->goodbye, goodbye);
    expect_eq(line, "the end of the connection", c->closed, closed);
    expect_eq(line, "the refusal", c->refused, NEVER);
}
#define EXPECT_SAW(...) saw(__LINE__, __VA_ARGS__)

static void late_is_refused(void) {
    EXPECT_EQ(server.clients[4].refused, 1200);
    EXPECT_EQ(server.clients[4].closed, 1200);
    EXPECT_EQ(server.clients[4].goodbye, NEVER);
}

/* --- shutdowns ------------------------------------------------------------------------------------ */

static void drained(const void *stackless) {
    plan(DRAIN, stackless);
    EXPECT_RUN(run_autojump(world, NULL));
    EXPECT_SAW("idle", 200, 1000, 1000);
    EXPECT_SAW("short", 1500, 1500, 1500);
    EXPECT_SAW("long", NEVER, NEVER, 2000);
    EXPECT_SAW("mute", NEVER, NEVER, 2000); /* the goodbye was cut off, too */
    late_is_refused();
    EXPECT_EQ(server.returned, 2000);
    EXPECT(server.cut_off);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

Test(scenario_shutdown, s3_13_a_drained_server_ends_its_requests_says_goodbye_and_cuts_off_the_rest) { drained(NULL); }
Test(scenario_shutdown, s3_13_a_drained_server_ends_its_requests_says_goodbye_and_cuts_off_the_rest_stackless) {
    drained(STACKLESS);
}

static void drained_in_time(const void *stackless) {
    plan(DRAIN, stackless);
    server.clients[2] = server.clients[4];
    server.clients[3].name = NULL;
    EXPECT_RUN(run_autojump(world, NULL));
    EXPECT_SAW("idle", 200, 1000, 1000);
    EXPECT_SAW("short", 1500, 1500, 1500);
    EXPECT_EQ(server.returned, 1500);
    EXPECT(!server.cut_off);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

Test(scenario_shutdown, s3_13_a_drained_server_returns_with_its_last_connection) { drained_in_time(NULL); }
Test(scenario_shutdown, s3_13_a_drained_server_returns_with_its_last_connection_stackless) {
    drained_in_time(STACKLESS);
}

static void interrupted(const void *stackless) {
    plan(INTERRUPT, stackless);
    EXPECT_RUN(run_autojump(world, NULL));
    EXPECT_SAW("idle", 200, 1000, 1000);
    EXPECT_SAW("short", NEVER, 1000, 1000);
    EXPECT_SAW("long", NEVER, 1000, 1000);
    EXPECT_SAW("mute", NEVER, NEVER, 2000);
    late_is_refused();
    EXPECT_EQ(server.returned, 2000);
    EXPECT(server.cut_off);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

Test(scenario_shutdown, s3_13_an_interrupted_server_says_goodbye_at_once) { interrupted(NULL); }
Test(scenario_shutdown, s3_13_an_interrupted_server_says_goodbye_at_once_stackless) { interrupted(STACKLESS); }

static void cancelled(const void *stackless) {
    plan(HARD, stackless);
    EXPECT_RUN(run_autojump(world, NULL));
    EXPECT_SAW("idle", 200, NEVER, 1000);
    EXPECT_SAW("short", NEVER, NEVER, 1000);
    EXPECT_SAW("long", NEVER, NEVER, 1000);
    EXPECT_SAW("mute", NEVER, NEVER, 1000);
    late_is_refused();
    EXPECT_EQ(server.returned, 1000);
    EXPECT(server.cut_off);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

Test(scenario_shutdown, s3_13_a_hard_cancel_ends_every_connection_without_goodbye) { cancelled(NULL); }
Test(scenario_shutdown, s3_13_a_hard_cancel_ends_every_connection_without_goodbye_stackless) { cancelled(STACKLESS); }

static void cancelled_while_draining(const void *stackless) {
    plan(DRAIN, stackless);
    server.hardens = 1300;
    EXPECT_RUN(run_autojump(world, NULL));
    EXPECT_SAW("idle", 200, 1000, 1000);
    EXPECT_SAW("short", NEVER, NEVER, 1300);
    EXPECT_SAW("long", NEVER, NEVER, 1300);
    EXPECT_SAW("mute", NEVER, NEVER, 1300);
    EXPECT_EQ(server.returned, 1300);
    cr_assert(expect_failures == 0, "%s", expect_report);
}

Test(scenario_shutdown, s3_13_a_hard_cancel_cuts_a_drain_short) { cancelled_while_draining(NULL); }
Test(scenario_shutdown, s3_13_a_hard_cancel_cuts_a_drain_short_stackless) { cancelled_while_draining(STACKLESS); }

/* Handed to the accept loop, which has not run when the server is stopped. */
static int comes_at_the_last_moment(void *arg) {
    crib_value connection = {NULL, &connection_vtable};
    struct client *c = arg;
    crib_sender *requests;
    crib_receiver *replies;
    c->connection.client = c;
    connection.p = &c->connection;
    EXPECT_EQ(crib_channel_open(0, &requests, &c->connection.requests), 0);
    EXPECT_EQ(crib_channel_open(0, &c->connection.replies, &replies), 0);
    EXPECT_EQ(crib_sleep(CRIB_SECONDS(1)), 0);
    EXPECT_EQ(crib_sender_send_nowait(server.door, &connection), 0);
    EXPECT_EQ(stop_softly(), 0);
    EXPECT_EQ(crib_receiver_receive(replies, NULL), CRIB_EENDOFCHANNEL);
    crib_unref(requests);
    crib_unref(replies);
    return 0;
}

static int last_moment(void *arg) {
    struct client *c = arg;
    crib_nursery *n = crib_nursery_open();
    story_begin();
    EXPECT_EQ(crib_channel_open(0, &server.door, &server.listener), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "server", serve, NULL, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "client", comes_at_the_last_moment, c, NULL), 0);
    EXPECT_EQ(crib_nursery_close(n, 0), 0);
    EXPECT_EQ(c->ended, 1);
    EXPECT_EQ(c->closed, 1000);
    EXPECT_EQ(server.returned, 1000);
    crib_unref(server.door);
    crib_unref(server.listener);
    return RAN;
}

static void at_the_last_moment(enum how how, const void *stackless) {
    struct client c = {.name = "last"};
    plan(how, stackless);
    EXPECT_RUN(run_autojump(last_moment, &c));
}

Test(scenario_shutdown, s3_13_a_connection_of_the_last_moment_is_ended_once) {
    at_the_last_moment(DRAIN, NULL);
    at_the_last_moment(INTERRUPT, NULL);
}

Test(scenario_shutdown, s3_13_a_connection_of_the_last_moment_is_ended_once_stackless) {
    at_the_last_moment(DRAIN, STACKLESS);
    at_the_last_moment(INTERRUPT, STACKLESS);
}
