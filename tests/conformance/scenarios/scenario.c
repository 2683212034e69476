#include "scenario.h"

#include <stdarg.h>
#include <stdio.h>

struct shared shared;

static int64_t begun;

void scenario_begin(void) { begun = crib_now(); }

long long now_ms(void) { return (long long)((crib_now() - begun) / 1000000); }

void say(const char *format, ...) {
    char line[200];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (crib_in_task())
        printf("%lld %s: %s\n", now_ms(), crib_task_name(crib_task_current()), line);
    else
        printf("%lld %s\n", now_ms(), line);
}

void scenario_end(const char *outcome) {
    void *counted[] = {shared.task,      shared.event,      shared.other_event, shared.condition, shared.lock,
                       shared.semaphore, shared.limiter,    shared.barrier,     shared.rwlock,    shared.chain,
                       shared.token,     shared.tx,         shared.other_tx,    shared.rx,        shared.other_rx,
                       shared.error,     shared.other_token};
    size_t i;
    printf("end: %s\n", outcome);
    for (i = 0; i < sizeof counted / sizeof counted[0]; i++) crib_unref(counted[i]);
}

static char text[1000];

static void text_add(const char *part) {
    size_t used = strlen(text);
    snprintf(text + used, sizeof text - used, "%s", part);
}

static void text_add_error(const crib_error *error) {
    size_t i, count = crib_error_count(error);
    int code = crib_error_code(error);
    if (count == 0) {
        text_add(code == SCENARIO_ERROR ? crib_error_message(error) : crib_error_name(code));
        return;
    }
    text_add("[");
    for (i = 0; i < count; i++) {
        if (i > 0) text_add(", ");
        text_add_error(crib_error_child(error, i));
    }
    text_add("]");
}

const char *error_text(const crib_error *error) {
    text[0] = '\0';
    if (error == NULL)
        text_add("ok");
    else if (crib_error_code(error) == CRIB_ECANCELLED)
        text_add("CRIB_ECANCELLED");
    else
        text_add_error(error);
    return text;
}

const char *yes(bool b) { return b ? "yes" : "no"; }

const char *reason_of(const crib_scope *scope) {
    const char *reason = crib_scope_reason(scope);
    return reason != NULL ? reason : "none";
}

const char *deadline_text(int64_t deadline) {
    if (deadline == CRIB_FOREVER) return "none";
    if (deadline == CRIB_EXPIRED) return "passed";
    snprintf(text, sizeof text, "%lld", (long long)((deadline - begun) / 1000000));
    return text;
}

int waiting_for(const crib_event *event) {
    crib_event_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.size = sizeof stats;
    crib_event_statistics(event, &stats);
    return (int)stats.waiting;
}

void text_number(char *list, size_t size, int number) {
    size_t used = strlen(list);
    snprintf(list + used, size - used, " %d", number);
}

const char *message_of(crib_error *error, int code) {
    const crib_error *leaf = crib_error_find(error, code);
    return leaf != NULL ? crib_error_message(leaf) : "none";
}

const char *state_of(const crib_scope *scope) {
    static const char *const words[] = {"open", "soft", "cancelled", "closed"};
    return words[crib_scope_state(scope)];
}

int grace_left(const crib_scope *scope) { return (int)(crib_scope_remaining_grace(scope) / 1000000); }

static const crib_vtable text_table = {sizeof text_table, NULL, "text", 0};

crib_value text_value(const char *what) {
    crib_value v = {(void *)(uintptr_t)what, &text_table};
    return v;
}

const char *text_of(crib_value v) { return v.vt == &text_table ? v.p : "no text"; }
