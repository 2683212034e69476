/* The model: errors, the tree of scopes, and what leaves a block (statements 1-17, 26-32, 66, 67; semantics 3.1). */
#include <assert.h>

#include "model.h"

/* ---- errors */

int leaf_new(struct model *m, int code, int cause) {
    struct leaf *l = &m->leaves[++m->leaf_count];
    assert(m->leaf_count < LEAVES);
    l->code = code;
    l->cause = cause;
    l->next = 0;
    return m->leaf_count;
}

int errors_join(struct model *m, int first, int second) {
    int last = first;
    if (first == 0) return second;
    while (m->leaves[last].next != 0) last = m->leaves[last].next;
    m->leaves[last].next = second;
    return first;
}

int errors_copy(struct model *m, int list) {
    int copy = 0;
    for (; list != 0; list = m->leaves[list].next) {
        copy = errors_join(m, copy, leaf_new(m, m->leaves[list].code, m->leaves[list].cause));
    }
    return copy;
}

/* The code of the first leaf that is not Cancelled. */
int errors_code(const struct model *m, int list) {
    int l;
    for (l = list; l != 0; l = m->leaves[l].next) {
        if (m->leaves[l].code != CRIB_ECANCELLED) return m->leaves[l].code;
    }
    return list != 0 ? CRIB_ECANCELLED : 0;
}

/* Without its Cancelled leaves; what a Cancelled came upon stays. */
static int errors_prune(struct model *m, int list, bool *pruned) {
    int kept = 0, next;
    for (; list != 0; list = next) {
        next = m->leaves[list].next;
        m->leaves[list].next = 0;
        if (m->leaves[list].code != CRIB_ECANCELLED) {
            kept = errors_join(m, kept, list);
            continue;
        }
        *pruned = true;
        kept = errors_join(m, kept, errors_prune(m, m->leaves[list].cause, pruned));
    }
    return kept;
}

struct outcome outcome_of(const struct model *m, int list) {
    struct outcome o = {errors_code(m, list), list};
    return o;
}

int outcome_tree(struct model *m, struct outcome o) {
    return o.tree != 0 || o.code >= 0 ? o.tree : leaf_new(m, o.code, 0);
}

/* ---- what reaches a scope */

static bool is_graceful(const struct model *m, int scope) {
    for (; scope >= 0; scope = m->scopes[scope].parent) {
        if (m->scopes[scope].graceful) return true;
    }
    return false;
}

static bool stops(int seen, bool graceful) {
    return (seen & (HARD | INTERRUPT)) != 0 || ((seen & DRAIN) != 0 && graceful);
}

/* What its shield lets in from outside. */
static int lets_in(const struct model *m, int scope) {
    const struct scope *s = &m->scopes[scope];
    if (s->parent < 0 || s->shield == SHIELD_FULL) return 0;
    return scope_seen(m, s->parent) & (s->shield == SHIELD_SOFT ? HARD : ANY);
}

int scope_seen(const struct model *m, int scope) { return m->scopes[scope].own | lets_in(m, scope); }

bool scope_stopped(const struct model *m, int scope) { return stops(scope_seen(m, scope), is_graceful(m, scope)); }

/* The nearest scope whose cancel is seen here; -1. */
int scope_canceller(const struct model *m, int scope) {
    int visible = ANY;
    for (; scope >= 0; scope = m->scopes[scope].parent) {
        if (m->scopes[scope].own & visible) return scope;
        if (m->scopes[scope].shield == SHIELD_FULL) return -1;
        if (m->scopes[scope].shield == SHIELD_SOFT) visible = HARD;
    }
    return -1;
}

/* Rule 5: a scope absorbs if it is stopped, and would not be by what comes from outside. */
static bool absorbs(const struct model *m, int scope) {
    const int parent = m->scopes[scope].parent;
    return scope_stopped(m, scope) && !stops(lets_in(m, scope), parent >= 0 && is_graceful(m, parent));
}

/* ---- a change reaches everybody inside */

