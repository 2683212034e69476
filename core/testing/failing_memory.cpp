#include "testing/failing_memory.hpp"

#include <atomic>

#include "base/alloc.hpp"

namespace crib {

namespace {

// Threads of the program may allocate too.
Allocator below;
bool installed = false;
std::atomic<uint64_t> calls;
std::atomic<int64_t> live;
std::atomic<uint64_t> fails_at;
std::atomic<bool> fails_onward;
std::atomic<bool> failed;

bool fails() {
    const uint64_t at = fails_at.load();
    const uint64_t call = calls.fetch_add(1) + 1;
    if (at == 0 || call < at || (call > at && !fails_onward.load())) return false;
    failed.store(true);
    return true;
}

void *counted_alloc(size_t bytes, void *) {
    void *p = fails() ? nullptr : below.alloc(bytes, below.user_data);
    if (p) live.fetch_add(1);
    return p;
}

void *counted_resize(void *p, size_t bytes, void *unused) {
    if (!p) return counted_alloc(bytes, unused);
    return fails() ? nullptr : below.resize(p, bytes, below.user_data);
}

void counted_free(void *p, void *) {
    live.fetch_sub(1);
    below.free(p, below.user_data);
}

}  // namespace

void failing_memory_begin() {
    below = mem_allocator();
    installed = true;
    live.store(0);
    failing_memory_arm(0, false);
    const Allocator counting = {counted_alloc, counted_resize, counted_free, nullptr};
    mem_set_allocator(&counting);
}

void failing_memory_end() {
    mem_set_allocator(&below);
    installed = false;
}

void failing_memory_arm(uint64_t fail_at, bool onward) {
    calls.store(0);
    failed.store(false);
    fails_onward.store(onward);
    fails_at.store(fail_at);
}

bool failing_memory_disarm() {
    fails_at.store(0);
    return failed.load();
}

int64_t failing_memory_live() { return live.load(); }

void *uncounted_alloc(size_t bytes) { return installed ? below.alloc(bytes, below.user_data) : mem_alloc(bytes); }

void uncounted_free(void *p) {
    if (!installed) return mem_free(p);
    if (p) below.free(p, below.user_data);
}

}  // namespace crib
