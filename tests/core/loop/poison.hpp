// An allocator that fills freed memory with rubbish and keeps it, so that libuv, which no sanitizer looks into, trips
// over a handle that was freed too early.
#pragma once

#include <cstdlib>
#include <cstring>

#include "base/alloc.hpp"
#include "support/check.h"

struct alignas(16) PoisonBlock {
    PoisonBlock *next;
    size_t bytes;
};

inline PoisonBlock *poisoned_blocks;
inline int blocks_in_use;

inline void *poison_alloc(size_t bytes, void *) {
    PoisonBlock *block = static_cast<PoisonBlock *>(malloc(sizeof(PoisonBlock) + bytes));
    CHECK(block != nullptr);
    block->bytes = bytes;
    blocks_in_use++;
    return block + 1;
}

inline void *poison_resize(void *, size_t, void *) {
    CHECK(!"the loop has no need of this");
    return nullptr;
}

inline void poison_free(void *p, void *) {
    if (p == nullptr) return;
    PoisonBlock *block = static_cast<PoisonBlock *>(p) - 1;
    memset(p, 0xDD, block->bytes);
    block->next = poisoned_blocks;
    poisoned_blocks = block;
    blocks_in_use--;
}

inline void poison_freed_memory() {
    crib::Allocator allocator = {poison_alloc, poison_resize, poison_free, nullptr};
    crib::mem_set_allocator(&allocator);
}

// Gives the freed blocks back, looking for writes into them; how many blocks are still in use.
inline int release_poisoned() {
    while (PoisonBlock *block = poisoned_blocks) {
        poisoned_blocks = block->next;
        const unsigned char *bytes = reinterpret_cast<unsigned char *>(block + 1);
        for (size_t i = 0; i < block->bytes; i++) CHECK(bytes[i] == 0xDD);
        free(block);
    }
    return blocks_in_use;
}
