// What a cancel says beyond its source: counted, because scopes and Cancelled errors share it.
#pragma once

#include <atomic>
#include <cstdint>

namespace crib {

struct CancelCause {
    std::atomic<uint32_t> refs;
    const char *reason;   // NULL = none; all three are stored behind the struct
    const char *task;     // who cancelled; NULL = unknown
    const char *message;  // the whole, as statement 37 words it
};

// nullptr if there is neither reason nor task, or no memory: then the cancel happens without a text.
CancelCause *cause_new(const char *source, const char *reason, const char *task);
CancelCause *cause_ref(CancelCause *cause);  // NULL is fine
void cause_unref(CancelCause *cause);        // NULL is fine

}  // namespace crib
