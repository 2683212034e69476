// AArch64, AAPCS64. Included by context.hpp only. Why it is inlined: see context_x86_64.hpp.
#pragma once

#define CRIB_ALWAYS_INLINE inline __attribute__((always_inline))

// A landing pad for `br`, a no-op on older processors ("bti j").
#ifdef __ARM_FEATURE_BTI_DEFAULT
#define CRIB_LAND "hint #36\n\t"
#else
#define CRIB_LAND ""
#endif

// x18 belongs to the platform on some systems and then never holds a value of the compiler.
#if defined(__APPLE__) || defined(__ANDROID__) || defined(__Fuchsia__)
#define CRIB_CLOBBER_X18
#else
#define CRIB_CLOBBER_X18 , "x18"
#endif

#ifdef __ARM_FEATURE_SVE
#define CRIB_CLOBBER_PREDICATES                                                                                        \
    , "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "p13", "p14", "p15"
#else
#define CRIB_CLOBBER_PREDICATES
#endif

extern "C" __attribute__((visibility("hidden"))) void crib_context_entry(void);

namespace crib {

struct SavedRegisters {
    void *sp;
    void *pc;
    void *x29;  // frame pointer
    void *x19;  // base pointer of frames that are both realigned and variable in size
};
static_assert(sizeof(SavedRegisters) == 32, "offsets are written out below");

inline void *raw_make(void *, void *top, void (*fn)(void *), void *arg) {
    SavedRegisters *first = static_cast<SavedRegisters *>(top) - 1;
    first->sp = first;
    first->pc = reinterpret_cast<void *>(crib_context_entry);
    first->x29 = arg;
    first->x19 = reinterpret_cast<void *>(fn);
    return first;
}

// In the record: sp, pc, x29, x19. Saved by the compiler if they live: x20-x28, x30, d8-d15.
CRIB_ALWAYS_INLINE void raw_switch(void **from, void *to) {
    SavedRegisters mine;
    register void *save asm("x0") = &mine;
    register void *load asm("x1") = to;
    register void **slot asm("x2") = from;
    asm volatile("str x0, [x2]\n\t"
                 "mov x9, sp\n\t"
                 "adr x10, 1f\n\t"
                 "stp x9, x10, [x0]\n\t"
                 "stp x29, x19, [x0, #16]\n\t"
                 "ldp x9, x17, [x1]\n\t"
                 "ldp x29, x19, [x1, #16]\n\t"
                 "mov sp, x9\n\t"
                 "br x17\n"
                 "1:\n\t" CRIB_LAND
                 : "+r"(save), "+r"(load), "+r"(slot)
                 :
                 : "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17",
                   "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x30", "memory", "cc", "v0", "v1",
                   "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",
                   "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
                   "v31" CRIB_CLOBBER_X18 CRIB_CLOBBER_PREDICATES);
}

[[noreturn]] CRIB_ALWAYS_INLINE void raw_jump(void *to) {
    register void *load asm("x1") = to;
    asm volatile("ldp x9, x17, [x1]\n\t"
                 "ldp x29, x19, [x1, #16]\n\t"
                 "mov sp, x9\n\t"
                 "br x17"
                 :
                 : "r"(load)
                 : "x9", "x17", "memory");
    __builtin_unreachable();
}

}  // namespace crib

#undef CRIB_LAND
#undef CRIB_CLOBBER_X18
#undef CRIB_CLOBBER_PREDICATES
