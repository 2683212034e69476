#include "base/cause.hpp"

#include <cstdio>
#include <cstring>
#include <new>

#include "base/alloc.hpp"

namespace crib {

namespace {

size_t bytes_of(const char *s) { return s ? strlen(s) + 1 : 0; }

// Appends a string to the text behind the struct and moves on.
const char *put(char **at, const char *s) {
    if (!s) return nullptr;
    char *here = *at;
    const size_t bytes = strlen(s) + 1;
    memcpy(here, s, bytes);
    *at += bytes;
    return here;
}

}  // namespace

CancelCause *cause_new(const char *source, const char *reason, const char *task) {
    if (task && !*task) task = nullptr;
    if (!reason && !task) return nullptr;
    constexpr size_t k_words = sizeof "cancelled due to  with reason '' from task ''";
    const size_t message_bytes = k_words + strlen(source) + bytes_of(reason) + bytes_of(task);
    void *p = mem_alloc(sizeof(CancelCause) + bytes_of(reason) + bytes_of(task) + message_bytes);
    if (!p) return nullptr;
    CancelCause *cause = new (p) CancelCause;
    cause->refs.store(1, std::memory_order_relaxed);
    char *at = reinterpret_cast<char *>(cause + 1);
    cause->reason = put(&at, reason);
    cause->task = put(&at, task);
    cause->message = at;
    snprintf(at, message_bytes, "cancelled due to %s%s%s%s%s%s%s", source, reason ? " with reason '" : "",
             reason ? reason : "", reason ? "'" : "", task ? " from task '" : "", task ? task : "", task ? "'" : "");
    return cause;
}

CancelCause *cause_ref(CancelCause *cause) {
    if (cause) cause->refs.fetch_add(1, std::memory_order_relaxed);
    return cause;
}

void cause_unref(CancelCause *cause) {
    if (cause && cause->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) mem_free(cause);
}

}  // namespace crib
