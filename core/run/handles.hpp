// Checked handles: ids in pointer clothing for scopes, nurseries and ops.
//
//   63      56 55          32 31              4 3   1 0
//   [ runtime ][ generation ][     index       ][kind][1]
//
// The lowest bit tells them from real pointers. What a task or nursery embeds is numbered by the slot it is embedded in.
#pragma once

#include "run/runtime.hpp"

namespace crib {

static_assert(sizeof(void *) == 8, "handles need 64-bit pointers");

enum class IdKind : uint32_t { block_scope = 1, task_scope, nursery_scope, nursery, extra_op, task_op };

struct Watch {
    ScopeLink link;
    Runtime *rt;
    uint64_t data;
};

crib_scope *scope_handle(const Runtime &rt, const Scope *scope);
crib_nursery *nursery_handle(const Runtime &rt, const Nursery *n);
crib_op *op_handle(const Runtime &rt, const Op *op);
uint64_t op_id(const Runtime &rt, const Op *op);

// nullptr for NULL, a stale handle, one of another runtime or another kind.
Scope *find_scope(const Runtime &rt, const crib_scope *handle);
Nursery *find_nursery(const Runtime &rt, const crib_nursery *handle);
Op *find_op(const Runtime &rt, const crib_op *handle);
// Also one whose owner gave it up or is ending: somebody may still have to complete it.
Op *find_any_op(const Runtime &rt, const crib_op *handle);
// The op whose operation in progress has this number.
Op *find_op_by_id(const Runtime &rt, uint64_t id);
inline bool is_id(const void *handle) { return reinterpret_cast<uintptr_t>(handle) & 1; }
// Whether it is a handle of this kind that this run gave out, stale or not.
bool is_scope_id(const Runtime &rt, const void *handle);
bool is_nursery_id(const Runtime &rt, const void *handle);

int scope_watch(Runtime *rt, Scope *scope, uint64_t data);
// Records that are not about ops, into the poll_ready call under way.
void hand_out_notices(Runtime *rt);
// At the end of a run: what nobody asked for any more.
void notices_discard(Runtime *rt);

}  // namespace crib
