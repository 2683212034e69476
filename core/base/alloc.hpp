// The allocator hook: everything the library takes from the heap goes through here. Nothing throws; NULL means that
// memory is exhausted, and every caller has a way to report it.
#pragma once

#include <cstddef>

namespace crib {

struct Allocator {
    void *(*alloc)(size_t bytes, void *user_data);
    void *(*resize)(void *p, size_t bytes, void *user_data);
    void (*free)(void *p, void *user_data);
    void *user_data;
};

// NULL restores malloc. Only while nothing of the library is in use.
void mem_set_allocator(const Allocator *a);
Allocator mem_allocator();

void *mem_alloc(size_t bytes);
void *mem_resize(void *p, size_t bytes);
void mem_free(void *p);
// Zeroes memory by a call of memset: inlined by size it is slower.
void mem_zero(void *p, size_t bytes);
// A copy of a string; NULL for NULL and without memory.
char *mem_copy_string(const char *s);

}  // namespace crib
