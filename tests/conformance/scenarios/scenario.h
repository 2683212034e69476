/* What the scenarios in C share: lines with time and task, errors as text, and what the tasks of a scenario share. */
#ifndef SCENARIOS_SCENARIO_H
#define SCENARIOS_SCENARIO_H

#include <crib.h>
#include <string.h>

/* The code of a scenario's own errors, which are told apart by their messages. */
#define SCENARIO_ERROR (-1000001)

/* What the tasks of a scenario share. A process plays one scenario, and scenario_end releases what is counted. */
struct shared {
    crib_scope *scope, *other_scope;
    crib_nursery *nursery, *other_nursery;
    crib_task *task;
    crib_event *event, *other_event;
    crib_lock *lock;
    crib_condition *condition;
    crib_semaphore *semaphore;
    crib_limiter *limiter;
    crib_barrier *barrier;
    crib_rwlock *rwlock;
    crib_token *token, *other_token, *chain;
    crib_sender *tx, *other_tx;
    crib_receiver *rx, *other_rx;
    crib_error *error;
    int count;
    bool caught;
};
extern struct shared shared;

/* Times count from here. Called once, first thing in the main task. */
void scenario_begin(void);

/* Prints how the run ended, and releases what the tasks shared. */
void scenario_end(const char *outcome);

/* Milliseconds of virtual time since the scenario began. */
long long now_ms(void);

/* Prints a line: time, name of the task, text. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* An error as a scenario shows it: a group in brackets, one of the scenario's own by its message, others by the name of
 * their code. Valid until the next call. */
const char *error_text(const crib_error *error);

const char *yes(bool b);

/* Appends a blank and a number to a text. */
void text_number(char *list, size_t size, int number);

/* The message of the first leaf with a code. */
const char *message_of(crib_error *error, int code);

/* Texts as values. They are literals: nothing to release. */
crib_value text_value(const char *what);
const char *text_of(crib_value v);

/* Computes for so long, without a checkpoint: the virtual clock jumps. */
static inline void compute_ms(int64_t ms) { crib_clock_jump(CRIB_MS(ms)); }

static inline int channel(size_t capacity) { return crib_channel_open(capacity, &shared.tx, &shared.rx); }

static inline crib_channel_stats statistics_of(const crib_sender *tx) {
    crib_channel_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    crib_sender_statistics(tx, &stats);
    return stats;
}

/* What scopes say, as text. A deadline is told in milliseconds since the scenario began. */
static inline const char *source_of(const crib_scope *scope) { return crib_source_name(crib_scope_source(scope)); }
const char *reason_of(const crib_scope *scope);
const char *deadline_text(int64_t deadline);

/* How many wait for an event. */
int waiting_for(const crib_event *event);

static inline crib_scope_options scope_options(void) {
    crib_scope_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

static inline crib_scope_options shield_options(void) {
    crib_scope_options options = scope_options();
    options.shield = 1;
    return options;
}

/* A soft shield; a graceful region, which a soft cancel of any kind ends. */
static inline crib_scope_options soft_shield_options(void) {
    crib_scope_options options = scope_options();
    options.shield = 2;
    return options;
}

static inline crib_scope_options graceful_options(void) {
    crib_scope_options options = scope_options();
    options.graceful = 1;
    return options;
}

static inline void drain_softly(crib_scope *scope, int64_t grace_ms) {
    crib_scope_cancel_soft(scope, CRIB_SOFT_DRAIN, CRIB_MS(grace_ms), NULL);
}

static inline void interrupt_softly(crib_scope *scope, int64_t grace_ms) {
    crib_scope_cancel_soft(scope, CRIB_SOFT_INTERRUPT, CRIB_MS(grace_ms), NULL);
}

/* The state of a scope in a word, and how long until it is hard in milliseconds. */
const char *state_of(const crib_scope *scope);
int grace_left(const crib_scope *scope);

static inline crib_nursery_options nursery_options(void) {
    crib_nursery_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    return options;
}

static inline crib_runtime *virtual_time(void) {
    crib_runtime_options options;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = 2;
    return crib_runtime_new(&options);
}

#endif
