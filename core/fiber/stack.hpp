// Fiber stacks: cut from large mappings, guarded at the low end, reused hot.
//
// A pool belongs to one thread. Descriptors live in dense arrays apart from the stacks, so that a sleeping stack keeps
// nothing but its top page.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fiber/stack_directory.hpp"

namespace crib {

enum class GuardKind : std::uint8_t {
    automatic,    // the strongest that works here
    lightweight,  // guard markers in the page table: no mapping of their own
    protect,      // mprotect: two more mappings per stack, so only up to a budget
    canary,       // a page that must stay zero, looked at by stack_check_canary
};

struct StackSlab;

struct Stack {
    char *low;  // [low, top) is usable
    char *top;  // 16-aligned; coloured: up to half a page below the end of the slot

    // The pool's own.
    Stack *next;
    Stack *prev;
    StackSlab *slab;
    unsigned valgrind_id;
    GuardKind guard;
    bool cold;
};

struct StackOptions {
    std::size_t default_bytes = 0;           // 0: 64 KiB; 256 in sanitized builds
    std::size_t keep_free = 1024;            // so many free stacks of a size are never given back
    std::size_t protect_budget = 0;          // mprotect guards in the process; 0: a quarter of the system's mappings
    GuardKind guard = GuardKind::automatic;  // the strongest kind to try
    bool coloured = true;
};

struct StackStatistics {
    std::size_t live;
    std::size_t hot;   // free, pages still there
    std::size_t cold;  // free, pages given back
    std::size_t slabs;
    std::size_t mapped_bytes;  // of address space
    std::size_t slabs_unmapped;
    std::size_t stacks_given_back;  // one at a time, their slab being in use
    std::size_t guards_lightweight;
    std::size_t guards_protect;
    std::size_t canaries;
};

struct StackList {
    Stack *first = nullptr;
    Stack *last = nullptr;
    std::size_t count = 0;
};

// All stacks of one size.
struct StackClass {
    StackList hot;
    StackList cold;
    StackSlab *fresh = nullptr;  // has slots never handed out
    std::size_t bytes = 0;
    std::size_t next_count = 0;
    std::size_t live = 0;
    std::size_t peak = 0;    // of live, in this window
    std::size_t recent = 0;  // decaying peak: what was needed lately
    std::size_t window = 0;  // releases until the next decay
};

class StackPool {
  public:
    StackPool() = default;
    StackPool(const StackPool &) = delete;
    StackPool &operator=(const StackPool &) = delete;

    int init(std::size_t default_bytes);  // 0, -EINVAL
    int init(const StackOptions &options);

    // 0: the default size. Rounded up to a size class; the colour takes up to half a page of it. nullptr: no memory, or
    // more than 1 GiB asked for.
    Stack *acquire(std::size_t bytes);

    // The next acquire of that size gets this one. Gives at most one slab or one stack's pages back to the system.
    void release(Stack *stack);

    // For a thread that has been idle for a while: forgets a quarter of what was needed lately and gives back up to
    // `steps` slabs or stacks. True: there is more to give back.
    bool trim(unsigned steps);

    void destroy();  // every stack must have been released

    // The stack whose guard page holds `addr`, or nullptr. Async-signal-safe on the pool's own thread.
    const Stack *guard_hit(const void *addr) const;

    StackStatistics statistics() const;

  private:
    StackClass *class_for(std::size_t bytes);
    Stack *acquire_slow(StackClass &group);
    StackSlab *add_slab(StackClass &group);
    Stack *open_slot(StackSlab &slab);
    GuardKind install_guard(StackSlab &slab, char *page);
    static void end_window(StackClass &group);
    void account_surplus(StackClass &group);
    bool surplus(const StackClass &group) const;
    void give_back(StackClass &group);
    void retire(StackClass &group, StackSlab &slab);
    void unmap(StackSlab *slab);

    static constexpr std::size_t class_count = 32;

    StackClass classes_[class_count];
    StackClass *default_ = nullptr;
    StackDirectory directory_;
    std::size_t page_ = 0;
    std::size_t min_bytes_ = 0;
    StackOptions options_;
    StackStatistics counts_ = {};
};

bool canary_intact(const Stack *stack);

// False: the stack has overflowed into the memory below it, which is lost. Always true where guard pages do the job.
inline bool stack_check_canary(const Stack *stack) { return stack->guard != GuardKind::canary || canary_intact(stack); }

}  // namespace crib
