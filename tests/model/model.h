/* The reference model: a small simulator of the public semantics, with slow and plain data structures. It shares nothing
 * with core/; what it knows is from the headers and the numbered statements.
 *
 * Nothing is cached: whether a scope is cancelled is found by walking up the tree each time, who is next in a queue by
 * looking for the oldest wait, and what a cancel reaches by visiting the whole tree.
 *
 * Some orders are no promise of the library, but without them nothing after them could be compared; the model does as
 * the library does:
 *   - tasks become ready first in, first out, and a pass runs those that were ready when it began (57, 58);
 *   - of several deadlines at one time, the one armed first comes first; moving one keeps its place;
 *   - a cancel wakes tasks in pre-order of the scope tree, older children first, those that wait to send after all
 *     others; then come pending starts and links of the scopes it reached, of the scope reached last first, of one scope
 *     the oldest first, each with all that follows from it;
 *   - a task that ends gives up what it holds, the newest first;
 *   - an operation that ends at once counts against the budget, whatever it ends with; misuse does not, but by a
 *     condition. */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include <crib.h>
#include <string.h>

#include "program.h"

#define NEVER INT64_MAX

enum { SCOPES = STEPS + TASKS + 2, LEAVES = 8 * STEPS, LINKS = STEPS };

/* An error is a list of leaves, linked by number; 0 is none. */
struct leaf {
    int code;
    int cause;
    int next;
};

/* What leaves a block: a code, and what it failed with if that is more than the code. */
struct outcome {
    int code;
    int tree;
};

enum { HARD = 1, INTERRUPT = 2, DRAIN = 4, ANY = 7 };
enum { SHIELD_NONE, SHIELD_FULL, SHIELD_SOFT };

struct scope {
    bool open;
    int parent; /* -1: the run itself */
    int owner;  /* task; -1: nobody waits directly in it */
    int own;    /* how it was cancelled itself */
    int shield;
    bool graceful, fail;
    bool too_slow; /* its own deadline was what cancelled it */
    int source;
    int64_t deadline, hard_at, grace;
    bool expired; /* the deadline is used up */
    int64_t armed_at;
    int64_t armed; /* serial; 0 = no timer */
    int64_t attached;
    int held; /* error */
};

/* Told when a scope is stopped; if softly, once more when that becomes hard. */
enum { TELL_START, TELL_SCOPE, TELL_TOKEN };
enum { TOLD_NOT, TOLD_SOFTLY, TOLD };
struct link {
    int kind;
    int source; /* scope; of token_links: token */
    int target; /* task, scope or token */
    int told;
    bool piled; /* about to be told */
    int64_t made;
};

enum { NURSERY_NONE, NURSERY_OPEN, NURSERY_CLOSING, NURSERY_CLOSED };

struct nursery {
    int state;
    int scope, children; /* scopes: its own, and the one children hang below */
    int owner, policy, most, count, starting;
    bool drain, succeeded, told;
    int64_t grace;
    int step;
    int body_code;
    int cancelled; /* children and bodies that had nothing to say but Cancelled */
    int errors, body_errors;
};

/* What a task waits for. */
enum wait {
    W_NOTHING,
    W_YIELD,     /* its turn, then the check */
    W_TURN,      /* its turn */
    W_CHILDREN,  /* object: nursery that closes */
    W_STARTED,   /* object: child */
    W_SLEEP,     /* at */
    W_SEND,      /* object, end; value */
    W_RECEIVE,   /* object, end */
    W_LOCK,      /* object; also after a condition */
    W_CONDITION, /* object */
    W_SEMAPHORE, /* object */
    W_EVENT,     /* object */
    W_READ,      /* object */
    W_WRITE,     /* object */
    W_LIMITER,   /* object */
    W_BARRIER,   /* object */
    W_TOKEN,     /* object */
    W_TASK,      /* object */
    W_IDLE,      /* object: nursery */
    W_ROOM,      /* object: nursery */
    W_BLOCKED    /* end: cushion */
};

struct clause {
    enum wait wait;
    int object, end;
    int64_t at, value;
    int64_t since;
};

enum { T_NONE, T_NEW, T_READY, T_RUNNING, T_WAITING, T_ENDED };

struct frame {
    int block; /* step; 0 = the task's body */
    int next;
    int scope;
    int nursery; /* -1: a scope */
};

struct task {
    int state;
    int scope;   /* its own */
    int nursery; /* parent; -1: none, or begun by a start that is pending */
    bool known;  /* somebody has a handle */
    bool strand; /* stackless: nothing is held for it, what it fails with goes with it */
    int leaving; /* of a stackless task: the error that ends its blocks */
    struct frame frames[DEPTH];
    int depth;
    int budget;
    /* The wait, for one of several things if it is a select, and how it ended. */
    struct clause clauses[CLAUSES];
    int clause_count;
    bool selects;
    bool doomed;      /* waits to send, and is cancelled: woken when the others have been */
    int lock_status;  /* what it gets with the lock */
    int notified_by;  /* condition whose notification it would pass on; -1 */
    bool lock_shield; /* waits for the lock whatever happens */
    int status, clause_status, tree;
    int64_t value;
    int code;
    /* Begun by start: by whom, for which nursery. */
    int starter, target;
    bool started, target_cancelled;
    int64_t start_value;
};

struct end {
    bool there, closed;
};

struct channel {
    size_t capacity, count, peak;
    int overflow;
    int values[STEPS];
    struct end senders[ENDS], receivers[ENDS];
    int failure; /* error */
    unsigned dropped;
};

/* Who holds something: the serial of the acquire; 0 = not. */
struct lock {
    int owner;
    int64_t held;
    bool broken;
};

struct rwlock {
    int64_t read[TASKS];
    int writer;
    int64_t written;
    bool broken;
};

