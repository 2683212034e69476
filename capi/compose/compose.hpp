// What the compositions share. They are fiber code on the public API, such as a user could write; what that has no word
// for is declared here, and compose.cpp alone looks below.
#pragma once

#include "crib/nursery.h"
#include "crib/token.h"
#include "crib/value.h"

namespace crib {

constexpr crib_value k_no_value = {nullptr, nullptr};

// 0 inside a fiber; otherwise the code of the refusal, with a message in the name of `function` where it is misuse.
int fiber_only(const char *function);
int misuse_of(const char *function, const char *what);
// As by an open that failed.
void poison_block(int code);
// From 0 up to 1: the next number of the run's sequence.
double run_random();

// The works of a call that takes them over: each is handed to one task, or destroyed.
class Works {
  public:
    Works(const crib_work *all, size_t count) : all_(all), count_(all ? count : 0), next_(0) {}
    ~Works() {
        while (left()) destroy(take());
    }
    Works(const Works &) = delete;
    Works &operator=(const Works &) = delete;

    // Every one has a body.
    bool valid() const;
    bool left() const { return next_ < count_; }
    size_t next() const { return next_; }
    const crib_work &take() { return all_[next_++]; }
    // All of them are somebody else's now.
    void taken_over() { next_ = count_; }

    static void destroy(const crib_work &work);

  private:
    const crib_work *all_;
    size_t count_;
    size_t next_;
};

// The option for a limit of `limit` tasks at a time, 0 = none.
uint32_t most_children(size_t limit);
// Waits until the nursery has fewer than `most` children, 0 = no limit. After 0 the next start is not refused, for nobody
// else runs in between; once something is cancelled, there is to be none.
int wait_below(crib_nursery *n, uint32_t most);

// A value of a task, from its handle, which is consumed. NULL: nobody wants it.
void take_result(crib_task *task, crib_value *out);

}  // namespace crib
