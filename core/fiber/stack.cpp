#include "fiber/stack.hpp"

#include <bit>
#include <new>

#include "base/alloc.hpp"
#include "fiber/stack_memory.hpp"
#include "fiber/sanitize.hpp"
#include "fiber/stack_list.hpp"

#if defined(CRIB_VALGRIND) && __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#define CRIB_STACK_REGISTER(low, top) VALGRIND_STACK_REGISTER(low, top)
#define CRIB_STACK_DEREGISTER(id)     VALGRIND_STACK_DEREGISTER(id)
#else
#define CRIB_STACK_REGISTER(low, top) 0U
#define CRIB_STACK_DEREGISTER(id)     static_cast<void>(id)
#endif

namespace crib {

// One mapping, `count` slots of `stride` bytes: guard page, then stack. Followed in memory by the descriptors.
struct StackSlab {
    char *base;
    std::size_t bytes;
    std::size_t stride;
    std::size_t count;
    std::size_t opened;  // slots that have a guard and a descriptor; the others were never handed out
    std::size_t live;
    std::size_t protects;
    StackClass *group;

    Stack *stacks() { return reinterpret_cast<Stack *>(this + 1); }
};

namespace {

constexpr std::size_t default_bytes = std::size_t{CRIB_ASAN || CRIB_TSAN ? 256 : 64}
                                      << 10;               // checked frames are bigger
constexpr std::size_t fine_limit = std::size_t{64} << 10;  // size classes: by pages up to here, then powers of two
constexpr std::size_t max_bytes = std::size_t{1} << 30;
constexpr std::size_t first_slab_count = 16;
constexpr std::size_t slab_limit = std::size_t{8} << 20;
constexpr std::size_t colour_step = 64;  // a cache line
constexpr std::size_t canary_bytes = 512;
constexpr std::size_t min_window = 1024;

enum : int { unknown, yes, no };
std::atomic<int> lightweight_works{unknown};
std::atomic<std::size_t> protects_in_use{0};

bool lightweight_available(std::size_t page) {
    int known = lightweight_works.load(std::memory_order_relaxed);
    if (known == unknown) {
        known = guard_lightweight_probe(page) ? yes : no;
        lightweight_works.store(known, std::memory_order_relaxed);
    }
    return known == yes;
}

bool reserve_protect(std::size_t budget) {
    if (protects_in_use.fetch_add(1, std::memory_order_relaxed) < budget) {
        return true;
    }
    protects_in_use.fetch_sub(1, std::memory_order_relaxed);
    return false;
}

// What the dead fiber's frames left behind in the sanitizer's eyes must not outlive it.
void forget_frames([[maybe_unused]] const Stack *stack) {
#if CRIB_ASAN
    __asan_unpoison_memory_region(stack->low, static_cast<std::size_t>(stack->top - stack->low));
#endif
}

const std::uint64_t *canary_of(const Stack *stack) {
    return reinterpret_cast<const std::uint64_t *>(stack->low - canary_bytes);
}

}  // namespace

// Zero pages cost no memory to look at; frames leave at least one return address per 512 bytes or a buffer's content.
bool canary_intact(const Stack *stack) {
    const std::uint64_t *words = canary_of(stack);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < canary_bytes / sizeof *words; ++i) {
        seen |= words[i];
    }
    return seen == 0;
}

int StackPool::init(std::size_t bytes) {
    StackOptions options;
    options.default_bytes = bytes;
    return init(options);
}

int StackPool::init(const StackOptions &options) {
    options_ = options;
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    min_bytes_ = stack_smallest(page_);
    if (options_.guard == GuardKind::automatic) {
        options_.guard = GuardKind::lightweight;
    }
    if (options_.guard == GuardKind::lightweight && !lightweight_available(page_)) {
        options_.guard = GuardKind::protect;
    }
    if (options_.guard == GuardKind::protect && options_.protect_budget == 0) {
        options_.protect_budget = guard_protect_budget();
    }
    default_ = class_for(options_.default_bytes != 0 ? options_.default_bytes : default_bytes);
    return default_ != nullptr ? 0 : -EINVAL;
}

