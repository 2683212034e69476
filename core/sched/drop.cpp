#include "sched/drop.hpp"

#include "base/alloc.hpp"

namespace crib {

void sched_drop(Scheduler &s, Value v) {
    if (is_nil(v)) return;
    const bool as_record = s.keeps_drops && (v.vt->flags & CRIB_VALUE_DROP_RECORD);
    if (as_record) {
        Dropped *d = static_cast<Dropped *>(mem_alloc(sizeof(Dropped)));
        if (d) {
            *d = Dropped{nullptr, v};
            *s.drops_tail = d;
            s.drops_tail = &d->next;
            return;
        }
    }
    CallbackGuard guard(s);
    value_drop(v);
}

void drop_anywhere(Value v) {
    if (current_scheduler) return sched_drop(*current_scheduler, v);
    value_drop(v);
}

}  // namespace crib
