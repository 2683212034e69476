// What stacks need from the system: memory and guard pages.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

namespace crib {

#ifdef MADV_GUARD_INSTALL
inline constexpr int guard_advice = MADV_GUARD_INSTALL;
#else
inline constexpr int guard_advice = 102;  // Linux 6.13; headers are often older
#endif

inline bool guard_lightweight_install([[maybe_unused]] void *page, [[maybe_unused]] std::size_t bytes) {
#ifdef __linux__
    return madvise(page, bytes, guard_advice) == 0;
#else
    return false;
#endif
}

// Emulators accept advice they do not know, so the kernel is then asked for the page, which it must refuse.
inline bool guard_lightweight_probe(std::size_t page_size) {
#ifdef __linux__
    constexpr int populate_read = 22;  // MADV_POPULATE_READ, older than these guards
    void *page = mmap(nullptr, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) return false;
    int saved_errno = errno;
    bool works =
        guard_lightweight_install(page, page_size) && madvise(page, page_size, populate_read) != 0 && errno == EFAULT;
    munmap(page, page_size);
    errno = saved_errno;
    return works;
#else
    return page_size == 0;  // never
#endif
}

// A guard by mprotect splits a mapping in three; a quarter of what the kernel allows leaves room for everyone else.
inline std::size_t guard_protect_budget() {
    constexpr std::size_t otherwise = 16000;
#ifdef __linux__
    int fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return otherwise;
    }
    char text[32];
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    if (got <= 0) {
        return otherwise;
    }
    text[got] = '\0';
    long limit = std::strtol(text, nullptr, 10);
    return limit > 0 ? static_cast<std::size_t>(limit) / 4 : otherwise;
#else
    return otherwise;
#endif
}

// Must leave lightweight guards in force, as MADV_DONTNEED does.
#ifdef __linux__
inline constexpr int pages_unneeded = MADV_DONTNEED;
#else
inline constexpr int pages_unneeded = MADV_FREE;
#endif

// A signal handler may run on any stack, without asking.
inline std::size_t stack_smallest(std::size_t page) {
    std::size_t frame = 0;
#ifdef _SC_MINSIGSTKSZ
    long asked = sysconf(_SC_MINSIGSTKSZ);
    frame = asked > 0 ? static_cast<std::size_t>(asked) : 0;
#endif
    if (frame < 2048) {
        frame = 2048;
    }
    std::size_t need = frame + 4096 + page;
    std::size_t floor = std::size_t{16} << 10;
    need = need < floor ? floor : need;
    return (need + page - 1) & ~(page - 1);
}

inline char *stack_map(std::size_t bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
    flags |= MAP_NORESERVE;
#endif
#if defined(MAP_STACK) && (defined(__linux__) || defined(__OpenBSD__))
    flags |= MAP_STACK;  // elsewhere it may mean "grows on its own"
#endif
    void *base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (base == MAP_FAILED) {
        return nullptr;
    }
#ifdef MADV_NOHUGEPAGE
    madvise(base, bytes, MADV_NOHUGEPAGE);  // one touched page must not become 2 MiB
#endif
    return static_cast<char *>(base);
}

}  // namespace crib