StackClass *StackPool::class_for(std::size_t bytes) {
    if (bytes == 0) {
        return default_;
    }
    if (bytes > max_bytes) {
        return nullptr;
    }
    if (bytes < min_bytes_) {
        bytes = min_bytes_;
    }
    std::size_t index = 0;
    if (bytes <= fine_limit) {
        bytes = (bytes + page_ - 1) & ~(page_ - 1);
        index = bytes / page_;
    } else {
        bytes = std::bit_ceil(bytes);
        index = static_cast<std::size_t>(std::countr_zero(bytes));
    }
    StackClass &group = classes_[index];
    group.bytes = bytes;
    return &group;
}

Stack *StackPool::acquire(std::size_t bytes) {
    StackClass *group = class_for(bytes);
    if (group == nullptr) {
        return nullptr;
    }
    Stack *stack = list_pop(group->hot);
    if (stack == nullptr) {
        stack = acquire_slow(*group);
        if (stack == nullptr) {
            return nullptr;
        }
    }
    ++stack->slab->live;
    ++counts_.live;
    if (++group->live > group->peak) {
        group->peak = group->live;
    }
    return stack;
}

Stack *StackPool::acquire_slow(StackClass &group) {
    Stack *stack = list_pop(group.cold);
    if (stack != nullptr) {
        stack->cold = false;
        return stack;
    }
    StackSlab *slab = group.fresh;
    if (slab == nullptr) {
        slab = add_slab(group);
        if (slab == nullptr) {
            return nullptr;
        }
    }
    stack = open_slot(*slab);
    group.fresh = slab->opened < slab->count ? slab : nullptr;
    return stack;
}

StackSlab *StackPool::add_slab(StackClass &group) {
    std::size_t stride = group.bytes + page_;
    std::size_t most = slab_limit / stride > 0 ? slab_limit / stride : 1;
    std::size_t count = group.next_count != 0 ? group.next_count : first_slab_count;
    count = count < most ? count : most;
    char *base = stack_map(count * stride);
    while (base == nullptr && count > 1) {
        count /= 2;
        base = stack_map(count * stride);
    }
    if (base == nullptr) {
        return nullptr;
    }
    void *memory = mem_alloc(sizeof(StackSlab) + count * sizeof(Stack));
    if (memory == nullptr) {
        munmap(base, count * stride);
        return nullptr;
    }
    StackSlab *slab = new (memory) StackSlab{base, count * stride, stride, count, 0, 0, 0, &group};
    if (!directory_.insert(base, slab)) {
        munmap(base, slab->bytes);
        mem_free(memory);
        return nullptr;
    }
    group.next_count = count * 2;
    counts_.mapped_bytes += slab->bytes;
    return slab;
}

// Guards are installed here, one by one: a program that uses 16 stacks pays for 16.
Stack *StackPool::open_slot(StackSlab &slab) {
    std::size_t index = slab.opened;
    char *slot = slab.base + index * slab.stride;
    char *top = slot + slab.stride;
    if (options_.coloured) {
        // Tops at the same offset of their pages would all share one cache set. Half of the page stays for frames.
        top -= index * colour_step % (page_ / 2);
    }
    Stack *stack = new (&slab.stacks()[index]) Stack{};
    stack->low = slot + page_;
    stack->top = top;
    stack->slab = &slab;
    stack->guard = install_guard(slab, slot);
    stack->valgrind_id = CRIB_STACK_REGISTER(stack->low, top);
    ++slab.opened;
    return stack;
}

GuardKind StackPool::install_guard(StackSlab &slab, char *page) {
    if (options_.guard == GuardKind::lightweight && guard_lightweight_install(page, page_)) {
        ++counts_.guards_lightweight;
        return GuardKind::lightweight;
    }
    if (options_.guard != GuardKind::canary && reserve_protect(options_.protect_budget)) {
        if (mprotect(page, page_, PROT_NONE) == 0) {
            ++slab.protects;
            ++counts_.guards_protect;
            return GuardKind::protect;
        }
        protects_in_use.fetch_sub(1, std::memory_order_relaxed);
    }
    ++counts_.canaries;
    return GuardKind::canary;
}

void StackPool::release(Stack *stack) {
    StackSlab &slab = *stack->slab;
    StackClass &group = *slab.group;
    forget_frames(stack);
    if (!stack_check_canary(stack)) {
        std::memset(stack->low - page_, 0, page_);  // the next user is not to blame
    }
    --slab.live;
    --group.live;
    --counts_.live;
    list_push(group.hot, stack);
    if (group.hot.count > options_.keep_free) {
        account_surplus(group);
    }
}

