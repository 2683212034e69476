// The deadlines of a run: a 4-ary heap ordered by time, then by arrival. Nodes are embedded in what waits and know
// their place, so that taking one out needs no search; only adding can need memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crib {

struct DeadlineNode {
    uint32_t place = 0;  // index + 1; 0 = not in the heap
    uint32_t kind = 0;   // what it is embedded in; the heap's user decides
};

class DeadlineHeap {
  public:
    // 0, or UV_ENOMEM: then the node is where it was.
    int add(DeadlineNode *node, int64_t time) {
        if (count_ == capacity_) [[unlikely]] {
            const int rc = grow();
            if (rc < 0) return rc;
        }
        const uint32_t i = count_++;
        const Entry e = {time, arrivals_++, node};
        // A later deadline than its parent's, the usual case, stays where it arrives.
        if (i > 0 && time < entries_[(i - 1) / k_arity].time) [[unlikely]] {
            sift_up(i, e);
        } else {
            place(i, e);
        }
        return 0;
    }
    void remove(DeadlineNode *node) {
        if (node->place == count_ && node->place) {  // the one that arrived last
            node->place = 0;
            count_--;
            return;
        }
        if (node->place) remove_inner(node);
    }
    // Changes the time of a node that is in the heap.
    void move(DeadlineNode *node, int64_t time);

    bool empty() const { return count_ == 0; }
    int64_t first_time() const { return entries_[0].time; }
    DeadlineNode *first() const { return entries_[0].node; }
    size_t count() const { return count_; }
    void destroy();

  private:
    static constexpr uint32_t k_arity = 4;
    struct Entry {
        int64_t time;
        uint64_t order;
        DeadlineNode *node;
    };
    static bool before(const Entry &a, const Entry &b) {
        return a.time != b.time ? a.time < b.time : a.order < b.order;
    }
    void place(uint32_t i, const Entry &e) {
        entries_[i] = e;
        e.node->place = i + 1;
    }
    void sift_up(uint32_t i, Entry e);
    void sift_down(uint32_t i, Entry e);
    void remove_inner(DeadlineNode *node);
    int grow();

    Entry *entries_ = nullptr;
    uint32_t count_ = 0;
    uint32_t capacity_ = 0;
    uint64_t arrivals_ = 0;
};

}  // namespace crib
