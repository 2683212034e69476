/* Random programs over tasks, nurseries, scopes, soft cancel, channels, locks and their kin, tokens and select do on crib
 * what the model says.
 *
 * Claim: complete traces agree: every step's result, value and virtual time, in the one order of the run; what became of
 * each value; the run's error, leaf by leaf; the statistics of the objects; no memory is left. And every operation, with
 * every outcome that matters, was tried.
 * usage: model_test [seed | first count]. A seed alone is shown. A program that fails is made small and shown. */
#define _DEFAULT_SOURCE
#include <crib.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shrink.h"

static const struct {
    int code;
    const char *name;
} outcomes[] = {
    {0, "0"},
    {CRIB_ECANCELLED, "ECANCELLED"},
    {CRIB_EWOULDBLOCK, "EWOULDBLOCK"},
    {CRIB_EENDOFCHANNEL, "EENDOFCHANNEL"},
    {CRIB_EBROKEN, "EBROKEN"},
    {CRIB_ECLOSED, "ECLOSED"},
    {CRIB_EMISUSE, "EMISUSE"},
    {CRIB_ETOOSLOW, "ETOOSLOW"},
    {CRIB_ENOTSTARTED, "ENOTSTARTED"},
    {CRIB_ENURSERYCANCELLED, "ENURSERYCANCELLED"},
    {CRIB_EBUSY, "EBUSY"},
    {CRIB_EDEADLOCK, "EDEADLOCK"},
    {CRIB_EOPCANCELLED, "EOPCANCELLED"},
    {-EINVAL, "EINVAL"},
    {-1000001, "own code"},
    {1, "> 0"},
    {-1, "NULL"},
    {SKIPPED, "skipped"},
};
enum { OUTCOMES = sizeof outcomes / sizeof outcomes[0] };

/* What a process that runs programs tells the one that waits for it. */
static struct {
    uint64_t seed;
    bool over;
    uint64_t steps, caught, told, deadlocks;
    uint64_t seen[KIND_COUNT][OUTCOMES];
    uint64_t chosen[CLAUSE_KINDS][OUTCOMES]; /* by select */
} * shared;

/* Outcomes without which the test has not tested; 1 stands for all above 0. Of clauses: what a select chose. */
struct wanted {
    int kind;
    int codes[7];
};

