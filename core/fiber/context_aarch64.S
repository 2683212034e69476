// Where a new fiber begins on AArch64: the first switch lands here with x19 = fn, x29 = arg, sp = the aligned top.
#if defined(__aarch64__) && defined(__LP64__) && !defined(CRIB_CONTEXT_UCONTEXT)

#ifdef __APPLE__
#define SYMBOL(name) _##name
#define HIDDEN .private_extern
#else
#define SYMBOL(name) name
#define HIDDEN .hidden
#endif

    .text
    .globl SYMBOL(crib_context_entry)
    HIDDEN SYMBOL(crib_context_entry)
#ifdef __ELF__
    .type crib_context_entry, %function
#endif
    .p2align 4
SYMBOL(crib_context_entry):
    .cfi_startproc
    .cfi_undefined x30          // nobody called this: unwinding ends here
    .cfi_def_cfa sp, 0
    hint #38                    // bti jc
    mov x0, x29
    mov x29, xzr                // walkers of frame pointers end here too
    mov x30, xzr
    blr x19
    brk #1                      // fn never returns
    .cfi_endproc
#ifdef __ELF__
    .size crib_context_entry, . - crib_context_entry
#endif

#ifdef __ELF__
// Promises that indirect branches only land on marked places (BTI).
    .section .note.gnu.property, "a", %note
    .p2align 3
    .word 4
    .word 16
    .word 5                     // NT_GNU_PROPERTY_TYPE_0
    .asciz "GNU"
    .word 0xc0000000            // GNU_PROPERTY_AARCH64_FEATURE_1_AND
    .word 4
    .word 1                     // BTI
    .word 0
#endif
#endif

#ifdef __ELF__
    .section .note.GNU-stack, "", %progbits
#endif
