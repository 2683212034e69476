#include "sync/token.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <new>

#include "base/alloc.hpp"
#include "crib/scope.h"

namespace crib {

namespace {

constexpr WaitKind k_token = {"a cancel token", leave_queue_abort, nullptr, false};

class EntryLocked {
  public:
    explicit EntryLocked(Token *t) : e_(&t->sched->entry) { entry_lock(e_); }
    ~EntryLocked() { entry_unlock(e_); }
    EntryLocked(const EntryLocked &) = delete;
    EntryLocked &operator=(const EntryLocked &) = delete;

  private:
    Entry *e_;
};

// A scope that is cancelled with a token. Both ends know of it; whichever goes first takes it off the other. Another
// cancel of the scope does not end it: that may be softer, or come from outside and be shut out by a shield later.
struct TokenScope {
    ScopeLink at_scope;
    Link at_token;
    Token *token;
    Scope *scope;
};

void token_scope_free(TokenScope *ts) {
    scope_unlink(&ts->at_scope);
    link_remove(ts->at_token);
    mem_free(ts);
}

void scope_closed(ScopeLink *link) { token_scope_free(reinterpret_cast<TokenScope *>(link)); }

TokenScope *token_scope_of(Link *at) {
    return reinterpret_cast<TokenScope *>(reinterpret_cast<char *>(at) - offsetof(TokenScope, at_token));
}

void scope_cancelled(ScopeLink *link) {
    token_trigger(reinterpret_cast<Token *>(reinterpret_cast<char *>(link) - offsetof(Token, source)));
}

Token *make(Scheduler &s, size_t name_bytes) {
    void *p = primitive_alloc(sizeof(Token) + name_bytes + 1);
    if (!p) return nullptr;
    Token *t = new (p) Token;
    primitive_init(t, s, Kind::token);
    link_reset(t->chains);
    link_reset(t->scopes);
    t->in_first.chain = t->in_second.chain = t;
    link_reset(t->in_first.link);
    link_reset(t->in_second.link);
    t->source = ScopeLink{nullptr, nullptr, scope_cancelled, nullptr};
    t->name = reinterpret_cast<char *>(t + 1);
    t->first = t->second = t->next = nullptr;
    t->run = 0;
    t->told = false;
    t->own.store(false, std::memory_order_relaxed);
    t->fired.store(false, std::memory_order_relaxed);
    return t;
}

TokenPart *part_of(Link *l) { return reinterpret_cast<TokenPart *>(l); }

// True if there is somebody to tell: `here` (on the loop thread) also of what another thread fired and has not told yet.
bool fire(Token *t, bool here) {
    const bool fired = t->fired.exchange(true, std::memory_order_acq_rel);
    if (!here) return !fired;
    const bool told = t->told;
    t->told = true;
    return !told;
}

// Fires a token and all chains above it; returns those to tell, linked by `next`. Under the entry lock.
Token *mark(Token *t, bool here) {
    if (!fire(t, here)) return nullptr;
    t->next = nullptr;
    Token *last = t;
    for (Token *at = t; at; at = at->next) {
        for (Link *l = at->chains.next; l != &at->chains; l = l->next) {
            Token *chain = part_of(l)->chain;
            if (!fire(chain, here)) continue;
            chain->next = nullptr;
            last->next = chain;
            last = chain;
        }
    }
    return t;
}

// A reference that only the loop thread gives up, so never the last one in here.
void tell_later(Token *t) {
    counted_ref(*t);
    if (!entry_fire(&t->sched->entry, t)) counted_unref(*t);
}

void stop_expecting(Token *t) {
    const Entry &e = t->sched->entry;
    if (t->run != 0 && t->run == e.run && e.open) t->sched->expectations--;
    t->run = 0;
}

}  // namespace

Token *token_new(Scheduler &s, const char *name) {
    const size_t bytes = name ? strlen(name) : 0;
    Token *t = make(s, bytes);
    if (t && bytes) memcpy(const_cast<char *>(t->name), name, bytes);
    return t;
}

void token_expect(Token *t) {
    t->run = t->sched->entry.run;
    t->sched->expectations++;
}

Token *token_chain(Token *first, Token *second) {
    const size_t room = strlen(first->name) + 1 + strlen(second->name);
    Token *t = make(*first->sched, room);
    if (!t) return nullptr;
    snprintf(const_cast<char *>(t->name), room + 1, "%s:%s", first->name, second->name);
    counted_ref(*first);
    counted_ref(*second);
    t->first = first;
    t->second = second;
    EntryLocked locked(t);
    link_append(first->chains, t->in_first.link);
    link_append(second->chains, t->in_second.link);
    t->fired.store(token_fired(first) || token_fired(second), std::memory_order_release);
    return t;
}

Token *token_of_scope(Scheduler &s, Scope *scope, const char *name) {
    Token *t = token_new(s, name);
    if (t) scope_link(s, scope, &t->source);
    return t;
}

bool token_unref(Token *t) {
    EntryLocked locked(t);
    if (!counted_unref(*t)) return false;
    link_remove(t->in_first.link);
    link_remove(t->in_second.link);
    return true;
}

static Token *released(Token *part, Token *others) {
    if (!part || !token_unref(part)) return others;
    part->next = others;
    return part;
}

Token *token_free(Token *t) {
    stop_expecting(t);
    scope_unlink(&t->source);
    while (!link_alone(t->scopes)) token_scope_free(token_scope_of(t->scopes.next));
    Token *parts = released(t->second, released(t->first, nullptr));
    primitive_free(t);
    return parts;
}

void token_trigger(Token *t) {
    Scheduler *s = t->sched;
    Token *reached;
    {
        EntryLocked locked(t);
        t->own.store(true, std::memory_order_release);
        const bool here = s == current_scheduler;
        reached = mark(t, here);
        if (!here) {
            while (reached) {
                Token *next = reached->next;
                tell_later(reached);
                reached = next;
            }
            return;
        }
        for (Token *at = reached; at; at = at->next) counted_ref(*at);
    }
    // Application code that runs in between may release any of them.
    while (reached) {
        Token *next = reached->next;
        token_tell(reached);
        s->hooks->handle_release(reached);
        reached = next;
    }
}

Token *token_triggered(Token *t) {
    if (!token_fired(t)) return nullptr;
    while (!t->own.load(std::memory_order_acquire)) t = token_fired(t->first) ? t->first : t->second;
    return t;
}

void token_tell(Token *t) {
    t->told = true;
    stop_expecting(t);
    complete_all(t->waiting, 0);
    while (!link_alone(t->scopes)) {
        TokenScope *ts = token_scope_of(t->scopes.next);
        Scope *scope = ts->scope;
        token_scope_free(ts);
        scope_cancel(*t->sched, scope, CRIB_SOURCE_LINK, token_triggered(t)->name);
    }
}

int token_link_scope(Token *t, Scope *scope) {
    Scheduler &s = *t->sched;
    if (token_fired(t)) {
        scope_cancel(s, scope, CRIB_SOURCE_LINK, token_triggered(t)->name);
        return 0;
    }
    TokenScope *ts = static_cast<TokenScope *>(mem_alloc(sizeof(TokenScope)));
    if (!ts) return -ENOMEM;
    *ts = TokenScope{{nullptr, nullptr, nullptr, scope_closed}, {nullptr, nullptr}, t, scope};
    link_append(t->scopes, ts->at_token);
    scope_link_next(scope, &ts->at_scope);
    return 0;
}

Error *token_error(const Token *t) {
    const Token *by = token_triggered(const_cast<Token *>(t));
    if (!by) return nullptr;
    constexpr char k_text[] = "Cancellation requested by %s token";
    char few[160];
    const size_t room = sizeof k_text + strlen(by->name);
    char *more = room > sizeof few ? static_cast<char *>(mem_alloc(room)) : nullptr;
    char *text = more ? more : few;
    snprintf(text, more ? room : sizeof few, k_text, by->name);
    const Scheduler *s = current_scheduler;
    Error *e = error_leaf(CRIB_EOPCANCELLED, text, s && s->current ? task_name(s->current) : nullptr);
    mem_free(more);
    return e;
}

int token_park(Op *op, Token *t) {
    link_append(t->waiting, op->link);
    return op_park(op, &k_token, t);
}

int begin_token_wait(Op *op, Token *t) {
    int rc = op_check(op);
    if (rc == 0) rc = token_try(t);
    return rc == CRIB_EWOULDBLOCK ? token_park(op, t) : op_immediate(op, rc);
}

}  // namespace crib
