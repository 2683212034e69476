#include "scope/outcome.hpp"

#include "crib/scope.h"

namespace crib {

namespace {

constexpr char k_forged[] = "CRIB_ECANCELLED where no visible scope is cancelled";

bool could_be_cancelled(const Scope *block) {
    return scope_stopped(block) || (block->parent && scope_stopped(block->parent));
}

Outcome without_forgery(Scope *block, Outcome o, const char *task) {
    if (o.code != CRIB_ECANCELLED || could_be_cancelled(block)) return o;
    bool pruned = false;
    Error *cause = error_prune_cancelled(o.tree, &pruned);
    return Outcome{CRIB_EMISUSE, error_leaf_with_cause(CRIB_EMISUSE, k_forged, task, cause)};
}

}  // namespace

Error *cancelled_leaf(const Scope *scope, const char *task) {
    static constexpr const char *texts[] = {nullptr,
                                            "cancelled due to explicit",
                                            "cancelled due to deadline",
                                            "cancelled due to nursery",
                                            "cancelled due to interrupt",
                                            "cancelled due to shutdown",
                                            "cancelled due to deadlock",
                                            "cancelled due to misuse",
                                            "cancelled due to link"};
    static_assert(sizeof texts / sizeof texts[0] == CRIB_SOURCE_LINK + 1);
    const Scope *by = scope_canceller(scope);
    return error_cancelled(by ? texts[by->source] : nullptr, by ? by->cause : nullptr, task);
}

Error *outcome_tree(Outcome o, const char *task) {
    if (o.tree || o.code >= 0) return o.tree;
    return error_leaf(o.code, nullptr, task);
}

Outcome block_outcome_slow(Scope *block, Leaving leaving, const char *task) {
    Error *held = block->held;
    block->held = nullptr;
    const bool handled = leaving.is_error ? !leaving.error : leaving.code >= 0;
    if (handled || held == leaving.error) {
        error_unref(held);
        held = nullptr;
    }
    if (leaving.is_error) return without_forgery(block, outcome_of(error_join(leaving.error, held)), task);
    if (held && held->code != leaving.code) held = error_leaf_with_cause(leaving.code, nullptr, task, held);
    return without_forgery(block, Outcome{leaving.code, held}, task);
}

Outcome scope_absorb_slow(Scope *scope, Outcome in, bool *caught) {
    if (!scope_absorbs(scope)) return in;
    if (in.tree) {
        in = outcome_of(error_prune_cancelled(in.tree, caught));
    } else if (in.code == CRIB_ECANCELLED) {
        *caught = true;
        in.code = 0;
    }
    if (*caught && in.code == 0 && scope->fail && scope->timed_out) in.code = CRIB_ETOOSLOW;
    return in;
}

void block_hold(Scope *block, Error *tree) { block->held = error_join(block->held, tree); }

}  // namespace crib
