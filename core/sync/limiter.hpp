// Capacity limiters (statement 104, D6): tokens that belong to borrowers. A borrower is an address; a record stands for it
// from the moment it waits until it gives its token back.
#pragma once

#include "sync/primitive.hpp"

namespace crib {

struct Limiter;

struct Borrower {
    Borrower *next;  // in its bucket, or in the list of free records
    const void *who;
    Limiter *limiter;
    Op *op;            // waits, or has the token and was not taken yet; NULL otherwise
    TaskLink of_task;  // a task's own: given back when it ends
    bool has_token;
};

struct Limiter : Primitive {
    double total;
    size_t borrowed;
    size_t records;
    size_t buckets;  // a power of two
    Borrower **table;
    Borrower *unused;
};

// Whom an acquire is for: a task, or an address.
struct BorrowerName {
    const void *who;
    Task *task;  // NULL = not a task's own
};

bool limiter_total_fits(double total);  // a whole number >= 0 or infinite
Limiter *limiter_new(Scheduler &s, double total);
void limiter_free(Limiter *l);
int limiter_release(Limiter *l, const void *who);  // 0, or CRIB_EMISUSE without a message
void limiter_set_total(Limiter *l, double total);
size_t limiter_borrowers(const Limiter *l, const void **out, size_t n);

// 0; CRIB_EWOULDBLOCK; UV_ENOMEM; CRIB_EMISUSE if it has a token or waits for one.
int limiter_try(Limiter *l, BorrowerName name);
int begin_limiter_acquire(Op *op, Limiter *l, BorrowerName name, const char *function);

}  // namespace crib
