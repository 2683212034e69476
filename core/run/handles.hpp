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

constexpr uint32_t k_index_mask = 0xfffffff;

inline uintptr_t make_id(const Runtime &rt, IdKind kind, Slot slot) {
    return static_cast<uintptr_t>(rt.tag) << 56 | static_cast<uintptr_t>(slot.generation & k_generation_mask) << 32 |
           static_cast<uintptr_t>(slot.index) << 4 | static_cast<uintptr_t>(kind) << 1 | 1;
}

inline uintptr_t bits(const void *handle) { return reinterpret_cast<uintptr_t>(handle); }
inline IdKind kind_of(uintptr_t id) { return static_cast<IdKind>(id >> 1 & 7); }
inline bool is_ours(const Runtime &rt, uintptr_t id) { return (id & 1) && id >> 56 == rt.tag; }

template <class T>
T *find(const Slab<T> &slab, uintptr_t id) {
    return slab.find(static_cast<uint32_t>(id >> 4 & k_index_mask),
                     static_cast<uint32_t>(id >> 32 & k_generation_mask));
}

// The application's own scope of a handle: the usual case of find_scope.
inline BlockScope *find_block(const Runtime &rt, const crib_scope *handle) {
    const uintptr_t id = bits(handle);
    return is_ours(rt, id) && kind_of(id) == IdKind::block_scope ? find(rt.scopes, id) : nullptr;
}

inline Nursery *find_nursery(const Runtime &rt, const crib_nursery *handle) {
    const uintptr_t id = bits(handle);
    if (!is_ours(rt, id) || kind_of(id) != IdKind::nursery) return nullptr;
    return find(static_cast<const Slab<Nursery> &>(rt.nursery_storage), id);
}

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
Op *find_op(const Runtime &rt, const crib_op *handle);
// Also one whose owner gave it up or is ending: somebody may still have to complete it.
Op *find_any_op(const Runtime &rt, const crib_op *handle);
// The op whose operation in progress has this number.
Op *find_op_by_id(const Runtime &rt, uint64_t id);
inline bool is_id(const void *handle) { return bits(handle) & 1; }
// Whether it is a handle of this kind that this run gave out, stale or not.
bool is_scope_id(const Runtime &rt, const void *handle);
bool is_nursery_id(const Runtime &rt, const void *handle);

int scope_watch(Runtime *rt, Scope *scope, uint64_t data);
// Records that are not about ops, into the poll_ready call under way.
void hand_out_notices(Runtime *rt);
// At the end of a run: what nobody asked for any more.
void notices_discard(Runtime *rt);

}  // namespace crib
