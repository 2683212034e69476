// Error trees: counted, immutable once made. See crib/error.h for what they mean.
//
// Depth never passes k_error_depth: where a tree would grow deeper, members of the deepest group are taken up into the
// new one, so that walks may recurse on a fiber's small stack.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/cause.hpp"
#include "base/counted.hpp"
#include "base/value.hpp"
#include "crib/error.h"

namespace crib {

constexpr uint32_t k_error_depth = 60;   // of groups
constexpr uint32_t k_cause_depth = 120;  // of leaves with causes, groups below them included

struct Error : Counted {
    int32_t code;         // of the tree
    uint32_t depth;       // levels below this one
    uint32_t count;       // members; 0 = a leaf
    bool immortal;        // static: never freed, refs not counted
    bool has_cancelled;   // some leaf is Cancelled
    const char *message;  // NULL = the code's text; stored behind the members, static, or the cause_of_cancel's
    const char *task;     // NULL = unknown; stored behind the members
    CancelCause *shared;  // of a Cancelled leaf: what `message` belongs to
    Error *cause;         // owned; NULL = none
    Value payload;        // leaves only
    Error **members;      // stands behind the struct
};

// A Cancelled leaf: `source` is a static text that says it all when there is no cause, which is shared.
Error *error_cancelled(const char *source_text, CancelCause *cause, const char *task);

// All makers return a usable error: without memory, a static one (code UV_ENOMEM, or Cancelled where that was asked).
Error *error_leaf(int code, const char *message, const char *task);
// Consumes `cause` (may be NULL).
Error *error_leaf_with_cause(int code, const char *message, const char *task, Error *cause);
// Consumes `items`; NULL entries are skipped; nullptr if nothing is left.
Error *error_group(const char *message, const char *task, Error **items, size_t count);
// Joins two errors, either of which may be NULL; consumes both.
Error *error_join(Error *first, Error *second);

Error *error_ref(Error *e);
void error_unref(Error *e);

// Takes out every Cancelled leaf (its cause, if it has one, stays in its place: no error is lost). Consumes `e`;
// returns what remains, nullptr if nothing does. `*pruned` becomes true if something was taken out.
Error *error_prune_cancelled(Error *e, bool *pruned);
Error *error_find(Error *e, int code);
}  // namespace crib
