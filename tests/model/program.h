/* A random program, as data: both crib and the model run it, and what they did is compared step by step.
 *
 * A program has tasks; a task is a list of steps; a step is an operation, or a block (a scope or a nursery) with steps
 * of its own. A step that fails ends its block, which closes with that code, and so on outwards, unless it is marked to
 * be ignored. A block whose steps are through closes with its `code`. Tasks are spawned at most once, steps run at most
 * once, and the number of a step is that of the value it sends. */
#ifndef TESTS_MODEL_PROGRAM_H
#define TESTS_MODEL_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { TASKS = 8, STEPS = 192, CHANNELS = 3, ENDS = 2, OBJECTS = 2, CLAUSES = 3 };
/* Tokens: two plain ones, a chain of both, a chain of that and the second, and two for those made of scopes. */
enum { TOKENS = 6, TOKENS_MADE = 4 };
enum { ENTRIES = 2 * STEPS + 4 * TASKS, DEPTH = 20 };

/* What a step takes: which of its numbers mean something, for printing, generating and shrinking. */
enum {
    OF_NOTHING,
    OF_TIME,     /* time */
    OF_END,      /* a: channel, b: end */
    OF_BATCH,    /* and n: how many */
    OF_FAILURE,  /* and code */
    OF_CODE,     /* code */
    OF_OBJECT,   /* a */
    OF_NUMBER,   /* a, n */
    OF_TOKEN,    /* a */
    OF_STATS,    /* a: kind of object, b: which */
    OF_CLAUSES,  /* n clauses */
    OF_BLOCK,    /* a: step of a block */
    OF_BLOCK_AT, /* and time */
    OF_BLOCK_IF, /* and n: 0 or 1 */
    OF_SOFT,     /* a, n: mode, time: grace */
    OF_LINK,     /* a, b: steps of blocks */
    OF_SCOPED,   /* a, b: token */
    OF_CHILD,    /* a: step of a nursery, b: task */
    OF_TASK,     /* b: task */
    OF_OPTIONS   /* a block */
};

