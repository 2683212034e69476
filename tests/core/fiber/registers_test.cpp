// A switch keeps what the calling convention says a call keeps.
#include <cstdint>

#include "fiber_support.hpp"

namespace {

Fiber other;
crib::Context loop;

// Leaves every register that may change with something else in it.
void spoiler(void *) {
    for (;;) {
        volatile double numbers[16];
        for (int i = 0; i < 16; ++i) {
            numbers[i] = -1.0 - i;
        }
        double product = 1;
        for (int i = 0; i < 16; ++i) {
            product *= numbers[i];
        }
        numbers[0] = product;
#if defined(__x86_64__)
        asm volatile("movq $-1, %%rbx\n\tmovq $-1, %%r12\n\tmovq $-1, %%r13\n\tmovq $-1, %%r14\n\tmovq $-1, %%r15" ::
                         : "rbx", "r12", "r13", "r14", "r15");
#elif defined(__aarch64__)
        asm volatile("mov x20, #-1\n\tmov x21, #-1\n\tmov x28, #-1\n\tfmov d8, #2.0\n\tfmov d15, #2.0" ::
                         : "x20", "x21", "x28", "v8", "v15");
#endif
        crib::context_switch(other.context, loop);
    }
}

__attribute__((noinline)) void visit(void) { crib::context_switch(loop, other.context); }

#if defined(__x86_64__) && !CRIB_ASAN && !CRIB_TSAN
// Callee-saved registers around a call of a function that switches. Sums up the differences.
std::uint64_t registers_lost() {
    std::uint64_t lost = 1;
    asm volatile("pushq %%rbx\n\tpushq %%rbp\n\tpushq %%r12\n\tpushq %%r13\n\tpushq %%r14\n\tpushq %%r15\n\t"
                 "movq %%rsp, %%r12\n\t"
                 "subq $256, %%rsp\n\tandq $-16, %%rsp\n\t"
                 "movq $0x1111, %%rbx\n\tmovq $0x2222, %%rbp\n\tmovq $0x3333, %%r13\n\tmovq $0x4444, %%r14\n\t"
                 "movq %%r12, %%r15\n\t"
                 "call *%%rax\n\t"
                 "subq %%r12, %%r15\n\tsubq $0x1111, %%rbx\n\tsubq $0x2222, %%rbp\n\tsubq $0x3333, %%r13\n\t"
                 "subq $0x4444, %%r14\n\t"
                 "movq %%r15, %%rax\n\torq %%rbx, %%rax\n\torq %%rbp, %%rax\n\torq %%r13, %%rax\n\torq %%r14, %%rax\n\t"
                 "movq %%r12, %%rsp\n\t"
                 "popq %%r15\n\tpopq %%r14\n\tpopq %%r13\n\tpopq %%r12\n\tpopq %%rbp\n\tpopq %%rbx\n\t"
                 : "=a"(lost)
                 : "a"(visit)
                 : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
                   "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14",
                   "xmm15");
    return lost;
}
#elif defined(__aarch64__)
std::uint64_t registers_lost() {
    std::uint64_t lost = 1;
    asm volatile("fmov d8, #1.25\n\tfmov d11, #1.25\n\tfmov d15, #1.25\n\t"
                 "mov x20, #0x1111\n\tmov x21, #0x2222\n\tmov x27, #0x3333\n\tmov x28, #0x4444\n\t"
                 "blr %[fn]\n\t"
                 "fsub d8, d8, d11\n\tfsub d11, d11, d15\n\tfadd d8, d8, d11\n\t"
                 "mov x9, #0x1111\n\teor x20, x20, x9\n\tmov x9, #0x2222\n\teor x21, x21, x9\n\t"
                 "mov x9, #0x3333\n\teor x27, x27, x9\n\tmov x9, #0x4444\n\teor x28, x28, x9\n\t"
                 "orr x20, x20, x21\n\torr x20, x20, x27\n\torr x20, x20, x28\n\t"
                 "fmov x9, d8\n\torr %[lost], x20, x9\n\t"
                 : [lost] "=r"(lost)
                 : [fn] "r"(visit)
                 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
                   "x16", "x17", "x18", "x20", "x21", "x27", "x28", "x30", "memory", "cc", "v0", "v1", "v2", "v3", "v4",
                   "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19",
                   "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
    return lost;
}
#else
std::uint64_t registers_lost() {
    visit();
    return 0;
}
#endif

// More values alive than there are registers, of every kind.
__attribute__((noinline)) long double mixture(std::uint64_t seed, double scale) {
    std::uint64_t a = seed * 3, b = seed * 5, c = seed * 7, d = seed * 11, e = seed * 13, f = seed * 17, g = seed * 19;
    double p = scale * 3, q = scale * 5, r = scale * 7, s = scale * 11, t = scale * 13, u = scale * 17, v = scale * 19;
    float x = static_cast<float>(scale) * 2.0f, y = x * 4.0f;
    long double wide = static_cast<long double>(scale) / 4;
    visit();
    return static_cast<long double>(a ^ b ^ c ^ d ^ e ^ f ^ g) + p + q + r + s + t + u + v + x + y + wide;
}

long double expected(std::uint64_t seed, double scale) {
    std::uint64_t mixed = 0;
    double sum = 0;
    for (unsigned factor : {3u, 5u, 7u, 11u, 13u, 17u, 19u}) {
        mixed ^= seed * factor;
        sum += scale * factor;
    }
    float x = static_cast<float>(scale) * 2.0f;
    return static_cast<long double>(mixed) + sum + x + x * 4.0f + static_cast<long double>(scale) / 4;
}

}  // namespace

int main() {
    crib::StackPool pool;
    CHECK_EQ_INT(pool.init(0), 0);
    crib::context_init_thread(loop);
    fiber_start(pool, other, spoiler, nullptr);
    for (int i = 1; i <= 100; ++i) {
        CHECK_EQ_INT(registers_lost(), 0);
        std::uint64_t seed = static_cast<std::uint64_t>(i) * 1000003;
        CHECK(mixture(seed, i) == expected(seed, i));
    }
    fiber_end(pool, other);
    pool.destroy();
    return 0;
}
