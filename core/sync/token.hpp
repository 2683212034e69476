// Cancel tokens: a DAG of flags (S4). A chain has two parts and is triggered when one of them is.
//
// Threads. `own` and `fired` are read anywhere. Triggering, and hanging a chain below its parts or taking it off, happen
// under the entry lock of the run, so that a trigger reaches all chains at once, whichever thread it comes from. Who
// waits and what is linked belongs to the loop thread, which is told through the entry queue.
// `first` and `second` are references and never change.
#pragma once

#include "scope/scope.hpp"
#include "sync/primitive.hpp"

namespace crib {

struct Token;

// A token's place among the chains of one of its parts.
struct TokenPart {
    Link link;
    Token *chain;
};

struct Token : Primitive {
    Token *first;
    Token *second;
    TokenPart in_first;
    TokenPart in_second;
    Link chains;              // TokenParts of the chains this is a part of
    Link scopes;              // TokenScopes: cancelled when it fires
    ScopeLink source;         // of a scope's token
    Token *next;              // in a list of the one who works on it
    const char *name;         // behind the struct
    uint64_t run;             // which run expects an external one; 0 = none
    bool told;                // the loop thread's: those who wait have been woken
    std::atomic<bool> own;    // triggered itself
    std::atomic<bool> fired;  // itself, or a part
};

Token *token_new(Scheduler &s, const char *name);
void token_expect(Token *t);  // another thread will trigger it
Token *token_chain(Token *first, Token *second);
Token *token_of_scope(Scheduler &s, Scope *scope, const char *name);
// Gives up a reference; true if it was the last one: then no trigger reaches the token any more. Any thread.
bool token_unref(Token *t);
// Frees a token whose last reference is gone. Returns those of its parts that this was the last reference of, linked by
// `next`.
Token *token_free(Token *t);

void token_trigger(Token *t);      // any thread
Token *token_triggered(Token *t);  // which one it was; any thread
void token_tell(Token *t);         // loop thread: wakes who waits for a token that has fired
int token_link_scope(Token *t, Scope *scope);
Error *token_error(const Token *t);  // nullptr if it has not fired

inline bool token_fired(const Token *t) { return t->fired.load(std::memory_order_acquire); }
inline int token_try(const Token *t) { return token_fired(t) ? 0 : CRIB_EWOULDBLOCK; }
int token_park(Op *op, Token *t);
int begin_token_wait(Op *op, Token *t);

}  // namespace crib