/* kind, name, takes. */
#define KINDS(X)                                                                                                       \
    X(CHECKPOINT, "checkpoint", OF_NOTHING)                                                                            \
    X(CHECK_IF, "checkpoint_if_cancelled", OF_NOTHING)                                                                 \
    X(SHIELDED, "cancel_shielded_checkpoint", OF_NOTHING)                                                              \
    X(SLEEP, "sleep", OF_TIME)                                                                                         \
    X(SLEEP_UNTIL, "sleep_until", OF_TIME)                                                                             \
    X(SLEEP_FOREVER, "sleep_forever", OF_NOTHING)                                                                      \
    X(ALL_BLOCKED, "wait_all_tasks_blocked", OF_TIME)                                                                  \
    X(FAIL, "fail", OF_CODE)                                                                                           \
    X(EFFECTIVE, "current_effective_deadline", OF_NOTHING)                                                             \
    X(STATS, "statistics", OF_STATS)                                                                                   \
    X(RETURN, "return", OF_CODE)                                                                                       \
    X(SEND, "send", OF_END)                                                                                            \
    X(SEND_NOWAIT, "send_nowait", OF_END)                                                                              \
    X(CLOSE_SENDER, "sender_close", OF_END)                                                                            \
    X(CLOSE_ERROR, "sender_close_error", OF_FAILURE)                                                                   \
    X(CLONE_SENDER, "sender_clone", OF_END)                                                                            \
    X(RECEIVE, "receive", OF_END)                                                                                      \
    X(RECEIVE_NOWAIT, "receive_nowait", OF_END)                                                                        \
    X(BATCH, "receive_batch", OF_BATCH)                                                                                \
    X(BATCH_NOWAIT, "receive_batch_nowait", OF_BATCH)                                                                  \
    X(CLOSE_RECEIVER, "receiver_close", OF_END)                                                                        \
    X(CLONE_RECEIVER, "receiver_clone", OF_END)                                                                        \
    X(LOCK, "lock_acquire", OF_OBJECT)                                                                                 \
    X(LOCK_NOWAIT, "lock_acquire_nowait", OF_OBJECT)                                                                   \
    X(LOCK_RELEASE, "lock_release", OF_OBJECT)                                                                         \
    X(LOCK_RECOVER, "lock_recover", OF_OBJECT)                                                                         \
    X(CONDITION_WAIT, "condition_wait", OF_OBJECT)                                                                     \
    X(NOTIFY, "condition_notify", OF_NUMBER)                                                                           \
    X(NOTIFY_ALL, "condition_notify_all", OF_OBJECT)                                                                   \
    X(SEMAPHORE, "semaphore_acquire", OF_OBJECT)                                                                       \
    X(SEMAPHORE_NOWAIT, "semaphore_acquire_nowait", OF_OBJECT)                                                         \
    X(SEMAPHORE_RELEASE, "semaphore_release", OF_OBJECT)                                                               \
    X(EVENT_WAIT, "event_wait", OF_OBJECT)                                                                             \
    X(EVENT_SET, "event_set", OF_OBJECT)                                                                               \
    X(READ, "rwlock_acquire_read", OF_OBJECT)                                                                          \
    X(WRITE, "rwlock_acquire_write", OF_OBJECT)                                                                        \
    X(READ_NOWAIT, "rwlock_acquire_read_nowait", OF_OBJECT)                                                            \
    X(WRITE_NOWAIT, "rwlock_acquire_write_nowait", OF_OBJECT)                                                          \
    X(RW_RELEASE, "rwlock_release", OF_OBJECT)                                                                         \
    X(RW_RECOVER, "rwlock_recover", OF_OBJECT)                                                                         \
    X(LIMITER, "limiter_acquire", OF_OBJECT)                                                                           \
    X(LIMITER_NOWAIT, "limiter_acquire_nowait", OF_OBJECT)                                                             \
    X(LIMITER_RELEASE, "limiter_release", OF_OBJECT)                                                                   \
    X(LIMITER_TOTAL, "limiter_set_total", OF_NUMBER)                                                                   \
    X(BARRIER, "barrier_wait", OF_OBJECT)                                                                              \
    X(TOKEN_WAIT, "token_wait", OF_TOKEN)                                                                              \
    X(TOKEN_TRIGGER, "token_trigger", OF_TOKEN)                                                                        \
    X(TOKEN_CHECK, "token_check", OF_TOKEN)                                                                            \
    X(TOKEN_WHICH, "token_triggered_token", OF_TOKEN)                                                                  \
    X(SELECT, "select", OF_CLAUSES)                                                                                    \
    X(SELECT_NOWAIT, "select_nowait", OF_CLAUSES)                                                                      \
    X(SPAWN, "spawn", OF_CHILD)                                                                                        \
    X(START_SOON, "start_soon", OF_CHILD)                                                                              \
    X(START, "start", OF_CHILD)                                                                                        \
    X(NURSERY_CANCEL, "nursery_cancel", OF_BLOCK)                                                                      \
    X(WAIT_IDLE, "wait_idle", OF_BLOCK)                                                                                \
    X(WAIT_ROOM, "wait_room", OF_BLOCK)                                                                                \
    X(COUNT, "nursery_count", OF_BLOCK)                                                                                \
    X(STARTED, "started", OF_NOTHING)                                                                                  \
    X(TASK_CANCEL, "task_cancel", OF_TASK)                                                                             \
    X(TASK_WAIT, "task_wait", OF_TASK)                                                                                 \
    X(TASK_STATE, "task_state", OF_TASK)                                                                               \
    X(CANCEL, "scope_cancel", OF_BLOCK)                                                                                \
    X(CANCEL_SOFT, "scope_cancel_soft", OF_SOFT)                                                                       \
    X(SET_DEADLINE, "scope_set_deadline", OF_BLOCK_AT)                                                                 \
    X(SET_SHIELD, "scope_set_shield", OF_BLOCK_IF)                                                                     \
    X(STATE, "scope_state", OF_BLOCK)                                                                                  \
    X(CALLED, "scope_cancel_called", OF_BLOCK)                                                                         \
    X(SOURCE, "scope_source", OF_BLOCK)                                                                                \
    X(GRACE, "scope_remaining_grace", OF_BLOCK)                                                                        \
    X(LINK, "scope_link", OF_LINK)                                                                                     \
    X(LINK_TOKEN, "scope_link_token", OF_SCOPED)                                                                       \
    X(TOKEN_OF_SCOPE, "token_of_scope", OF_SCOPED)                                                                     \
    X(SCOPE, "scope", OF_OPTIONS)                                                                                      \
    X(NURSERY, "nursery", OF_OPTIONS)

