#include <cerrno>
#include <climits>

#include "base/alloc.hpp"
#include "compose.hpp"
#include "crib/combine.h"
#include "crib/error.h"
#include "crib/op.h"
#include "crib/scope.h"
#include "crib/task.h"

using namespace crib;

namespace {

struct Item {
    crib_completed *stream;
    crib_work work;
    crib_task *task;    // nullptr until it is started
    crib_error *error;  // of one that failed, until somebody takes it
    int code;           // once it has ended
    Item *next;         // that ended after it
};

}  // namespace

struct crib_completed {
    crib_scope *scope;  // around the nursery: failures nobody took join those of its close here
    crib_nursery *nursery;
    uint32_t most;  // children, the feeder included; 0 = no limit
    size_t count;
    size_t begun;       // given to a task, or found to get none
    size_t running;     // not ended, those not begun included
    crib_task *feeder;  // starts what is above the limit
    Item *first;        // of those that ended, in order
    Item *last;
    crib_task *consumer;  // inside crib_completed_next
    bool waits;           // for the next to end
    bool over;            // closed, but the consumer has not noticed
    crib_task *failed;    // the task that failed last, and
    crib_error *failure;  // its error, until its destroy
    crib_error *others;   // of tasks that are none of the bodies
    Item items[1];
};

namespace {

void ended(Item *item) {
    crib_completed *c = item->stream;
    item->next = nullptr;
    (c->first ? c->last->next : c->first) = item;
    c->last = item;
    c->running--;
    if (!c->waits) return;
    c->waits = false;
    crib_unpark(c->consumer, 0, k_no_value);
}

Item *take_first(crib_completed *c) {
    Item *item = c->first;
    c->first = item->next;
    return item;
}

crib_error *take_failure(crib_completed *c, const crib_task *task) {
    if (c->failed != task) return nullptr;
    crib_error *failure = c->failure;
    c->failure = nullptr;
    crib_unref(c->failed);
    c->failed = nullptr;
    return failure;
}

// What is there still belongs to none of the bodies: a task that one of them started here has failed.
void put_aside(crib_completed *c) {
    crib_error *both[] = {c->others, take_failure(c, c->failed)};
    c->others = c->others && both[1] ? crib_error_group(nullptr, both, 2) : both[c->others ? 0 : 1];
}

// For the policy "supervise": the failure is kept for who asks for the result.
void keep_failure(crib_task *task, crib_error *error, void *stream) {
    crib_completed *c = static_cast<crib_completed *>(stream);
    put_aside(c);
    c->failure = crib_error_ref(error);
    c->failed = crib_task_ref(task);
}

int run_item(void *data) {
    const Item *item = static_cast<Item *>(data);
    return item->work.body(item->work.user_data);
}

// The destroy of its task: that has ended, or was refused.
void item_is_over(void *data) {
    Item *item = static_cast<Item *>(data);
    item->code = item->task ? crib_task_result_code(item->task) : -ENOMEM;
    if (item->task) item->error = take_failure(item->stream, item->task);
    ended(item);
    if (item->work.destroy) item->work.destroy(item->work.user_data);
}

void start_below(crib_completed *c, uint32_t most) {
    while (c->begun < c->count && (most == 0 || crib_nursery_count(c->nursery) < most)) {
        Item *item = &c->items[c->begun++];
        item->task = crib_nursery_spawn(c->nursery, item->work.name, run_item, item, item_is_over);
    }
}

int feed(void *stream) {
    crib_completed *c = static_cast<crib_completed *>(stream);
    while (c->begun < c->count) {
        const int rc = wait_below(c->nursery, c->most);
        if (rc < 0) return rc;
        start_below(c, c->most);
    }
    return 0;
}

// The destroy of the feeder: what it has not started has failed as it did.
void feeder_is_over(void *stream) {
    crib_completed *c = static_cast<crib_completed *>(stream);
    const int code = c->feeder ? crib_task_result_code(c->feeder) : -ENOMEM;
    crib_error *failure = c->feeder ? take_failure(c, c->feeder) : nullptr;
    while (c->begun < c->count) {
        Item *item = &c->items[c->begun++];
        item->code = code;
        item->error = crib_error_ref(failure);
        ended(item);
        if (item->work.destroy) item->work.destroy(item->work.user_data);
    }
    crib_unref(failure);
    crib_unref(c->feeder);
    c->feeder = nullptr;
}

crib_completed *stream_new(const crib_work *works, size_t count, size_t limit) {
    if (count > (SIZE_MAX - sizeof(crib_completed)) / sizeof(Item)) return nullptr;
    void *p = mem_alloc(sizeof(crib_completed) + count * sizeof(Item));
    if (!p) return nullptr;
    mem_zero(p, sizeof(crib_completed));
    crib_completed *c = static_cast<crib_completed *>(p);
    c->count = c->running = count;
    c->most = limit > 0 && limit < count ? most_children(limit) + 1 : 0;
    for (size_t i = 0; i < count; i++) c->items[i] = Item{c, works[i], nullptr, nullptr, 0, nullptr};
    return c;
}

// The blocks of the stream. Without memory the block around it is poisoned.
bool open_blocks(crib_completed *c) {
    c->scope = crib_scope_open(nullptr);
    if (!c->scope) return false;
    crib_nursery_options options = {};
    options.size = sizeof options;
    options.policy = CRIB_POLICY_SUPERVISE;
    options.on_failure = keep_failure;
    options.user_data = c;
    options.max_children = c->most;
    c->nursery = crib_nursery_open_with(&options);
    if (c->nursery) return true;
    crib_scope_close(c->scope, 0, nullptr);
    poison_block(-ENOMEM);
    return false;
}

bool give_up(crib_op *, void *stream) {
    static_cast<crib_completed *>(stream)->waits = false;
    return true;
}

int wait_for_next(crib_completed *c) {
    // A wait for what has ended: it only checks, and yields when the budget is spent.
    if (c->first && c->first->task) return crib_task_wait(c->first->task, nullptr);
    int rc = crib_checkpoint_if_cancelled();
    if (rc < 0 || c->first || c->running == 0) return rc;
    c->waits = true;
    rc = crib_park(give_up, c, "the next body to end", nullptr);
    c->waits = false;
    return rc;
}

crib_error *error_of(const Item *item) {
    if (item->error || item->code >= 0) return item->error;
    if (item->code != CRIB_ECANCELLED) return crib_error_new(item->code, "a body that could not be started");
    crib_error *cancelled = crib_error_cancelled(crib_nursery_scope(item->stream->nursery));
    return cancelled ? cancelled : crib_error_new(-ECANCELED, "a body that was cancelled by itself");
}

void hand_out(Item *item, crib_value *result, crib_error **error) {
    if (error) {
        *error = error_of(item);
    } else {
        crib_unref(item->error);
    }
    if (item->task) take_result(item->task, result);
}

// Failures nobody took join what the block holds. False if there are none.
bool report_rest(crib_completed *c) {
    put_aside(c);
    bool any = crib_fail_error(c->others) < 0;
    while (c->first) {
        const Item *item = take_first(c);
        const bool refused = item->code < 0 && item->code != CRIB_ECANCELLED && !item->error;
        if (crib_fail_error(refused ? error_of(item) : item->error) < 0) any = true;
        if (item->task) take_result(item->task, nullptr);
    }
    return any;
}

int close_blocks(crib_completed *c, int rc) {
    if (rc >= 0) crib_nursery_cancel(c->nursery, "the stream of results is closed");
    int code = crib_nursery_close(c->nursery, rc);
    const bool bare = code == CRIB_ECANCELLED && !crib_error_current();
    if (report_rest(c)) {
        if (bare) crib_fail_error(crib_error_cancelled(c->scope));
        code = crib_error_code(crib_error_current());
    }
    return crib_scope_close(c->scope, code, nullptr);
}

}  // namespace