static bool can_cancel(const struct task *t) {
    if (t->clauses[0].wait == W_LOCK && t->lock_shield) return false;
    return t->selects || t->clauses[0].wait > W_STARTED;
}

static void cancel_wait(struct model *m, int scope) {
    const int task = m->scopes[scope].owner;
    struct task *t = task < 0 ? NULL : &m->tasks[task];
    if (t == NULL || t->state != T_WAITING || t->doomed || task_innermost(m, task) != scope) return;
    if (!can_cancel(t) || !scope_stopped(m, scope)) return;
    if (t->selects || t->clauses[0].wait != W_SEND) return task_cancelled(m, task);
    t->doomed = true;
    m->doomed[m->doomed_count++] = task;
}

static void wake_doomed(struct model *m) {
    int i;
    for (i = 0; i < m->doomed_count; i++) task_cancelled(m, m->doomed[i]);
    m->doomed_count = 0;
}

static bool is_due(const struct model *m, const struct link *l) {
    if (l->piled || l->told == TOLD || !scope_stopped(m, l->source)) return false;
    return l->told == TOLD_NOT || (scope_seen(m, l->source) & HARD);
}

/* Links of a scope that is stopped now: the newest is put on the pile first. */
static void pile_links(struct model *m, int scope) {
    for (;;) {
        struct link *newest = NULL;
        int i;
        for (i = 0; i < m->link_count; i++) {
            struct link *l = &m->links[i];
            if (l->source != scope) continue;
            if (l->told == TOLD_SOFTLY && !scope_stopped(m, scope)) l->told = TOLD_NOT;
            if (is_due(m, l) && (newest == NULL || newest->made < l->made)) newest = l;
        }
        if (newest == NULL) return;
        newest->piled = true;
        m->pile[m->pile_count++] = newest;
    }
}

/* The child of `scope` attached first after `after`; -1. */
static int next_child(const struct model *m, int scope, int64_t after) {
    int i, found = -1;
    for (i = 0; i < m->scope_count; i++) {
        const struct scope *s = &m->scopes[i];
        if (!s->open || s->parent != scope || s->attached <= after) continue;
        if (found < 0 || s->attached < m->scopes[found].attached) found = i;
    }
    return found;
}

static void visit(struct model *m, int scope) {
    int child = -1;
    cancel_wait(m, scope);
    pile_links(m, scope);
    while ((child = next_child(m, scope, child < 0 ? 0 : m->scopes[child].attached)) >= 0) visit(m, child);
}

static void cancel_set(struct model *m, int scope, int how, int source, int64_t hard_at) {
    struct scope *s = &m->scopes[scope];
    if (s->own & HARD) return;
    if (s->source == CRIB_SOURCE_NONE) {
        /* Statement 2: cancelled under an outer cancel, it shows that one's. */
        const bool was = scope_stopped(m, scope);
        s->source = was ? m->scopes[scope_canceller(m, scope)].source : source;
        s->too_slow = source == CRIB_SOURCE_DEADLINE;
    }
    if (hard_at <= m->now) how = HARD;
    if (how != HARD && (!(s->own & DRAIN) || hard_at < s->hard_at)) s->hard_at = hard_at;
    s->own |= how;
    scope_arm(m, scope);
}

/* When a soft cancel that is seen here becomes hard; NEVER if there is none, or it does not. */
static int64_t hard_time(const struct model *m, int scope) {
    int64_t least = NEVER;
    for (; scope >= 0; scope = m->scopes[scope].parent) {
        const struct scope *s = &m->scopes[scope];
        if (s->own & HARD) return INT64_MIN;
        if ((s->own & DRAIN) && s->hard_at < least) least = s->hard_at;
        if (s->shield == SHIELD_FULL) break;
    }
    return least;
}

