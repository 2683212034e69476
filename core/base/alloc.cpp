#include "base/alloc.hpp"

#include <cstdlib>
#include <cstring>

namespace crib {

namespace {

void *default_alloc(size_t bytes, void *) { return malloc(bytes); }
void *default_resize(void *p, size_t bytes, void *) { return realloc(p, bytes); }
void default_free(void *p, void *) { free(p); }

constexpr Allocator k_default = {default_alloc, default_resize, default_free, nullptr};
Allocator allocator = k_default;

}  // namespace

void mem_set_allocator(const Allocator *a) { allocator = a ? *a : k_default; }

Allocator mem_allocator() { return allocator; }

void *mem_alloc(size_t bytes) { return allocator.alloc(bytes, allocator.user_data); }

void *mem_resize(void *p, size_t bytes) { return allocator.resize(p, bytes, allocator.user_data); }

void mem_free(void *p) {
    if (p) allocator.free(p, allocator.user_data);
}

void mem_zero(void *p, size_t bytes) { memset(p, 0, bytes); }

char *mem_copy_string(const char *s) {
    if (!s) return nullptr;
    const size_t bytes = strlen(s) + 1;
    char *copy = static_cast<char *>(mem_alloc(bytes));
    if (copy) memcpy(copy, s, bytes);
    return copy;
}

}  // namespace crib
