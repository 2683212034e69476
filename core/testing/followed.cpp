#include "testing/followed.hpp"

#include <atomic>
#include <new>

#include "testing/failing_memory.hpp"

namespace crib {

namespace {

struct Followed {
    Followed *older;
    int64_t number;
    std::atomic<uint32_t> drops;
};

std::atomic<Followed *> newest;
// Of rounds that are over: somebody may drop them after all.
Followed *left = nullptr;

void drop(void *p) { static_cast<Followed *>(p)->drops.fetch_add(1); }

constexpr crib_vtable k_table = {sizeof(crib_vtable), drop, "sweep value", CRIB_VALUE_SENDABLE};

// Adds one to the sum, newest first: what is kept in the end is the oldest of the worse kind.
void count(FollowedSum &sum, const Followed *f) {
    const uint32_t drops = f->drops.load();
    if (drops == 1) return;
    if (drops == 0 || sum.left == 0) sum.number = f->number;
    (drops == 0 ? sum.left : sum.twice)++;
}

}  // namespace

Value followed_new(int64_t number) {
    void *p = uncounted_alloc(sizeof(Followed));
    if (!p) return nil();
    Followed *f = new (p) Followed{newest.load(), number, {0}};
    while (!newest.compare_exchange_weak(f->older, f)) {
        // Another thread made one meanwhile.
    }
    return Value{f, &k_table};
}

int64_t followed_number(Value v, int64_t if_not) {
    if (v.vt != &k_table) return if_not;
    const Followed *f = static_cast<Followed *>(v.p);
    return f->drops.load() == 0 ? f->number : if_not;
}

FollowedSum followed_settle() {
    FollowedSum sum = {};
    Followed *f = newest.exchange(nullptr);
    while (f) {
        Followed *older = f->older;
        count(sum, f);
        if (f->drops.load() > 0) {
            uncounted_free(f);
        } else {
            f->older = left;
            left = f;
        }
        f = older;
    }
    return sum;
}

}  // namespace crib
