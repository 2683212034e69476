#include "sync/limiter.hpp"

#include <cerrno>
#include <cmath>

#include "base/alloc.hpp"
#include "base/diag.hpp"

namespace crib {

namespace {

bool acquire_abort(Op *op);
void acquire_undo(Op *op);
void acquire_taken(Op *op);
constexpr WaitKind k_limiter = {"a capacity limiter", acquire_abort, acquire_undo, false, acquire_taken};

/* --- the table --- */

Borrower **bucket(Borrower **table, size_t buckets, const void *who) {
    const uint64_t h = reinterpret_cast<uintptr_t>(who) * 0x9e3779b97f4a7c15ull;
    return &table[(h >> 32) & (buckets - 1)];
}

Borrower **bucket_of(const Limiter *l, const void *who) { return bucket(l->table, l->buckets, who); }

Borrower *find(const Limiter *l, const void *who) {
    if (!l->table) return nullptr;
    Borrower *b = *bucket_of(l, who);
    while (b && b->who != who) b = b->next;
    return b;
}

bool grow(Limiter *l) {
    const size_t buckets = l->buckets ? l->buckets * 2 : 16;
    Borrower **table = static_cast<Borrower **>(primitive_alloc(buckets * sizeof(Borrower *)));
    if (!table) return false;
    for (size_t i = 0; i < l->buckets; i++) {
        while (Borrower *b = l->table[i]) {
            l->table[i] = b->next;
            Borrower **place = bucket(table, buckets, b->who);
            b->next = *place;
            *place = b;
        }
    }
    mem_free(l->table);
    l->table = table;
    l->buckets = buckets;
    return true;
}

Borrower *record_new(Limiter *l, const void *who) {
    if (l->records == l->buckets && !grow(l)) return nullptr;
    Borrower *b = l->unused;
    if (b) {
        l->unused = b->next;
    } else {
        b = static_cast<Borrower *>(mem_alloc(sizeof(Borrower)));
        if (!b) return nullptr;
    }
    *b = Borrower{};
    b->who = who;
    b->limiter = l;
    Borrower **place = bucket_of(l, who);
    b->next = *place;
    *place = b;
    l->records++;
    return b;
}

void record_free(Borrower *b) {
    Limiter *l = b->limiter;
    Borrower **place = bucket_of(l, b->who);
    while (*place != b) place = &(*place)->next;
    *place = b->next;
    task_unlink(&b->of_task);
    b->next = l->unused;
    l->unused = b;
    l->records--;
}

/* --- tokens --- */

bool has_token_left(const Limiter *l) { return static_cast<double>(l->borrowed) < l->total; }

void task_ended(TaskLink *link);

void lend(Borrower *b, Task *task) {
    b->has_token = true;
    b->limiter->borrowed++;
    if (!task) return;
    b->of_task.ended = task_ended;
    task_link(task, &b->of_task);
}

// Whose own token it is; the borrower of another kind is no task.
Task *own_task(const Borrower *b, const Op *op) { return b->who == op->task ? op->task : nullptr; }

void serve(Limiter *l) {
    while (has_token_left(l)) {
        Op *op = take_oldest(l->waiting);
        if (!op) return;
        Borrower *b = static_cast<Borrower *>(op->on);
        lend(b, own_task(b, op));
        op_keep(op, &k_limiter, b, l->untaken);
        if (!op_may_leave(op)) b->op = nullptr;
        op_complete(op, 0);
    }
}

void give_back(Borrower *b) {
    Limiter *l = b->limiter;
    if (b->op) {
        // Given back before its result was taken: there is nothing to undo any more.
        link_remove(b->op->link);
        b->op->kind = nullptr;
    }
    record_free(b);
    l->borrowed--;
    serve(l);
}

void task_ended(TaskLink *link) {
    Borrower *b = reinterpret_cast<Borrower *>(reinterpret_cast<char *>(link) - offsetof(Borrower, of_task));
    give_back(b);
}

bool acquire_abort(Op *op) {
    record_free(static_cast<Borrower *>(op->on));
    return leave_queue_abort(op);
}

void acquire_undo(Op *op) {
    link_remove(op->link);
    if (op->status != 0) return;
    Borrower *b = static_cast<Borrower *>(op->on);
    b->op = nullptr;
    give_back(b);
}

void acquire_taken(Op *op) {
    if (op->status == 0) static_cast<Borrower *>(op->on)->op = nullptr;
}

}  // namespace

bool limiter_total_fits(double total) { return total >= 0 && (std::isinf(total) || std::floor(total) == total); }

Limiter *limiter_new(Scheduler &s, double total) {
    Limiter *l = primitive_new<Limiter>(s, Kind::limiter);
    if (l) l->total = total;
    return l;
}

void limiter_free(Limiter *l) {
    primitive_close(l);
    for (size_t i = 0; i < l->buckets; i++) {
        while (l->table[i]) record_free(l->table[i]);
    }
    while (Borrower *b = l->unused) {
        l->unused = b->next;
        mem_free(b);
    }
    mem_free(l->table);
    l->handle = Kind::dead;
    mem_free(l);
}

int limiter_release(Limiter *l, const void *who) {
    Borrower *b = find(l, who);
    if (!b || !b->has_token) return CRIB_EMISUSE;
    give_back(b);
    return 0;
}

void limiter_set_total(Limiter *l, double total) {
    l->total = total;
    serve(l);
}

size_t limiter_borrowers(const Limiter *l, const void **out, size_t n) {
    size_t found = 0;
    for (size_t i = 0; i < l->buckets; i++) {
        for (const Borrower *b = l->table[i]; b; b = b->next) {
            if (!b->has_token) continue;
            if (found < n) out[found] = b->who;
            found++;
        }
    }
    return found;
}

int limiter_try(Limiter *l, BorrowerName name) {
    if (find(l, name.who)) return CRIB_EMISUSE;
    if (!has_token_left(l)) return CRIB_EWOULDBLOCK;
    Borrower *b = record_new(l, name.who);
    if (!b) return -ENOMEM;
    lend(b, name.task);
    return 0;
}

static int finish_at_once(Op *op, Limiter *l, const void *who, int rc) {
    Borrower *b = rc == 0 ? find(l, who) : nullptr;
    rc = op_immediate_kept(op, rc, &k_limiter, b, l->untaken);
    if (rc == CRIB_PENDING && b && op_may_leave(op)) b->op = op;
    return rc;
}

int begin_limiter_acquire(Op *op, Limiter *l, BorrowerName name, const char *function) {
    int rc = op_check(op);
    if (rc == 0) rc = limiter_try(l, name);
    if (rc == CRIB_EMISUSE && find(l, name.who)) [[unlikely]]
        return diag_misuse(function, task_name(op->task), "the borrower has a token already, or waits for one");
    if (rc != CRIB_EWOULDBLOCK) return finish_at_once(op, l, name.who, rc);
    Borrower *b = record_new(l, name.who);
    if (!b) return op_immediate(op, -ENOMEM);
    b->op = op;
    link_append(l->waiting, op->link);
    return op_park(op, &k_limiter, b);
}

}  // namespace crib