extern "C" {

crib_completed *crib_completed_open(const crib_work *works, size_t count, size_t limit) {
    Works all(works, count);
    int rc = fiber_only("crib_completed_open");
    const bool sane = (count == 0 || works) && count <= INT_MAX && all.valid();
    if (rc == 0 && !sane) rc = -EINVAL;
    crib_completed *c = rc == 0 ? stream_new(works, count, limit) : nullptr;
    if (!c) {
        poison_block(rc < 0 ? rc : -ENOMEM);
        return nullptr;
    }
    if (!open_blocks(c)) {
        mem_free(c);
        return nullptr;
    }
    all.taken_over();
    start_below(c, c->most ? c->most - 1 : 0);
    if (c->begun < count) c->feeder = crib_nursery_spawn(c->nursery, "crib_completed", feed, c, feeder_is_over);
    return c;
}

int crib_completed_next(crib_completed *c, crib_value *result, crib_error **error) {
    if (result) *result = k_no_value;
    if (error) *error = nullptr;
    int rc = fiber_only("crib_completed_next");
    if (rc < 0) return rc;
    if (!c) return misuse_of("crib_completed_next", "NULL instead of a stream");
    if (c->consumer) return CRIB_EBUSY;
    c->consumer = crib_task_current();
    rc = wait_for_next(c);
    c->consumer = nullptr;
    if (c->over) {
        mem_free(c);
        return CRIB_ECLOSED;
    }
    if (rc < 0) return rc;
    if (!c->first) return CRIB_EENDOFCHANNEL;
    Item *item = take_first(c);
    hand_out(item, result, error);
    return static_cast<int>(item - c->items);
}

int crib_completed_close(crib_completed *c, int rc) {
    if (!c && rc < 0) return rc;  // it could not be opened: the code went on through the checkpoints
    int code = fiber_only("crib_completed_close");
    if (code < 0) return code;
    if (!c) return misuse_of("crib_completed_close", "NULL instead of a stream");
    const crib_task *owner = crib_nursery_parent_task(c->nursery);
    if (owner && owner != crib_task_current()) return misuse_of("crib_completed_close", "a stream of another task");
    if (owner) {
        code = close_blocks(c, rc);
    } else {
        code = misuse_of("crib_completed_close", "a block around the stream was closed first");
        report_rest(c);
    }
    c->over = true;
    if (!c->consumer) mem_free(c);
    return code;
}
}
