#include "sync/primitive.hpp"

#include "base/alloc.hpp"

namespace crib {

void *primitive_alloc(size_t bytes) {
    void *p = mem_alloc(bytes);
    if (p) mem_zero(p, bytes);
    return p;
}

void primitive_init(Primitive *p, Scheduler &s, Kind kind) {
    counted_init(*p, kind, 1);
    p->sched = &s;
    link_reset(p->waiting);
    link_reset(p->untaken);
}

void primitive_close(Primitive *p) {
    op_keep_for_good(p->untaken);
    complete_all(p->waiting, CRIB_ECLOSED);
}

void primitive_free(Primitive *p) {
    primitive_close(p);
    p->handle = Kind::dead;
    mem_free(p);
}

void complete_all(Link &waiting, int status) {
    if (link_alone(waiting)) return;
    Link all = waiting;
    all.next->prev = &all;
    all.prev->next = &all;
    link_reset(waiting);
    while (Op *op = take_oldest(all)) op_complete(op, status);
}

size_t count_waiting(const Link &waiting) {
    size_t n = 0;
    for (const Link *l = waiting.next; l != &waiting; l = l->next) n++;
    return n;
}

bool leave_queue_abort(Op *op) {
    link_remove(op->link);
    return true;
}

}  // namespace crib
