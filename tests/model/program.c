/* Programs and traces for people. */
#include "program.h"

#include <crib.h>
#include <stdarg.h>
#include <stdlib.h>

static const struct {
    const char *name;
    int takes;
} kinds[] = {{"none", OF_NOTHING},
#define X(kind, name, takes) {name, takes},
             KINDS(X)
#undef X
};

const char *kind_name(int kind) { return kinds[kind].name; }
int kind_takes(int kind) { return kinds[kind].takes; }

const char *clause_name(int kind) {
    static const char *names[CLAUSE_KINDS] = {"none",  "receive", "send", "lock",    "semaphore",
                                              "event", "token",   "task", "deadline"};
    return names[kind];
}

bool kind_waits(int kind) {
    switch (kind) {
        case CHECKPOINT:
        case SHIELDED:
        case SLEEP:
        case SLEEP_UNTIL:
        case SLEEP_FOREVER:
        case ALL_BLOCKED:
        case SEND:
        case RECEIVE:
        case BATCH:
        case LOCK:
        case CONDITION_WAIT:
        case SEMAPHORE:
        case EVENT_WAIT:
        case READ:
        case WRITE:
        case LIMITER:
        case BARRIER:
        case TOKEN_WAIT:
        case SELECT:
        case START:
        case WAIT_IDLE:
        case WAIT_ROOM:
        case TASK_WAIT: return true;
        default: return false;
    }
}

bool goes_on(const struct step *s, int code) {
    if (s->kind == RETURN) return false;
    return code >= 0 || s->ignore == IGNORE_ALL || (s->ignore == IGNORE_ERRORS && code != CRIB_ECANCELLED);
}

const char *object_name(int kind) {
    static const char *names[] = {"channel", "lock", "condition", "semaphore", "event", "rwlock", "limiter", "barrier"};
    return names[kind];
}

const char *code_name(int code) {
    static char text[4][40];
    static int turn;
    char *t = text[turn++ % 4];
    if (code == SKIPPED) return "skipped";
    if (code >= 0 || code < -1000000 || code == -1) {
        snprintf(t, sizeof text[0], "%d", code);
        return t;
    }
    return crib_error_name(code);
}

static const char *time_text(int64_t time) {
    static char text[4][40];
    static int turn;
    char *t = text[turn++ % 4];
    if (time == INT64_MAX) return "forever";
    if (time == INT64_MIN) return "expired";
    snprintf(t, sizeof text[0], "%.6g ms", (double)time / 1e6);
    return t;
}

static void print_options(FILE *out, const struct step *s) {
    static const char *shields[] = {"", " shield", " soft-shield"};
    static const char *policies[] = {"", " first-done", " first-success", " supervise"};
    if (s->deadline >= 0) fprintf(out, " deadline %s", time_text(s->deadline));
    if (s->timeout > 0) fprintf(out, " timeout %s", time_text(s->timeout));
    if (s->grace > 0) fprintf(out, " grace %s", time_text(s->grace));
    fprintf(out, "%s%s", shields[s->shield], policies[s->policy]);
    if (s->graceful) fprintf(out, " graceful");
    if (s->fail) fprintf(out, " fail");
    if (s->most) fprintf(out, " most %d", s->most);
    if (s->drain) fprintf(out, " drain");
    if (s->service) fprintf(out, " service");
    if (s->told) fprintf(out, " on_failure");
    if (s->code) fprintf(out, " result %d", s->code);
}

static void print_clauses(FILE *out, const struct step *s) {
    int i;
    for (i = 0; i < s->n; i++) {
        const struct clause_plan *c = &s->clauses[i];
        fprintf(out, "%s %s", i > 0 ? "," : "", clause_name(c->kind));
        if (c->kind == CRIB_CLAUSE_RECEIVE || c->kind == CRIB_CLAUSE_SEND) {
            fprintf(out, " channel %d end %d", c->a, c->b);
        } else if (c->kind == CRIB_CLAUSE_DEADLINE) {
            fprintf(out, " %s", time_text(c->time));
        } else {
            fprintf(out, " %d", c->a);
        }
    }
}