static const struct wanted wanted_steps[] = {
    {CHECKPOINT, {0, CRIB_ECANCELLED}},
    {CHECK_IF, {0, CRIB_ECANCELLED}},
    {SHIELDED, {0}},
    {SLEEP, {0, CRIB_ECANCELLED, -EINVAL}},
    {SLEEP_UNTIL, {0, CRIB_ECANCELLED}},
    {SLEEP_FOREVER, {CRIB_ECANCELLED}},
    {ALL_BLOCKED, {0, CRIB_ECANCELLED}},
    {FAIL, {-1000001, CRIB_EMISUSE}},
    {SEND, {0, CRIB_ECANCELLED, CRIB_ECLOSED, CRIB_EBROKEN}},
    {SEND_NOWAIT, {0, CRIB_EWOULDBLOCK, CRIB_ECLOSED, CRIB_EBROKEN}},
    {CLOSE_ERROR, {0, CRIB_ECLOSED}},
    {CLONE_SENDER, {0, CRIB_ECLOSED}},
    {RECEIVE, {0, CRIB_ECANCELLED, CRIB_ECLOSED, CRIB_EENDOFCHANNEL, -1000001}},
    {RECEIVE_NOWAIT, {0, CRIB_EWOULDBLOCK, CRIB_ECLOSED, CRIB_EENDOFCHANNEL, -1000001}},
    {BATCH, {1, CRIB_ECANCELLED, CRIB_ECLOSED, CRIB_EENDOFCHANNEL, -1000001}},
    {BATCH_NOWAIT, {1, CRIB_EWOULDBLOCK, CRIB_ECLOSED, CRIB_EENDOFCHANNEL}},
    {CLONE_RECEIVER, {0, CRIB_ECLOSED}},
    {LOCK, {0, CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_EMISUSE}},
    {LOCK_NOWAIT, {0, CRIB_EWOULDBLOCK, CRIB_EBROKEN, CRIB_EMISUSE}},
    {LOCK_RELEASE, {0, CRIB_EMISUSE}},
    {LOCK_RECOVER, {0, CRIB_EBUSY}},
    {CONDITION_WAIT, {0, CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_EMISUSE, CRIB_EDEADLOCK}},
    {NOTIFY, {0, 1, CRIB_EMISUSE}},
    {NOTIFY_ALL, {0, 1, CRIB_EMISUSE}},
    {SEMAPHORE, {0, CRIB_ECANCELLED}},
    {SEMAPHORE_NOWAIT, {0, CRIB_EWOULDBLOCK}},
    {SEMAPHORE_RELEASE, {0, -EINVAL}},
    {EVENT_WAIT, {0, CRIB_ECANCELLED}},
    {READ, {0, CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_EMISUSE}},
    {WRITE, {0, CRIB_ECANCELLED, CRIB_EBROKEN, CRIB_EMISUSE}},
    {READ_NOWAIT, {0, CRIB_EWOULDBLOCK, CRIB_EBROKEN, CRIB_EMISUSE}},
    {WRITE_NOWAIT, {0, CRIB_EWOULDBLOCK, CRIB_EBROKEN, CRIB_EMISUSE}},
    {RW_RELEASE, {0, CRIB_EMISUSE}},
    {RW_RECOVER, {0, CRIB_EBUSY}},
    {LIMITER, {0, CRIB_ECANCELLED, CRIB_EMISUSE}},
    {LIMITER_NOWAIT, {0, CRIB_EWOULDBLOCK, CRIB_EMISUSE}},
    {LIMITER_RELEASE, {0, CRIB_EMISUSE}},
    {BARRIER, {0, 1, CRIB_ECANCELLED}},
    {TOKEN_WAIT, {0, CRIB_ECANCELLED}},
    {TOKEN_CHECK, {0, CRIB_EOPCANCELLED}},
    {TOKEN_WHICH, {0, 1}},
    {SELECT, {0, 1, CRIB_ECANCELLED, CRIB_EMISUSE}},
    {SELECT_NOWAIT, {0, 1, CRIB_EWOULDBLOCK, CRIB_EMISUSE}},
    {SPAWN, {0, -1}},
    {START_SOON, {0, CRIB_ECLOSED, CRIB_EWOULDBLOCK, CRIB_EMISUSE, -1}},
    {START, {0, CRIB_ECANCELLED, CRIB_ENOTSTARTED, CRIB_ENURSERYCANCELLED, -1000001, CRIB_EWOULDBLOCK, CRIB_ECLOSED}},
    {STARTED, {0, CRIB_EMISUSE}},
    {WAIT_IDLE, {0, CRIB_ECANCELLED, CRIB_EMISUSE}},
    {WAIT_ROOM, {0, CRIB_ECANCELLED}},
    {TASK_WAIT, {0, CRIB_ECANCELLED, CRIB_EMISUSE}},
    {SET_DEADLINE, {0, CRIB_EMISUSE}},
    {SET_SHIELD, {0, CRIB_EMISUSE}},
    {STATE, {0, 1}},
    {CALLED, {0, 1}},
    {SOURCE, {0, 1}},
    {LINK, {0, CRIB_EMISUSE}},
    {LINK_TOKEN, {0, CRIB_EMISUSE}},
    {TOKEN_OF_SCOPE, {0, -1}},
    {SCOPE, {0, 1, CRIB_ECANCELLED, CRIB_ETOOSLOW, CRIB_EMISUSE, -1000001}},
    {NURSERY, {0, 1, CRIB_ECANCELLED, CRIB_EMISUSE, -1000001}},
};

static const struct wanted wanted_clauses[] = {
    {CRIB_CLAUSE_RECEIVE, {0, CRIB_EENDOFCHANNEL, CRIB_ECLOSED, -1000001}},
    {CRIB_CLAUSE_SEND, {0, CRIB_EBROKEN, CRIB_ECLOSED}},
    {CRIB_CLAUSE_LOCK, {0, CRIB_EBROKEN}},
    {CRIB_CLAUSE_SEMAPHORE, {0}},
    {CRIB_CLAUSE_EVENT, {0}},
    {CRIB_CLAUSE_TOKEN, {0}},
    {CRIB_CLAUSE_TASK, {0}},
    {CRIB_CLAUSE_DEADLINE, {0}},
};

static int outcome_index(int code) {
    int i;
    if (code > 0 && code != SKIPPED) code = 1;
    if (code < -1000000) code = -1000001;
    for (i = 0; i < OUTCOMES; i++) {
        if (outcomes[i].code == code) return i;
    }
    fprintf(stderr, "model: an outcome nobody counts: %d\n", code);
    abort();
}

static void count(const struct program *p, const struct trace *t) {
    int i;
    for (i = 0; i < t->count; i++) {
        const struct entry *e = &t->entries[i];
        const struct step *s = &p->steps[e->step];
        shared->told += e->task < 0;
        if (e->step == 0 || e->task < 0) continue;
        shared->steps++;
        shared->caught += s->kind == SCOPE && e->value != 0;
        shared->seen[s->kind][outcome_index(e->code)]++;
        if ((s->kind == SELECT || s->kind == SELECT_NOWAIT) && e->code >= 0)
            shared->chosen[s->clauses[e->code].kind][outcome_index(e->status)]++;
    }
    if (strstr(t->end, "run: CRIB_EDEADLOCK") != NULL) shared->deadlocks++;
}