/* A soft cancel passes on softly, a hard one that follows it likewise. */
static void follow_link(struct model *m, struct link *l) {
    const bool softly = scope_stopped(m, l->source) && !(scope_seen(m, l->source) & HARD);
    const int64_t hard_at = softly ? hard_time(m, l->source) : INT64_MIN;
    l->piled = false;
    l->told = softly ? TOLD_SOFTLY : TOLD;
    l->made = ++m->serial;
    if (l->kind == TELL_TOKEN) {
        l->told = TOLD;
        token_trigger(m, l->target);
    } else if (l->kind == TELL_SCOPE) {
        scope_cancel(m, l->target, DRAIN | INTERRUPT, CRIB_SOURCE_LINK, hard_at);
    } else if (m->tasks[l->target].starter >= 0) {
        m->tasks[l->target].target_cancelled = true;
        scope_cancel(m, m->tasks[l->target].scope, DRAIN | INTERRUPT, CRIB_SOURCE_LINK, hard_at);
    } else {
        l->told = TOLD; /* it has been started */
    }
}

void tree_changed(struct model *m) {
    visit(m, 0);
    if (m->settling) return;
    m->settling = true;
    while (m->doomed_count + m->pile_count > 0) {
        wake_doomed(m);
        if (m->pile_count > 0) follow_link(m, m->pile[--m->pile_count]);
    }
    m->settling = false;
}

void scope_link(struct model *m, int kind, int source, int target) {
    struct link l = {kind, source, target, TOLD_NOT, false, ++m->serial};
    assert(m->link_count < LINKS);
    m->links[m->link_count++] = l;
    tree_changed(m);
}

void scope_cancel(struct model *m, int scope, int how, int source, int64_t hard_at) {
    if (!m->scopes[scope].open) return;
    cancel_set(m, scope, how, source, hard_at);
    tree_changed(m);
}

void scope_cancel_now(struct model *m, int scope, int source) { scope_cancel(m, scope, HARD, source, INT64_MIN); }

int64_t later(int64_t time, int64_t ns) { return time > 0 && ns > NEVER - time ? NEVER : time + ns; }

/* Its timer went off: the deadline has passed, or the grace time of a soft cancel is over. */
void scope_expire(struct model *m, int scope) {
    struct scope *s = &m->scopes[scope];
    const bool grace_over = (s->own & DRAIN) && s->hard_at <= m->now;
    s->armed = 0;
    if (s->deadline <= m->now) s->expired = true;
    scope_cancel(m, scope, DRAIN | INTERRUPT, CRIB_SOURCE_DEADLINE, grace_over ? INT64_MIN : later(m->now, s->grace));
}

/* Lowers all shields below a scope; false if there was none. */
bool scopes_lower_shields(struct model *m, int scope) {
    bool any = m->scopes[scope].shield != SHIELD_NONE;
    int child = -1;
    m->scopes[scope].shield = SHIELD_NONE;
    if (any) visit(m, 0);
    while ((child = next_child(m, scope, child < 0 ? 0 : m->scopes[child].attached)) >= 0) {
        any |= scopes_lower_shields(m, child);
    }
    return any;
}

/* Ends one wait that no cancel ends, the first in pre-order. */
bool scopes_force_one(struct model *m, int scope) {
    const int task = m->scopes[scope].owner;
    int child = -1;
    if (task >= 0 && m->tasks[task].scope == scope && m->tasks[task].state == T_WAITING && m->tasks[task].lock_shield) {
        place_wake(m, task * CLAUSES, CRIB_EDEADLOCK, 0);
        return true;
    }
    while ((child = next_child(m, scope, child < 0 ? 0 : m->scopes[child].attached)) >= 0) {
        if (scopes_force_one(m, child)) return true;
    }
    return false;
}

/* ---- their life */

int scope_open(struct model *m, int parent, int owner) {
    struct scope *s = &m->scopes[m->scope_count];
    assert(m->scope_count < SCOPES);
    memset(s, 0, sizeof *s);
    s->open = true;
    s->parent = parent;
    s->owner = owner;
    s->deadline = s->hard_at = NEVER;
    s->attached = ++m->serial;
    return m->scope_count++;
}

