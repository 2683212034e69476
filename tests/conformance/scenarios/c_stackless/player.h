/* Scenarios on stackless tasks. A player is such a task: its function makes one step each time it is called.
 *
 *     static void child(player *p) {
 *         switch (p->step++) {
 *             case 0: sleep_ms(p, 1000); break;
 *             case 1: say("slept: %s", outcome(p)); leave(p); break;
 *         }
 *     }
 *
 * A step begins at most one operation, as its last act, and the next one finds its result: p->status, p->value and the
 * error p->error. Whether it completed at once makes no difference. Variables that must survive a step live in the player.
 *
 * Blocks that a player opens nest. As with a fiber, operations work in the innermost one, and a close is given what went
 * wrong last: p->status and p->error, which `well` forgets. */
#ifndef SCENARIOS_PLAYER_H
#define SCENARIOS_PLAYER_H

#include "../scenario.h"

typedef struct player player;
typedef void (*scenario_fn)(player *p);

struct scenario {
    int number;
    scenario_fn main;
};

#define PLAYER_BLOCKS  8
#define PLAYER_CLAUSES 5

struct player {
    scenario_fn run;
    int step;
    crib_task *task;
    crib_op *op;
    int status;        /* of the last operation */
    crib_value value;  /* that came with it; the player's, until the next */
    crib_error *error; /* what it failed with, if that was more than a code */
    bool caught;       /* whether the scope closed last absorbed a cancellation */
    void *data;        /* given at the start */
    int i, n;          /* the scenario's own */
    crib_nursery *nursery;
    crib_scope *scope;
    struct {
        crib_scope *scope;
        crib_nursery *nursery; /* NULL: a scope */
    } blocks[PLAYER_BLOCKS];
    int depth;
    crib_clause clauses[PLAYER_CLAUSES];
    size_t choices; /* clauses of the select under way */
    bool waiting, left;
};

/* The last act of a step: what a begin function returned. */
void await(player *p, int status);
void await_result(player *p, crib_result result);

static inline void sleep_ms(player *p, int64_t ms) { await(p, crib_begin_sleep(p->op, CRIB_MS(ms))); }
static inline void sleep_forever(player *p) { await(p, crib_begin_sleep(p->op, CRIB_FOREVER)); }
static inline void checkpoint(player *p) { await(p, crib_begin_checkpoint(p->op)); }
static inline void receive(player *p, crib_receiver *rx) { await_result(p, crib_begin_receive(p->op, rx)); }
static inline void send_int(player *p, crib_sender *tx, int64_t i) {
    await(p, crib_begin_send(p->op, tx, crib_value_int(i)));
}
static inline int int_of(const player *p) { return (int)crib_value_as_int(p->value, -1); }

/* Chooses one of p->clauses. */
void choose(player *p, size_t count, uint32_t flags);

/* What went wrong last, as text: "ok", or the error. */
const char *outcome(const player *p);

/* Says what the receive that is done has given. */
void tell_received(const player *p);

/* Goes on as if all had gone well. */
void well(player *p);

/* Fails with an error of the scenario's own. */
void fail(player *p, const char *message);

/* Blocks. Closing a scope is no step of its own; closing a nursery is an operation. */
crib_scope *scope_open(player *p, crib_scope_options options);
crib_scope *move_on_after(player *p, int64_t ms);
void scope_close(player *p);
crib_nursery *nursery_open(player *p);
crib_nursery *nursery_open_with(player *p, crib_nursery_options options);
void nursery_close(player *p);

/* Starts another player; the handle is borrowed. NULL if it was refused. */
crib_task *start(crib_nursery *n, const char *name, scenario_fn run);
crib_task *start_with(crib_nursery *n, const char *name, scenario_fn run, void *data);

/* Starts another player and waits until it has said that it is started. */
void start_and_wait(player *p, crib_nursery *n, const char *name, scenario_fn run);

/* Runs one as the main task, in virtual time. */
int play(scenario_fn main);

/* The last act of all: ends the task with what went wrong last. */
void leave(player *p);

#endif
