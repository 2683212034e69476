#include "player.h"

#include <stdlib.h>

static const crib_value nil = {NULL, NULL};

void well(player *p) {
    crib_unref(p->error);
    p->error = NULL;
    p->status = 0;
}

static void keep(player *p, int status, crib_value value) {
    crib_value_drop(p->value);
    p->value = value;
    well(p);
    p->status = status;
    if (status < 0) p->error = crib_op_take_error(p->op);
}

void await_result(player *p, crib_result result) {
    p->waiting = result.status == CRIB_PENDING;
    if (!p->waiting) keep(p, result.status, result.value);
}

void await(player *p, int status) {
    crib_result result = {0, 0, {NULL, NULL}};
    result.status = status;
    await_result(p, result);
}

void choose(player *p, size_t count, uint32_t flags) {
    p->choices = count;
    await(p, crib_begin_select(p->op, p->clauses, count, flags));
}

static bool take(player *p) {
    crib_result result = {0, 0, {NULL, NULL}};
    if (p->choices > 0)
        result.status = crib_op_take_select(p->op, p->clauses, p->choices);
    else if (crib_op_take(p->op, &result) != 0)
        return false;
    p->choices = 0;
    await_result(p, result);
    return true;
}

static void resume(crib_task *self, uintptr_t data) {
    player *p = (player *)data;
    if (p->task == NULL) {
        p->task = self;
        p->op = crib_task_op(self);
    } else if (!take(p)) {
        return;
    }
    while (!p->left && !p->waiting) {
        p->choices = 0;
        p->run(p);
    }
}

static void forget(uintptr_t data) { free((void *)data); }

static player *player_new(scenario_fn run, void *data) {
    player *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    p->run = run;
    p->data = data;
    return p;
}

const char *outcome(const player *p) {
    if (p->status >= 0) return "ok";
    return p->error != NULL ? error_text(p->error) : crib_error_name(p->status);
}

void tell_received(const player *p) {
    if (p->status == 0)
        say("got %d", int_of(p));
    else
        say("%s", outcome(p));
}

void fail(player *p, const char *message) {
    well(p);
    p->status = SCENARIO_ERROR;
    p->error = crib_error_new(SCENARIO_ERROR, message);
}

/* What a close or the end is given; the player has none afterwards. */
static crib_error *hand_over(player *p, crib_scope *scope) {
    crib_error *error = p->error;
    if (error == NULL && p->status == CRIB_ECANCELLED) error = crib_error_cancelled(scope);
    if (error == NULL) error = crib_error_new(p->status, NULL);
    p->error = NULL;
    p->status = 0;
    return error;
}

static crib_scope *innermost(player *p) {
    return p->depth > 0 ? p->blocks[p->depth - 1].scope : crib_task_scope(p->task);
}

static void push(player *p, crib_scope *scope, crib_nursery *nursery) {
    if (scope == NULL || p->depth == PLAYER_BLOCKS) abort();
    p->blocks[p->depth].scope = scope;
    p->blocks[p->depth].nursery = nursery;
    p->depth++;
    crib_op_set_scope(p->op, scope);
}

static void pop(player *p) {
    p->depth--;
    crib_op_set_scope(p->op, innermost(p));
}

crib_scope *scope_open(player *p, crib_scope_options options) {
    crib_scope *scope;
    options.parent = innermost(p);
    scope = crib_scope_open(&options);
    push(p, scope, NULL);
    return scope;
}

crib_scope *move_on_after(player *p, int64_t ms) {
    crib_scope_options options = scope_options();
    options.timeout = CRIB_MS(ms);
    return scope_open(p, options);
}

void scope_close(player *p) {
    crib_scope *scope = innermost(p);
    crib_error *error = hand_over(p, scope);
    pop(p);
    p->error = crib_scope_close_error(scope, error, &p->caught);
    p->status = crib_error_code(p->error);
}

crib_nursery *nursery_open_with(player *p, crib_nursery_options options) {
    crib_nursery *nursery;
    options.parent = innermost(p);
    nursery = crib_nursery_open_with(&options);
    push(p, crib_nursery_scope(nursery), nursery);
    return nursery;
}

crib_nursery *nursery_open(player *p) { return nursery_open_with(p, nursery_options()); }

void nursery_close(player *p) {
    crib_nursery *nursery = p->blocks[p->depth - 1].nursery;
    crib_error *error = hand_over(p, innermost(p));
    pop(p);
    await(p, crib_begin_nursery_close(p->op, nursery, error));
}

crib_task *start_with(crib_nursery *n, const char *name, scenario_fn run, void *data) {
    return crib_nursery_start_stackless(n, name, resume, (uintptr_t)player_new(run, data), forget);
}

crib_task *start(crib_nursery *n, const char *name, scenario_fn run) { return start_with(n, name, run, NULL); }

void start_and_wait(player *p, crib_nursery *n, const char *name, scenario_fn run) {
    uintptr_t other = (uintptr_t)player_new(run, NULL);
    await(p, crib_begin_nursery_start_stackless(p->op, n, name, resume, other, forget, NULL));
}

void leave(player *p) {
    crib_error *error = hand_over(p, crib_task_scope(p->task));
    crib_value_drop(p->value);
    p->value = nil;
    p->left = true;
    crib_task_exit(p->task, error);
}

static scenario_fn first;

static void play_main(player *p) {
    scenario_begin();
    p->run = first;
    first(p);
}

int play(scenario_fn main) {
    crib_runtime *rt = virtual_time();
    int rc;
    first = main;
    rc = crib_runtime_run_stackless(rt, "main", resume, (uintptr_t)player_new(play_main, NULL), forget);
    scenario_end(rc < 0 ? error_text(crib_error_current()) : "ok");
    crib_unref(rt);
    return 0;
}
