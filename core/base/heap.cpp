#include "base/heap.hpp"

#include <cerrno>

#include "base/alloc.hpp"

namespace crib {

namespace {
constexpr uint32_t k_most = UINT32_MAX / 2;
}  // namespace

int DeadlineHeap::grow() {
    if (capacity_ >= k_most) return -ENOMEM;
    const uint32_t capacity = capacity_ ? capacity_ * 2 : 16;
    void *p = mem_resize(entries_, sizeof(Entry) * capacity);
    if (!p) return -ENOMEM;
    entries_ = static_cast<Entry *>(p);
    capacity_ = capacity;
    return 0;
}

void DeadlineHeap::remove_inner(DeadlineNode *node) {
    const uint32_t i = node->place - 1;
    node->place = 0;
    const Entry last = entries_[--count_];
    if (i == count_) return;
    if (i > 0 && before(last, entries_[(i - 1) / k_arity])) return sift_up(i, last);
    sift_down(i, last);
}

void DeadlineHeap::move(DeadlineNode *node, int64_t time) {
    const uint32_t i = node->place - 1;
    Entry e = entries_[i];
    e.time = time;
    if (i > 0 && before(e, entries_[(i - 1) / k_arity])) return sift_up(i, e);
    sift_down(i, e);
}

void DeadlineHeap::sift_up(uint32_t i, Entry e) {
    while (i > 0) {
        const uint32_t parent = (i - 1) / k_arity;
        if (!before(e, entries_[parent])) break;
        place(i, entries_[parent]);
        i = parent;
    }
    place(i, e);
}

void DeadlineHeap::sift_down(uint32_t i, Entry e) {
    for (;;) {
        const uint64_t first = static_cast<uint64_t>(i) * k_arity + 1;
        if (first >= count_) break;
        uint32_t least = static_cast<uint32_t>(first);
        const uint64_t end = first + k_arity < count_ ? first + k_arity : count_;
        for (uint32_t c = least + 1; c < end; c++) {
            if (before(entries_[c], entries_[least])) least = c;
        }
        if (!before(entries_[least], e)) break;
        place(i, entries_[least]);
        i = least;
    }
    place(i, e);
}

void DeadlineHeap::destroy() {
    mem_free(entries_);
    entries_ = nullptr;
    count_ = capacity_ = 0;
}

}  // namespace crib