struct limiter {
    int total;
    int64_t lent[TASKS];
};

struct token {
    bool there, own, told;
    int first, second; /* -1: no chain */
};

struct model {
    const struct program *program;
    struct trace *trace;
    int64_t now, serial;
    int left; /* tasks still to run in this pass */
    int ready[TASKS], ready_count;
    int scope_count, nursery_count, leaf_count, link_count;
    struct scope scopes[SCOPES];
    struct nursery nurseries[STEPS];
    struct leaf leaves[LEAVES];
    struct task tasks[TASKS];
    struct channel channels[CHANNELS];
    struct lock locks[OBJECTS];
    struct semaphore_plan semaphores[OBJECTS];
    bool events[OBJECTS];
    struct rwlock rwlocks[OBJECTS];
    struct limiter limiters[OBJECTS];
    int64_t rounds[OBJECTS]; /* of barriers */
    struct token tokens[TOKENS];
    struct link links[LINKS];       /* of scopes, to be told */
    struct link token_links[LINKS]; /* source: token, target: scope */
    int token_link_count;
    struct link *pile[LINKS]; /* links to be told now; the last one first */
    int pile_count;
    bool settling;
    int doomed[TASKS], doomed_count;
    int block_scope[STEPS], block_nursery[STEPS]; /* of steps; -1 = not opened yet */
    int verdict;                                  /* steps of a deadlock */
    int failure;                                  /* error of main */
};

/* errors */
int leaf_new(struct model *m, int code, int cause);
int errors_join(struct model *m, int first, int second);
int errors_copy(struct model *m, int list);
int errors_code(const struct model *m, int list);
struct outcome outcome_of(const struct model *m, int list);
int outcome_tree(struct model *m, struct outcome o);

/* the scope tree */
int scope_open(struct model *m, int parent, int owner);
void scope_arm(struct model *m, int scope);
void scope_close(struct model *m, int scope);
bool scope_stopped(const struct model *m, int scope);
int scope_seen(const struct model *m, int scope);
int64_t later(int64_t time, int64_t ns);
/* Softly, if `hard_at` is yet to come. */
void scope_cancel(struct model *m, int scope, int how, int source, int64_t hard_at);
void scope_cancel_now(struct model *m, int scope, int source);
void scope_expire(struct model *m, int scope);
void scope_link(struct model *m, int kind, int source, int target);
int scope_canceller(const struct model *m, int scope);
struct outcome block_outcome(struct model *m, int task, int scope, int rc);
struct outcome scope_absorb(struct model *m, int scope, struct outcome o, bool *caught);
void tree_changed(struct model *m);
bool scopes_lower_shields(struct model *m, int scope);
bool scopes_force_one(struct model *m, int scope);
int64_t scope_effective_deadline(const struct model *m, int scope);
int64_t scope_remaining_grace(const struct model *m, int scope);
bool scope_cancel_called(struct model *m, int scope);

/* waits; a place is a task's clause, task * CLAUSES + clause, -1 = none */
struct clause clause_of(enum wait wait, int object, int end);
void task_park(struct model *m, int task, struct clause c);
void task_park_all(struct model *m, int task, const struct clause *clauses, int count);
int place_oldest(const struct model *m, enum wait wait, int object, int end);
int64_t place_since(const struct model *m, int place);
void place_wake(struct model *m, int place, int status, int64_t value);
void task_cancelled(struct model *m, int task);
void wake_all(struct model *m, enum wait wait, int object, int end, int status, int64_t value);
int count_waiting(const struct model *m, enum wait wait, int object);
int task_innermost(const struct model *m, int task);
bool task_stopped(const struct model *m, int task);
/* What a fiber's innermost block holds, or a stackless task got with a result. */
void task_hold(struct model *m, int task, int tree);

/* nurseries and tasks */
int nursery_open(struct model *m, int task, int step);
int nursery_admits(struct model *m, int nursery);
void nursery_begin_close(struct model *m, int nursery, struct outcome body);
void child_new(struct model *m, int task, int scope, bool strand);
int child_spawn(struct model *m, int nursery, int task);
void child_begin_start(struct model *m, int caller, int nursery, int task);
void child_started(struct model *m, int task, int64_t value);
void task_end(struct model *m, int task, int rc);

/* objects: what can be done at once, CRIB_EWOULDBLOCK if it has to wait */
int attempt(struct model *m, int task, struct clause c, int64_t *value);
int channel_put(struct model *m, int channel, int end, int value);
int channel_take(struct model *m, int channel, int end, int64_t *value);
int sync_attempt(struct model *m, int task, struct clause c, int64_t *value);
void sync_begin(struct model *m);
void sync_task_ended(struct model *m, int task);
void condition_cancelled(struct model *m, int task);
void rwlock_serve(struct model *m, int rwlock);
void token_trigger(struct model *m, int token);
void channels_begin(struct model *m);
void channels_end(struct model *m);

/* steps: how one ended that is done at once; WAITS if it is not */
enum { WAITS = 88888 };
/* An operation that completed without waiting: the task yields if its budget is spent. */
int task_at_once(struct model *m, int task, int status, int64_t value);
/* An operation that waits if it has to. */
int task_do(struct model *m, int task, struct clause c, int64_t *value);
/* A new task begins, or one goes on after a wait. */
void task_go_on(struct model *m, int task);
int channel_step(struct model *m, int task, const struct step *s, int64_t *value);
int channel_batch(struct model *m, const struct step *s, int64_t *value);
int sync_step(struct model *m, int task, const struct step *s, int64_t *value);
int select_step(struct model *m, int task, const struct step *s, int64_t *value);
int64_t stats_of(const struct model *m, int kind, int object);

#endif
