#include "select/clause.hpp"

#include "channel/shared.hpp"
#include "nursery/task.hpp"
#include "sync/event.hpp"
#include "sync/lock.hpp"
#include "sync/semaphore.hpp"
#include "sync/token.hpp"

namespace crib {

namespace {

template <class T>
T *as(void *object) {
    return static_cast<T *>(static_cast<Counted *>(object));
}

int task_try(const Task *t, Value *v) {
    if (!task_ended(t)) return CRIB_EWOULDBLOCK;
    *v = value_int(t->code);
    return 0;
}

int time_try(Scheduler &s, int64_t time) {
    return time <= s.now || time <= driver_now(s.driver) ? 0 : CRIB_EWOULDBLOCK;
}

int end_send_try(End *tx, Value *v) {
    const int rc = is_shared(tx) ? shared_send_try(shared_end(tx), *v) : send_try(tx, *v);
    if (rc == 0) *v = nil();
    return rc;
}

int end_receive_try(End *rx, Value *v) {
    return is_shared(rx) ? shared_receive_try(shared_end(rx), v) : receive_try(rx, v);
}

}  // namespace

int clause_try(Task *t, int32_t kind, void *object, int64_t time, Value *v) {
    switch (kind) {
        case CRIB_CLAUSE_RECEIVE: return end_receive_try(as<End>(object), v);
        case CRIB_CLAUSE_SEND: return end_send_try(as<End>(object), v);
        case CRIB_CLAUSE_LOCK: return lock_try(as<Lock>(object), t);
        case CRIB_CLAUSE_SEMAPHORE: return semaphore_try(as<Semaphore>(object));
        case CRIB_CLAUSE_EVENT: return event_try(as<Event>(object));
        case CRIB_CLAUSE_TOKEN: return token_try(as<Token>(object));
        case CRIB_CLAUSE_TASK: return task_try(as<Task>(object), v);
        case CRIB_CLAUSE_DEADLINE: return time_try(*t->sched, time);
        default: return CRIB_EWOULDBLOCK;
    }
}

int clause_park(Op *op, int32_t kind, void *object, int64_t time, Value v) {
    switch (kind) {
        case CRIB_CLAUSE_RECEIVE: {
            End *rx = as<End>(object);
            return is_shared(rx) ? shared_receive_park(op, shared_end(rx)) : receive_park(op, rx);
        }
        case CRIB_CLAUSE_SEND: {
            End *tx = as<End>(object);
            return is_shared(tx) ? shared_send_park(op, shared_end(tx), v) : send_park(op, tx, v);
        }
        case CRIB_CLAUSE_LOCK: return lock_park(op, as<Lock>(object));
        case CRIB_CLAUSE_SEMAPHORE: return semaphore_park(op, as<Semaphore>(object));
        case CRIB_CLAUSE_EVENT: return event_park(op, as<Event>(object));
        case CRIB_CLAUSE_TOKEN: return token_park(op, as<Token>(object));
        case CRIB_CLAUSE_TASK: return task_wait_park(op, as<Task>(object));
        case CRIB_CLAUSE_DEADLINE: return sleep_park(op, time);
        default: return CRIB_PENDING;
    }
}

void clause_keep(Op *op, int32_t kind, void *object) {
    switch (kind) {
        case CRIB_CLAUSE_RECEIVE: {
            End *rx = as<End>(object);
            return is_shared(rx) ? shared_receive_keep(op, shared_end(rx)) : receive_keep(op, rx);
        }
        case CRIB_CLAUSE_LOCK: return lock_keep(op, as<Lock>(object));
        case CRIB_CLAUSE_SEMAPHORE: return semaphore_keep(op, as<Semaphore>(object));
        default: return;
    }
}

}  // namespace crib
