#include "shrink.h"

#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SHRINK_SECONDS = 25 }; /* a test of a minute also has to tell what it found */

int traces_differ(const struct trace *actual, const struct trace *model) {
    int i;
    for (i = 0; i < actual->count && i < model->count; i++) {
        const struct entry *a = &actual->entries[i], *b = &model->entries[i];
        const bool same = a->task == b->task && a->step == b->step && a->code == b->code;
        if (!same || a->status != b->status || a->value != b->value || a->time != b->time) return i;
    }
    if (actual->count != model->count) return i;
    if (memcmp(actual->dropped, model->dropped, sizeof actual->dropped) != 0) return i;
    return strcmp(actual->end, model->end) != 0 ? i : -1;
}

static void entry_text(char *text, size_t size, const struct program *p, const struct trace *t, int i) {
    FILE *out = fmemopen(text, size, "w");
    if (out == NULL) return;
    if (i < t->count) entry_print(out, p, &t->entries[i]);
    fclose(out);
}

/* What `other` does not say about the end. */
static void print_end(FILE *out, const char *who, const struct trace *t, const struct trace *other) {
    const char *line = t->end, *next;
    for (; *line != 0; line = next) {
        char text[sizeof t->end];
        next = strchr(line, '\n') + 1;
        snprintf(text, sizeof text, "%.*s", (int)(next - line), line);
        if (strstr(other->end, text) == NULL) fprintf(out, "--> at the end, %s: %s", who, text);
    }
}

void traces_print(FILE *out, const struct program *p, const struct trace *actual, const struct trace *model, bool all) {
    const int at = traces_differ(actual, model);
    const int most = actual->count > model->count ? actual->count : model->count;
    int i;
    fprintf(out, "    %-70s  %s\n", "crib", "model");
    for (i = all || at < 25 ? 0 : at - 25; i < most && (all || i <= at + 2); i++) {
        char a[160] = "", b[160] = "";
        entry_text(a, sizeof a, p, actual, i);
        entry_text(b, sizeof b, p, model, i);
        fprintf(out, "%s %-70s  %s\n", i == at ? "-->" : "   ", a, b);
    }
    for (i = 1; i < p->count; i++) {
        if (actual->dropped[i] == model->dropped[i]) continue;
        fprintf(out, "--> value %d was dropped %d times, should be %d\n", i, actual->dropped[i], model->dropped[i]);
    }
    print_end(out, "crib", actual, model);
    print_end(out, "model", model, actual);
}

bool program_fails(const struct program *p) {
    static struct trace actual, model;
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stderr) == NULL) _exit(2);
        /* A program takes a fraction of a millisecond. */
        const struct itimerval limit = {.it_value = {.tv_usec = 400000}};
        setitimer(ITIMER_REAL, &limit, NULL);
        actual_run(p, &actual);
        model_run(p, &model);
        _exit(traces_differ(&actual, &model) >= 0);
    }
    if (child < 0) return false;
    waitpid(child, &status, 0);
    return status != 0;
}

/* ---- shrinking: each way is tried on a copy, until the time is up */

static time_t shrink_until;

static time_t seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static bool try(struct program *p, const struct program *smaller) {
    if (memcmp(p, smaller, sizeof *p) == 0 || seconds() >= shrink_until || !program_fails(smaller)) return false;
    *p = *smaller;
    return true;
}

static int16_t *link_to(struct program *p, int step) {
    int i;
    for (i = 0; i < TASKS; i++) {
        if (p->first[i] == step) return &p->first[i];
    }
    for (i = 1; i < p->count; i++) {
        if (p->steps[i].next == step) return &p->steps[i].next;
        if (p->steps[i].body == step) return &p->steps[i].body;
    }
    return NULL;
}

/* A step goes, with all that is in it. */
static bool leave_out(struct program *p, int step) {
    struct program q = *p;
    int16_t *link = link_to(&q, step);
    if (link == NULL) return false;
    *link = q.steps[step].next;
    if (kind_takes(q.steps[step].kind) == OF_CHILD) q.first[q.steps[step].b] = 0;
    return try(p, &q);
}

/* A block goes, but its steps stay. */
static bool unwrap(struct program *p, int step) {
    struct program q = *p;
    int16_t *link = link_to(&q, step), *end;
    if (link == NULL || q.steps[step].body == 0) return false;
    *link = q.steps[step].body;
    for (end = link; *end != 0; end = &q.steps[*end].next) {}
    *end = q.steps[step].next;
    return try(p, &q);
}

/* One number of a step becomes simpler. */
static bool simplify(struct program *p, int step, int way) {
    struct program q = *p;
    struct step *s = &q.steps[step];
    switch (way) {
        case 0: s->ignore = IGNORE_NONE; break;
        case 1: s->deadline = -1; break;
        case 2: s->timeout = 0; break;
        case 3: s->grace = 0; break;
        case 4: s->shield = 0; break;
        case 5: s->graceful = s->fail = 0; break;
        case 6: s->policy = s->told = 0; break;
        case 7: s->most = s->drain = 0; break;
        case 8: s->service = 0; break;
        case 9:
            if (s->kind == SELECT && s->n > 1) s->n--;
            break;
        case 10:
            if (s->kind == SELECT && s->n > 1) {
                memmove(s->clauses, s->clauses + 1, sizeof s->clauses[0] * (size_t)(s->n - 1));
                s->n--;
            }
            break;
        case 11:
            if (s->kind >= SCOPE) s->code = 0;
            break;
        case 12:
            if (s->time > 1000000 && s->time < INT64_MAX) s->time = 1000000;
            break;
        case 13:
            if (s->time > 0) s->time = 0;
            break;
        case 14:
            if (s->deadline > 1000000) s->deadline = 1000000;
            break;
        default:
            if (s->timeout > 1000000) s->timeout = 1000000;
            break;
    }
    return try(p, &q);
}

static bool without_strand(struct program *p, int task) {
    struct program q = *p;
    q.strand[task] = false;
    return try(p, &q);
}

static bool simplify_program(struct program *p, int way) {
    struct program q = *p;
    if (way == 0) {
        q.budget = 1000000;
    } else if (way == 1) {
        memset(q.result, 0, sizeof q.result);
    } else if (way < 2 + CHANNELS) {
        q.channels[way - 2].overflow = 0;
    } else {
        q.channels[way - 2 - CHANNELS].capacity = 1;
    }
    return try(p, &q);
}

void program_shrink(struct program *p) {
    bool better = true;
    int i, way;
    shrink_until = seconds() + SHRINK_SECONDS;
    while (better) {
        better = false;
        for (i = 1; i < p->count; i++) {
            if (link_to(p, i) == NULL) continue;
            if (leave_out(p, i) || unwrap(p, i)) better = true;
        }
        for (i = 0; i < TASKS; i++) better |= without_strand(p, i);
        for (way = 0; way < 2 + 2 * CHANNELS; way++) better |= simplify_program(p, way);
        for (i = 1; i < p->count; i++) {
            if (link_to(p, i) == NULL) continue;
            for (way = 0; way <= 15; way++) better |= simplify(p, i, way);
        }
    }
}