static void print_row(const char *of, const char *name, const uint64_t *counts) {
    int o;
    printf("%s%-*s", of, 30 - (int)strlen(of), name);
    for (o = 0; o < OUTCOMES; o++) {
        if (counts[o] > 0) printf(" %s: %llu", outcomes[o].name, (unsigned long long)counts[o]);
    }
    printf("\n");
}

static bool has_all(const struct wanted *w, const uint64_t *counts, const char *name) {
    bool all = true;
    int i;
    for (i = 0; i < 7 && (i == 0 || w->codes[i] != 0); i++) {
        const int o = outcome_index(w->codes[i]);
        if (counts[o] > 0) continue;
        printf("model: %s never ended with %s\n", name, outcomes[o].name);
        all = false;
    }
    return all;
}

static bool coverage(void) {
    bool enough = shared->caught > 0 && shared->told > 0 && shared->deadlocks > 0;
    size_t i;
    int kind;
    for (kind = 1; kind < KIND_COUNT; kind++) {
        uint64_t sum = 0;
        print_row("", kind_name(kind), shared->seen[kind]);
        for (i = 0; i < OUTCOMES; i++) sum += shared->seen[kind][i];
        if (sum > 0) continue;
        printf("model: %s was never tried\n", kind_name(kind));
        enough = false;
    }
    for (kind = 1; kind < CLAUSE_KINDS; kind++) print_row("select of ", clause_name(kind), shared->chosen[kind]);
    printf("scopes that caught: %llu, failures told: %llu, deadlocks: %llu\n", (unsigned long long)shared->caught,
           (unsigned long long)shared->told, (unsigned long long)shared->deadlocks);
    for (i = 0; i < sizeof wanted_steps / sizeof wanted_steps[0]; i++) {
        const struct wanted *w = &wanted_steps[i];
        enough &= has_all(w, shared->seen[w->kind], kind_name(w->kind));
    }
    for (i = 0; i < sizeof wanted_clauses / sizeof wanted_clauses[0]; i++) {
        const struct wanted *w = &wanted_clauses[i];
        enough &= has_all(w, shared->chosen[w->kind], clause_name(w->kind));
    }
    return enough;
}

static void quiet(int code, const char *message, void *unused) {
    (void)code;
    (void)message;
    (void)unused;
}

static int show(uint64_t seed) {
    static struct program p;
    static struct trace actual, model;
    program_generate(&p, seed);
    program_print(stdout, &p);
    fflush(stdout);
    alarm(10);
    model_run(&p, &model);
    actual_run(&p, &actual);
    traces_print(stdout, &p, &actual, &model, true);
    return traces_differ(&actual, &model) >= 0;
}

static int run_range(uint64_t first, uint64_t programs) {
    static struct program p;
    static struct trace actual, model;
    uint64_t seed;
    for (seed = first; seed < first + programs; seed++) {
        shared->seed = seed;
        alarm(10); /* one that takes this long hangs */
        program_generate(&p, seed);
        actual_run(&p, &actual);
        model_run(&p, &model);
        if (traces_differ(&actual, &model) >= 0) return 1;
        count(&p, &actual);
    }
    shared->over = true;
    return 0;
}

static void show_failure(uint64_t seed) {
    static struct program p;
    static struct trace actual, model;
    program_generate(&p, seed);
    if (program_fails(&p)) program_shrink(&p);
    program_print(stdout, &p);
    fflush(stdout);
    alarm(10);
    model_run(&p, &model);
    actual_run(&p, &actual);
    traces_print(stdout, &p, &actual, &model, false);
}

int main(int argc, char **argv) {
    const uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    const uint64_t programs = argc > 2 ? strtoull(argv[2], NULL, 10) : 50000;
    int status = 0;
    pid_t worker;
    if (getenv("CRIB_DEBUG") == NULL) crib_set_diagnostics(quiet, NULL);
    if (argc == 2) return show(first);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return 1;
    worker = fork();
    if (worker == 0) return run_range(first, programs);
    if (worker < 0 || waitpid(worker, &status, 0) < 0) return 1;
    if (shared->over) {
        printf("%llu programs from %llu: %llu steps\n", (unsigned long long)programs, (unsigned long long)first,
               (unsigned long long)shared->steps);
        return status != 0 || (programs >= 20000 && !coverage());
    }
    printf("model: seed %llu fails%s%s\n", (unsigned long long)shared->seed, WIFSIGNALED(status) ? ": " : "",
           WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "");
    fflush(stdout);
    show_failure(shared->seed);
    return 1;
}