static void print_step(FILE *out, const struct step *s) {
    static const char *ignored[] = {"", "  (ignored)", "  (errors ignored)"};
    fprintf(out, "%s", kinds[s->kind].name);
    switch (kinds[s->kind].takes) {
        case OF_TIME: fprintf(out, " %s", time_text(s->time)); break;
        case OF_END: fprintf(out, " channel %d end %d", s->a, s->b); break;
        case OF_BATCH: fprintf(out, " of %d channel %d end %d", s->n, s->a, s->b); break;
        case OF_FAILURE: fprintf(out, " channel %d end %d, %d", s->a, s->b, s->code); break;
        case OF_OBJECT:
        case OF_TOKEN: fprintf(out, " %d", s->a); break;
        case OF_NUMBER: fprintf(out, " %d, %d", s->a, s->n); break;
        case OF_STATS: fprintf(out, " of %s %d", object_name(s->a), s->b); break;
        case OF_CLAUSES: print_clauses(out, s); break;
        case OF_LINK: fprintf(out, " from %d to %d", s->a, s->b); break;
        case OF_SCOPED: fprintf(out, " scope %d token %d", s->a, s->b); break;
        case OF_CODE: fprintf(out, " %d", s->code); break;
        case OF_BLOCK: fprintf(out, " of %d", s->a); break;
        case OF_BLOCK_AT: fprintf(out, " of %d to %s", s->a, time_text(s->time)); break;
        case OF_BLOCK_IF: fprintf(out, " of %d %s", s->a, s->n ? "on" : "off"); break;
        case OF_SOFT: fprintf(out, " of %d %s grace %s", s->a, s->n ? "interrupt" : "drain", time_text(s->time)); break;
        case OF_CHILD: fprintf(out, " in %d task %d", s->a, s->b); break;
        case OF_TASK: fprintf(out, " %d", s->b); break;
        case OF_OPTIONS: print_options(out, s); break;
        default: break;
    }
    fprintf(out, "%s", ignored[s->ignore]);
}

static void print_steps(FILE *out, const struct program *p, int step, int indent) {
    for (; step != 0; step = p->steps[step].next) {
        fprintf(out, "%4d %*s", step, indent, "");
        print_step(out, &p->steps[step]);
        fputc('\n', out);
        if (p->steps[step].body != 0) print_steps(out, p, p->steps[step].body, indent + 4);
    }
}

void program_print(FILE *out, const struct program *p) {
    static const char *overflows[] = {"wait", "drop oldest", "drop newest", "latest"};
    int i;
    fprintf(out, "program %llu, budget %u\n", (unsigned long long)p->seed, (unsigned)p->budget);
    for (i = 0; i < CHANNELS; i++) {
        fprintf(out, "channel %d: capacity %lld, %s\n", i, (long long)p->channels[i].capacity,
                overflows[p->channels[i].overflow]);
    }
    for (i = 0; i < OBJECTS; i++) {
        fprintf(out, "semaphore %d: %u of %u; limiter %d: %d\n", i, p->semaphores[i].value, p->semaphores[i].max, i,
                p->totals[i]);
    }
    for (i = 0; i < TASKS; i++) {
        if (i > 0 && p->first[i] == 0) continue;
        fprintf(out, "task %d%s, result %d:\n", i, p->strand[i] ? " stackless" : "", p->result[i]);
        print_steps(out, p, p->first[i], 2);
    }
}

void entry_print(FILE *out, const struct program *p, const struct entry *e) {
    const int kind = p->steps[e->step].kind;
    fprintf(out, "%9s task %d ", time_text(e->time), e->task);
    if (e->step == 0) {
        fprintf(out, "ends: %s", code_name(e->code));
    } else {
        fprintf(out, "step %d %s: %s", e->step, kind_name(kind), code_name(e->code));
    }
    if ((kind == SELECT || kind == SELECT_NOWAIT) && e->code >= 0) fprintf(out, " %s", code_name(e->status));
    if (kind == EFFECTIVE || kind == GRACE) {
        fprintf(out, " %s", time_text(e->value));
    } else if (e->value != 0) {
        fprintf(out, ", %lld", (long long)e->value);
    }
}

struct entry *trace_add(struct trace *t, int task, int step, int code, int64_t value, int64_t time) {
    struct entry *e = &t->entries[t->count];
    if (t->count == ENTRIES) abort();
    e->task = (int16_t)task;
    e->step = (int16_t)step;
    e->code = code;
    e->status = 0;
    e->value = value;
    e->time = time;
    t->count++;
    return e;
}

void trace_end(struct trace *t, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(t->end + t->end_length, sizeof t->end - t->end_length, format, list);
    va_end(list);
    while (t->end[t->end_length] != 0) t->end_length++;
}

size_t trace_open(struct trace *t) {
    trace_end(t, "(");
    return t->end_length;
}

void trace_close(struct trace *t, size_t opened) {
    if (t->end_length > opened) {
        trace_end(t, ")");
    } else {
        t->end[--t->end_length] = 0;
    }
}