enum kind {
    NO_STEP,
#define X(kind, name, takes) kind,
    KINDS(X)
#undef X
        KIND_COUNT
};

/* Kinds of objects, for statistics. */
enum { A_CHANNEL, A_LOCK, A_CONDITION, A_SEMAPHORE, AN_EVENT, AN_RWLOCK, A_LIMITER, A_BARRIER, OBJECT_KINDS };

/* Which failures of a step do not end its block. */
enum { IGNORE_NONE, IGNORE_ALL, IGNORE_ERRORS /* all but Cancelled */ };

/* Of a select: crib's CRIB_CLAUSE_ numbers. */
struct clause_plan {
    int8_t kind, a, b; /* channel and end; object; task */
    int64_t time;
};

struct step {
    uint8_t kind;
    int8_t ignore;
    int16_t next;
    int16_t body;
    int16_t a;
    int16_t b;
    int16_t n;
    int32_t code;
    int64_t time; /* relative to the start of the run */
    struct clause_plan clauses[CLAUSES];
    /* Of blocks; a time below 0 is none. */
    int64_t deadline; /* relative to the start of the run; 0 = CRIB_EXPIRED */
    int64_t timeout;
    int64_t grace;
    int8_t shield, graceful, fail;
    int8_t policy, most, drain, service, told;
};

struct channel_plan {
    size_t capacity;
    int overflow;
};

struct semaphore_plan {
    uint32_t value, max;
};

struct program {
    uint64_t seed;
    uint32_t budget;
    struct channel_plan channels[CHANNELS];
    struct semaphore_plan semaphores[OBJECTS];
    int totals[OBJECTS];   /* of limiters */
    int count;             /* of steps; number 0 is none */
    int16_t first[TASKS];  /* of a task; task 0 is main */
    int16_t result[TASKS]; /* what its body returns if nothing fails */
    bool strand[TASKS];    /* stackless, unless a fiber starts it */
    struct step steps[STEPS];
};

/* What happened, in order. Step 0 is a task that ended; task -1 is on_failure. */
struct entry {
    int16_t task;
    int16_t step;
    int32_t code;
    int32_t status; /* of the clause that a select chose */
    int64_t value;
    int64_t time; /* since the start of the run */
};

struct trace {
    int count;
    struct entry entries[ENTRIES];
    int16_t dropped[STEPS]; /* by number of the value */
    size_t end_length;
    char end[4096]; /* the run's error, the statistics of the objects */
};

/* The result of a step that names what is not there yet: it is skipped. */
enum { SKIPPED = 77777 };

enum { CLAUSE_KINDS = 9 };
const char *clause_name(int kind);
const char *kind_name(int kind);
int kind_takes(int kind);
bool kind_waits(int kind);
/* Whether the block goes on after a step that ended with `code`. */
bool goes_on(const struct step *s, int code);
const char *object_name(int kind);
const char *code_name(int code);
void program_print(FILE *out, const struct program *p);
void entry_print(FILE *out, const struct program *p, const struct entry *e);
struct entry *trace_add(struct trace *t, int task, int step, int code, int64_t value, int64_t time);
void trace_end(struct trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Around something that may be nothing. */
size_t trace_open(struct trace *t);
void trace_close(struct trace *t, size_t opened);

void program_generate(struct program *p, uint64_t seed);
/* Runs a program on crib, under virtual time. */
void actual_run(const struct program *p, struct trace *t);
/* Says what it must do. */
void model_run(const struct program *p, struct trace *t);

#endif
