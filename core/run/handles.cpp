#include "run/handles.hpp"

namespace crib {

namespace {

// Slots are released with their generation moved on, so that what is found is alive; a task may have ended, though.
Task *find_task(const Runtime &rt, uintptr_t id) {
    Task *t = find(rt.tasks, id);
    return t && t->state != TaskState::ended ? t : nullptr;
}

const Task *task_of_op(const Op *op) { return op->task; }

}  // namespace

crib_scope *scope_handle(const Runtime &rt, const Scope *scope) {
    uintptr_t id = 0;
    switch (scope->kind) {
        case ScopeKind::block:
            id = make_id(rt, IdKind::block_scope, static_cast<const BlockScope *>(scope)->slot);
            break;
        case ScopeKind::task: id = make_id(rt, IdKind::task_scope, scope->owner->slot); break;
        case ScopeKind::nursery:
            id = make_id(rt, IdKind::nursery_scope, nursery_of_scope(const_cast<Scope *>(scope))->slot);
            break;
        case ScopeKind::service: return nullptr;
    }
    return reinterpret_cast<crib_scope *>(id);
}

crib_nursery *nursery_handle(const Runtime &rt, const Nursery *n) {
    return reinterpret_cast<crib_nursery *>(make_id(rt, IdKind::nursery, n->slot));
}

crib_op *op_handle(const Runtime &rt, const Op *op) {
    const uintptr_t id = op->extra ? make_id(rt, IdKind::extra_op, static_cast<const ExtraOp *>(op)->slot)
                                   : make_id(rt, IdKind::task_op, task_of_op(op)->slot);
    return reinterpret_cast<crib_op *>(id);
}

// serial (32 bits), slot index (28), kind (3), 1.
uint64_t op_id(const Runtime &rt, const Op *op) {
    const uint64_t handle = bits(op_handle(rt, op));
    return static_cast<uint64_t>(op->serial) << 32 | (handle & 0xffffffff);
}

Scope *find_scope(const Runtime &rt, const crib_scope *handle) {
    const uintptr_t id = bits(handle);
    if (!is_ours(rt, id)) return nullptr;
    switch (kind_of(id)) {
        case IdKind::block_scope: return find(rt.scopes, id);
        case IdKind::task_scope: {
            Task *t = find_task(rt, id);
            return t ? &t->scope : nullptr;
        }
        case IdKind::nursery_scope: {
            Nursery *n = find(rt.nursery_storage, id);
            return n ? &n->scope : nullptr;
        }
        default: return nullptr;
    }
}

Op *find_any_op(const Runtime &rt, const crib_op *handle) {
    const uintptr_t id = bits(handle);
    if (!is_ours(rt, id)) return nullptr;
    if (kind_of(id) == IdKind::extra_op) return find(rt.ops, id);
    if (kind_of(id) != IdKind::task_op) return nullptr;
    Task *t = find_task(rt, id);
    return t ? &t->op : nullptr;
}

Op *find_op(const Runtime &rt, const crib_op *handle) {
    Op *op = find_any_op(rt, handle);
    if (!op) return nullptr;
    return op->given_up || op->task->state == TaskState::ending ? nullptr : op;
}

Op *find_op_by_id(const Runtime &rt, uint64_t id) {
    const uint32_t index = static_cast<uint32_t>(id >> 4 & k_index_mask);
    const uint32_t serial = static_cast<uint32_t>(id >> 32);
    Op *op = nullptr;
    if (kind_of(id) == IdKind::extra_op) {
        op = rt.ops.at(index);
    } else if (kind_of(id) == IdKind::task_op) {
        Task *t = rt.tasks.at(index);
        op = t && t->state == TaskState::alive ? &t->op : nullptr;
    }
    return op && op->state == OpState::pending && op->serial == serial ? op : nullptr;
}

bool is_scope_id(const Runtime &rt, const void *handle) {
    const IdKind kind = kind_of(bits(handle));
    return is_ours(rt, bits(handle)) && kind >= IdKind::block_scope && kind <= IdKind::nursery_scope;
}

bool is_nursery_id(const Runtime &rt, const void *handle) {
    return is_ours(rt, bits(handle)) && kind_of(bits(handle)) == IdKind::nursery;
}

}  // namespace crib
