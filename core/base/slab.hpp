// Dense storage for objects of one type, found by index and checked by generation: what the ids behind scope, nursery
// and op handles point into. Objects never move; a freed slot is the next one handed out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/alloc.hpp"

namespace crib {

// Where an object stands. A handle to it is valid while both numbers match.
struct Slot {
    uint32_t index;
    uint32_t generation;
};

constexpr uint32_t k_generation_mask = 0xffffff;
constexpr uint32_t k_slot_free = 1u << 31;  // in the generation of a slot that is not in use: no handle has it

// T has a member `Slot slot` and a member `T *next_free`, used only while the slot is free.
template <class T>
class Slab {
  public:
    // A slot whose memory is as the last user left it; nullptr without memory.
    T *acquire() {
        if (!free_ && !grow()) return nullptr;
        T *t = free_;
        free_ = t->next_free;
        t->slot.generation &= k_generation_mask;
        live_++;
        return t;
    }

    // Makes the handles of an object stale. Before anything is called that might use them.
    void retire(T *t) { t->slot.generation = ((t->slot.generation + 1) & k_generation_mask) | k_slot_free; }

    // Gives a retired object's slot back.
    void release(T *t) {
        t->next_free = free_;
        free_ = t;
        live_--;
    }

    // The object of a handle, nullptr if it is stale.
    T *find(uint32_t index, uint32_t generation) const {
        if (index / k_chunk >= chunks_) return nullptr;
        T *t = &directory_[index / k_chunk][index % k_chunk];
        return t->slot.generation == generation ? t : nullptr;
    }

    size_t live() const { return live_; }
    size_t bytes() const { return chunks_ * k_chunk * sizeof(T); }
    // The object in use at an index; nullptr if there is none.
    T *at(uint32_t index) const {
        if (index / k_chunk >= chunks_) return nullptr;
        T *t = &directory_[index / k_chunk][index % k_chunk];
        return t->slot.generation & k_slot_free ? nullptr : t;
    }

    void destroy() {
        for (uint32_t i = 0; i < chunks_; i++) mem_free(directory_[i]);
        mem_free(directory_);
        directory_ = nullptr;
        free_ = nullptr;
        chunks_ = room_ = 0;
    }

  private:
    static constexpr uint32_t k_chunk = 64;
    static constexpr uint32_t k_most = (1u << 28) / k_chunk;  // what a handle can number

    bool grow() {
        if (chunks_ == room_) {
            if (room_ >= k_most) return false;
            const uint32_t room = room_ ? room_ * 2 : 4;
            void *p = mem_resize(directory_, sizeof(T *) * room);
            if (!p) return false;
            directory_ = static_cast<T **>(p);
            room_ = room;
        }
        T *chunk = static_cast<T *>(mem_alloc(sizeof(T) * k_chunk));
        if (!chunk) return false;
        for (uint32_t i = k_chunk; i-- > 0;) {
            chunk[i].slot = Slot{chunks_ * k_chunk + i, 1 | k_slot_free};
            chunk[i].next_free = free_;
            free_ = &chunk[i];
        }
        directory_[chunks_++] = chunk;
        return true;
    }

    T **directory_ = nullptr;
    T *free_ = nullptr;
    uint32_t chunks_ = 0;
    uint32_t room_ = 0;
    size_t live_ = 0;
};

}  // namespace crib
