/* A program on crib: every step is the call it names. Fibers make blocking calls, stackless tasks begin them on slot 0;
 * steps that never wait are the same calls for both. */
#ifndef TESTS_MODEL_ACTUAL_H
#define TESTS_MODEL_ACTUAL_H

#include <crib.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

struct strand_frame {
    int block; /* step; 0 = the task's body */
    int next;
    crib_scope *scope;
};

struct actor {
    int task;
    int destroyed; /* -1: owed */
    /* Of a stackless task. */
    crib_task *self;
    struct strand_frame frames[DEPTH];
    int depth;
    bool closing; /* waits for the end of its innermost block, a nursery */
    crib_clause clauses[CLAUSES];
};

struct world {
    const struct program *program;
    struct trace *trace;
    int64_t base; /* when main began */
    struct actor actors[TASKS];
    crib_task *tasks[TASKS];
    crib_scope *scopes[STEPS];
    crib_nursery *nurseries[STEPS];
    crib_sender *senders[CHANNELS][ENDS];
    crib_receiver *receivers[CHANNELS][ENDS];
    crib_lock *locks[OBJECTS];
    crib_condition *conditions[OBJECTS];
    crib_semaphore *semaphores[OBJECTS];
    crib_event *events[OBJECTS];
    crib_rwlock *rwlocks[OBJECTS];
    crib_limiter *limiters[OBJECTS];
    crib_barrier *barriers[OBJECTS];
    crib_token *tokens[TOKENS];
};

extern struct world world;

void require(bool condition, const char *what);
int64_t now(void);
int64_t absolute(int64_t time);

/* Values are the numbers of the steps that send them; 0 = nil. */
crib_value value_of(const struct step *s);
int64_t value_taken(crib_value v);
/* The rest of a batch whose first value was received: the count, and the values as digits of one number. */
int batch_rest(const struct step *s, int64_t *value);

/* The clauses of a select, and what became of them; a negative result drops the values. */
void clauses_fill(const struct step *s, crib_clause *clauses);
int clauses_done(const struct step *s, crib_clause *clauses, int rc, struct entry *e);

/* SKIPPED if the step names what is not there; else 0. */
int step_object(const struct step *s);
/* A step that never waits. */
int quick_step(const struct step *s, struct entry *e);

void block_options(const struct step *s, crib_scope_options *o);
crib_nursery *nursery_opened(int step, crib_scope *parent);

/* A task is to be begun: what its destroy will be called with. */
struct actor *actor_owed(int task);
void actor_destroyed(void *actor);

int fiber_body(void *actor);
void strand_resume(crib_task *self, uintptr_t actor);
void strand_destroyed(uintptr_t actor);

int64_t object_stats(int kind, int object);

void main_begins(void);
void main_ends(void);

#endif
