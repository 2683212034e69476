// What a run looks like, for people: the tree of tasks, and who waits on what when nobody can go on.
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/diag.hpp"
#include "run/runtime.hpp"

namespace crib {

namespace {

const char *waits_on(const Op *op) {
    if (op->kind->name) return op->kind->name;
    return op->parked.what ? op->parked.what : "a wake-up by the application";
}

const char *waits_on(const Task *t) {
    if (t->op.state == OpState::pending) return waits_on(&t->op);
    for (const ExtraOp *op = t->ops; op; op = op->next_of_task) {
        if (op->state == OpState::pending) return waits_on(op);
    }
    return "nothing: it never begins an operation";
}

void describe_task(const Task *t, char *line, size_t len) {
    const char *kind = t->kind == TaskKind::fiber ? "fiber" : "stackless";
    if (t->sched->current == t) {
        snprintf(line, len, "task '%s' (%s): running", task_name(t), kind);
    } else if (t->op.state == OpState::ready) {
        snprintf(line, len, "task '%s' (%s): ready", task_name(t), kind);
    } else {
        snprintf(line, len, "task '%s' (%s): waits for %s", task_name(t), kind, waits_on(t));
    }
}

void describe(const Scope *n, char *line, size_t len) {
    const char *cancelled = scope_stopped(n) ? ", cancelled" : "";
    switch (n->kind) {
        case ScopeKind::task: return describe_task(n->owner, line, len);
        case ScopeKind::block: snprintf(line, len, "scope%s", cancelled); return;
        case ScopeKind::service: snprintf(line, len, "service children%s", cancelled); return;
        case ScopeKind::nursery: {
            const Nursery *nursery = nursery_of_scope(const_cast<Scope *>(n));
            const char *state = nursery->state == NurseryState::open ? "" : ", closing";
            snprintf(line, len, "nursery (%u children%s%s)", nursery->count, state, cancelled);
            return;
        }
    }
}

int write_all(int fd, const char *text) {
    size_t left = strlen(text);
    while (left > 0) {
        const ssize_t n = write(fd, text, left);
        if (n < 0 && errno != EINTR) return -errno;
        if (n > 0) {
            text += n;
            left -= static_cast<size_t>(n);
        }
    }
    return 0;
}

// How far below the init task's scope.
int depth_of(const Scope *n, const Scope *root) {
    int depth = 0;
    for (; n != root; n = n->parent) depth++;
    return depth;
}

}  // namespace

void report_deadlock(Runtime *rt) {
    diag_report(CRIB_EDEADLOCK, "crib: deadlock: every task waits and nothing can wake one");
    Scope *root = &rt->init->scope;
    for (Scope *n = root; n; n = scope_next(n, root)) {
        const bool waits = n->kind == ScopeKind::task && n->owner != rt->init;
        if (!waits) continue;
        char what[256];
        char line[300];
        describe_task(n->owner, what, sizeof what);
        snprintf(line, sizeof line, "crib:   %s", what);
        diag_report(CRIB_EDEADLOCK, line);
    }
}

int dump_tree(Runtime *rt, int fd) {
    if (!rt->init) return 0;
    Scope *root = &rt->init->scope;
    for (Scope *n = root; n; n = scope_next(n, root)) {
        const int depth = depth_of(n, root);
        char what[256];
        char line[400];
        describe(n, what, sizeof what);
        snprintf(line, sizeof line, "%*s%s\n", depth < 60 ? depth * 2 : 120, "", what);
        const int rc = write_all(fd, line);
        if (rc < 0) return rc;
    }
    return 0;
}

}  // namespace crib
