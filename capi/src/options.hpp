// Option structs, which begin with their size.
#pragma once

#include <cstddef>
#include <cstring>

namespace crib {

// What the caller knows beyond us must be zero.
template <class T>
bool copy_options(T *to, const T *from) {
    memset(to, 0, sizeof *to);
    if (!from) return true;
    size_t size;
    memcpy(&size, from, sizeof size);
    if (size < sizeof size) return false;
    const char *bytes = reinterpret_cast<const char *>(from);
    for (size_t i = sizeof *to; i < size; i++) {
        if (bytes[i]) return false;
    }
    memcpy(static_cast<void *>(to), from, size < sizeof *to ? size : sizeof *to);
    return true;
}

}  // namespace crib