void scope_arm(struct model *m, int scope) {
    struct scope *s = &m->scopes[scope];
    int64_t at = s->expired ? NEVER : s->deadline;
    if ((s->own & DRAIN) && s->hard_at < at) at = s->hard_at;
    if (s->own & HARD) at = NEVER;
    s->armed_at = at;
    if (at == NEVER) {
        s->armed = 0;
    } else if (s->armed == 0) {
        s->armed = ++m->serial;
    }
}

void scope_close(struct model *m, int scope) {
    int i;
    m->scopes[scope].open = false;
    m->scopes[scope].armed = 0;
    m->scopes[scope].held = 0;
    for (i = 0; i < m->link_count; i++) {
        if (m->links[i].source == scope) m->links[i].told = TOLD;
    }
}

/* What a fiber's block held, with what its body leaves it with (crib/error.h). */
static struct outcome with_held(struct model *m, int scope, int rc) {
    struct scope *s = &m->scopes[scope];
    struct outcome o = {rc, rc < 0 ? s->held : 0};
    s->held = 0;
    if (o.tree != 0 && errors_code(m, o.tree) != rc) o.tree = leaf_new(m, rc, o.tree);
    return o;
}

/* What a body leaves its block with. */
struct outcome block_outcome(struct model *m, int task, int scope, int rc) {
    const int parent = m->scopes[scope].parent;
    struct task *t = &m->tasks[task];
    struct outcome o = t->strand ? outcome_of(m, t->leaving) : with_held(m, scope, rc);
    bool pruned = false;
    t->leaving = 0;
    if (o.code != CRIB_ECANCELLED || scope_stopped(m, scope) || (parent >= 0 && scope_stopped(m, parent))) return o;
    o.code = CRIB_EMISUSE; /* forged */
    o.tree = leaf_new(m, CRIB_EMISUSE, errors_prune(m, o.tree, &pruned));
    return o;
}

struct outcome scope_absorb(struct model *m, int scope, struct outcome o, bool *caught) {
    *caught = false;
    if (o.code >= 0 || !absorbs(m, scope)) return o;
    if (o.tree != 0) {
        o = outcome_of(m, errors_prune(m, o.tree, caught));
    } else if (o.code == CRIB_ECANCELLED) {
        *caught = true;
        o.code = 0;
    }
    if (*caught && o.code == 0 && m->scopes[scope].fail && m->scopes[scope].too_slow) o.code = CRIB_ETOOSLOW;
    return o;
}

/* ---- questions */

/* When a scope's own times end what is below it; what a soft shield hides ends with the hard cancel only. */
static int64_t ends_at(const struct scope *s, bool shielded) {
    int64_t at = s->expired ? NEVER : s->deadline;
    if (shielded && at != NEVER) at = later(at, s->grace);
    return (s->own & DRAIN) && s->hard_at < at ? s->hard_at : at;
}

int64_t scope_effective_deadline(const struct model *m, int scope) {
    int64_t least = NEVER;
    bool shielded = false;
    if (scope_stopped(m, scope)) return INT64_MIN;
    for (; scope >= 0; scope = m->scopes[scope].parent) {
        const int64_t at = ends_at(&m->scopes[scope], shielded);
        if (at < least) least = at;
        if (m->scopes[scope].shield == SHIELD_FULL) break;
        if (m->scopes[scope].shield == SHIELD_SOFT) shielded = true;
    }
    return least;
}

int64_t scope_remaining_grace(const struct model *m, int scope) {
    const int64_t least = hard_time(m, scope);
    if (least == NEVER) return NEVER;
    return least > m->now ? least - m->now : 0;
}

/* Statement 23. */
bool scope_cancel_called(struct model *m, int scope) {
    if (!m->scopes[scope].open) return false;
    if (!m->scopes[scope].own && m->scopes[scope].deadline <= m->now) scope_expire(m, scope);
    return m->scopes[scope].own != 0;
}
