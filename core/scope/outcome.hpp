// How blocks end: what leaves a block is an outcome, a code and perhaps a tree.
#pragma once

#include "base/error.hpp"
#include "scope/scope.hpp"

namespace crib {

// code >= 0: success. code < 0 without a tree: a plain code, for which nothing was allocated.
struct Outcome {
    int code;
    Error *tree;  // owned
};

inline Outcome outcome_success(int rc) { return Outcome{rc, nullptr}; }
inline Outcome outcome_of(Error *tree) { return Outcome{tree ? tree->code : 0, tree}; }
// A Cancelled leaf that says why `scope` is cancelled (statement 37, D14).
Error *cancelled_leaf(const Scope *scope, const char *task);
// The tree of an outcome, made now if it was a plain code; nullptr for success.
Error *outcome_tree(Outcome o, const char *task);

// What was given to a closing call: a code, or an error object (owned; NULL = success).
struct Leaving {
    int code;
    Error *error;
    bool is_error;
};

inline Leaving leaving_with(int code) { return Leaving{code, nullptr, false}; }
inline Leaving leaving_with_error(Error *e) { return Leaving{0, e, true}; }

// What a block's body leaves with, by what was given and what the block holds (crib/error.h), which is taken. A
// Cancelled where nothing is cancelled is forged: CRIB_EMISUSE.
Outcome block_outcome_slow(Scope *block, Leaving leaving, const char *task);
inline Outcome block_outcome(Scope *block, Leaving leaving, const char *task) {
    const bool plain = !block->held && !leaving.is_error && leaving.code >= 0;
    return plain ? outcome_success(leaving.code) : block_outcome_slow(block, leaving, task);
}

// Closing a scope: takes out what it absorbs. `*caught` becomes true if that was anything.
Outcome scope_absorb_slow(Scope *scope, Outcome in, bool *caught);
inline Outcome scope_absorb(Scope *scope, Outcome in, bool *caught) {
    *caught = false;
    return in.code >= 0 ? in : scope_absorb_slow(scope, in, caught);
}

// Puts a tree into what a block holds; consumes it.
void block_hold(Scope *block, Error *tree);

}  // namespace crib