// Decays slowly, counted in releases: a program that needs a crowd again and again keeps the crowd's stacks.
void StackPool::end_window(StackClass &group) {
    std::size_t decayed = group.recent - (group.recent + 3) / 4;
    group.recent = group.peak > decayed ? group.peak : decayed;
    group.peak = group.live;
    group.window = group.recent / 2 > min_window ? group.recent / 2 : min_window;
}

void StackPool::account_surplus(StackClass &group) {
    if (group.window == 0) {
        end_window(group);
    }
    --group.window;
    if (surplus(group)) {
        give_back(group);
    }
}

bool StackPool::surplus(const StackClass &group) const {
    std::size_t needed = group.peak > group.recent ? group.peak : group.recent;
    std::size_t wanted = needed - group.live;  // live never exceeds the peak
    return group.hot.count > (wanted > options_.keep_free ? wanted : options_.keep_free);
}

// One system call: the slab of the coldest stack if nobody uses it, else the pages of that stack.
void StackPool::give_back(StackClass &group) {
    Stack *coldest = group.hot.last;
    StackSlab *slab = coldest->slab;
    if (slab->live == 0 && slab != group.hot.first->slab) {
        retire(group, *slab);
        return;
    }
    list_remove(group.hot, coldest);
    madvise(coldest->low, slab->stride - page_, pages_unneeded);  // a guard below stays in force
    coldest->cold = true;
    list_push(group.cold, coldest);
    ++counts_.stacks_given_back;
}

void StackPool::retire(StackClass &group, StackSlab &slab) {
    for (std::size_t i = 0; i < slab.opened; ++i) {
        Stack *stack = &slab.stacks()[i];
        list_remove(stack->cold ? group.cold : group.hot, stack);
    }
    if (group.fresh == &slab) {
        group.fresh = nullptr;
    }
    directory_.remove(slab.base);
    ++counts_.slabs_unmapped;
    unmap(&slab);
}

void StackPool::unmap(StackSlab *slab) {
    for (std::size_t i = 0; i < slab->opened; ++i) {
        Stack &stack = slab->stacks()[i];
        CRIB_STACK_DEREGISTER(stack.valgrind_id);
        counts_.guards_lightweight -= stack.guard == GuardKind::lightweight;
        counts_.guards_protect -= stack.guard == GuardKind::protect;
        counts_.canaries -= stack.guard == GuardKind::canary;
    }
    protects_in_use.fetch_sub(slab->protects, std::memory_order_relaxed);
    counts_.mapped_bytes -= slab->bytes;
    munmap(slab->base, slab->bytes);
    mem_free(slab);
}

bool StackPool::trim(unsigned steps) {
    bool more = false;
    for (StackClass &group : classes_) {
        if (group.hot.count <= options_.keep_free) {
            continue;
        }
        end_window(group);
        for (; steps > 0 && surplus(group); --steps) {
            give_back(group);
        }
        more = more || group.hot.count > options_.keep_free;
    }
    return more;
}

void StackPool::destroy() {
    while (StackSlab *slab = directory_.take_last()) {
        unmap(slab);
    }
    directory_.destroy();
    default_ = nullptr;
    counts_ = {};
    for (StackClass &group : classes_) {
        group = StackClass{};
    }
}

const Stack *StackPool::guard_hit(const void *addr) const {
    const char *where = static_cast<const char *>(addr);
    StackSlab *slab = directory_.find(where);
    if (slab == nullptr) {
        return nullptr;
    }
    std::size_t offset = static_cast<std::size_t>(where - slab->base);
    std::size_t index = offset / slab->stride;
    if (offset >= slab->bytes || index >= slab->opened || offset % slab->stride >= page_) {
        return nullptr;
    }
    const Stack *stack = &slab->stacks()[index];
    return stack->guard != GuardKind::canary ? stack : nullptr;
}

StackStatistics StackPool::statistics() const {
    StackStatistics all = counts_;
    all.slabs = directory_.size();
    for (const StackClass &group : classes_) {
        all.hot += group.hot.count;
        all.cold += group.cold.count;
    }
    return all;
}

}  // namespace crib
