// x86-64, System V ABI. Included by context.hpp only.
//
// The switch is inlined where it stands: a routine would be a `call` whose return address the processor's return
// predictor never sees used, so that every `ret` up to the fiber's base would be mispredicted. What must survive goes
// into a record in the caller's own frame. The stack pointer changes exactly once, so the red zone is respected and
// unwind tables are right before and after. Everything not in the record is clobbered: the compiler saves what lives.
#pragma once

#define CRIB_ALWAYS_INLINE inline __attribute__((always_inline))

// No landing pad is needed behind a jump that asks for no tracking.
#if defined(__CET__) && (__CET__ & 1)
#define CRIB_JUMP "notrack jmp"
#else
#define CRIB_JUMP "jmp"
#endif

#ifdef __AVX512F__
#define CRIB_CLOBBER_VECTORS                                                                                           \
    , "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27",      \
        "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7"
#else
#define CRIB_CLOBBER_VECTORS
#endif

extern "C" __attribute__((visibility("hidden"))) void crib_context_entry(void);

namespace crib {

struct SavedRegisters {
    void *rsp;
    void *rbp;  // frame pointer: compilers do not take it as a clobber
    void *rbx;  // base pointer of frames that are both realigned and variable in size
    void *rip;
};
static_assert(sizeof(SavedRegisters) == 32, "offsets are written out below");

inline void *raw_make(void *, void *top, void (*fn)(void *), void *arg) {
    SavedRegisters *first = static_cast<SavedRegisters *>(top) - 1;
    first->rsp = first;
    first->rbp = arg;
    first->rbx = reinterpret_cast<void *>(fn);
    first->rip = reinterpret_cast<void *>(crib_context_entry);
    return first;
}

CRIB_ALWAYS_INLINE void raw_switch(void **from, void *to) {
    SavedRegisters mine;
    void *save = &mine;
    asm volatile("movq %%rax, (%%rsi)\n\t"
                 "leaq 1f(%%rip), %%rcx\n\t"
                 "movq %%rsp, (%%rax)\n\t"
                 "movq %%rbp, 8(%%rax)\n\t"
                 "movq %%rbx, 16(%%rax)\n\t"
                 "movq %%rcx, 24(%%rax)\n\t"
                 "movq 8(%%rdx), %%rbp\n\t"
                 "movq 16(%%rdx), %%rbx\n\t"
                 "movq 24(%%rdx), %%rcx\n\t"
                 "movq (%%rdx), %%rsp\n\t" CRIB_JUMP " *%%rcx\n"
                 "1:"
                 : "+a"(save), "+d"(to), "+S"(from)
                 :
                 : "rcx", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc", "xmm0", "xmm1",
                   "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",
                   "xmm14", "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)",
                   "st(7)" CRIB_CLOBBER_VECTORS);
}

[[noreturn]] CRIB_ALWAYS_INLINE void raw_jump(void *to) {
    asm volatile("movq 8(%%rdx), %%rbp\n\t"
                 "movq 16(%%rdx), %%rbx\n\t"
                 "movq 24(%%rdx), %%rcx\n\t"
                 "movq (%%rdx), %%rsp\n\t" CRIB_JUMP " *%%rcx"
                 :
                 : "d"(to)
                 : "rcx", "memory");
    __builtin_unreachable();
}

}  // namespace crib

#undef CRIB_JUMP
#undef CRIB_CLOBBER_VECTORS
