// Finds the slab an address belongs to, also from a signal handler that interrupted a change.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>

#include "base/alloc.hpp"

namespace crib {

struct StackSlab;

class StackDirectory {
  public:
    std::size_t size() const { return size_; }

    bool insert(const char *base, StackSlab *slab) {
        if (size_ == room_ && !grow()) {
            return false;
        }
        std::size_t place = find_place(base);
        std::memmove(entries_ + place + 1, entries_ + place, (size_ - place) * sizeof *entries_);
        entries_[place] = Entry{base, slab};
        std::atomic_signal_fence(std::memory_order_release);
        ++size_;
        return true;
    }

    void remove(const char *base) {
        std::size_t place = find_place(base);
        std::memmove(entries_ + place, entries_ + place + 1, (size_ - place - 1) * sizeof *entries_);
        std::atomic_signal_fence(std::memory_order_release);
        --size_;
    }

    // The slab with the highest base that is not above `addr`; nullptr: all are above.
    StackSlab *find(const char *addr) const {
        std::size_t place = find_place(addr);
        return place < size_ ? entries_[place].slab : nullptr;
    }

    StackSlab *take_last() { return size_ > 0 ? entries_[--size_].slab : nullptr; }

    void destroy() {
        mem_free(entries_);
        entries_ = nullptr;
        size_ = 0;
        room_ = 0;
    }

  private:
    struct Entry {
        const char *base;
        StackSlab *slab;
    };

    std::size_t find_place(const char *addr) const {
        std::size_t from = 0;
        std::size_t to = size_;
        while (from < to) {
            std::size_t middle = (from + to) / 2;
            if (entries_[middle].base <= addr) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        return from;
    }

    // A fiber may overflow in the middle of this: the old array is whole until the new one is in place.
    bool grow() {
        std::size_t room = room_ != 0 ? room_ * 2 : 16;
        Entry *grown = static_cast<Entry *>(mem_alloc(room * sizeof *grown));
        if (grown == nullptr) {
            return false;
        }
        if (size_ > 0) {
            std::memcpy(grown, entries_, size_ * sizeof *grown);
        }
        Entry *old = entries_;
        std::atomic_signal_fence(std::memory_order_release);
        entries_ = grown;
        std::atomic_signal_fence(std::memory_order_release);
        room_ = room;
        mem_free(old);
        return true;
    }

    Entry *entries_ = nullptr;  // highest address first: the order in which mmap hands them out
    std::size_t size_ = 0;
    std::size_t room_ = 0;
};

}  // namespace crib
