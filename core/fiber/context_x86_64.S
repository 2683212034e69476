// Where a new fiber begins on x86-64: the first switch lands here with rbx = fn, rbp = arg, rsp = the aligned top.
#if defined(__x86_64__) && defined(__LP64__) && !defined(CRIB_CONTEXT_UCONTEXT)

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
    .type crib_context_entry, @function
#endif
    .p2align 4
SYMBOL(crib_context_entry):
    .cfi_startproc
    .cfi_undefined %rip         // nobody called this: unwinding ends here
    .cfi_def_cfa %rsp, 0
    .byte 0xf3, 0x0f, 0x1e, 0xfa // endbr64, spelled out for assemblers that do not know it
    movq %rbp, %rdi
    xorl %ebp, %ebp             // walkers of frame pointers end here too
    // Not a call: the processor would expect a return to here, and mispredict every one up the stack of whoever fn
    // switches back to.
    leaq 1f(%rip), %rax
    pushq %rax
    jmp *%rbx
1:  ud2                         // fn never returns
    .cfi_endproc
#ifdef __ELF__
    .size crib_context_entry, . - crib_context_entry
#endif

#ifdef __ELF__
// Promises that indirect jumps only land on marked places (IBT). No promise about shadow stacks.
    .section .note.gnu.property, "a", @note
    .p2align 3
    .long 4
    .long 16
    .long 5                     // NT_GNU_PROPERTY_TYPE_0
    .asciz "GNU"
    .long 0xc0000002            // GNU_PROPERTY_X86_FEATURE_1_AND
    .long 4
    .long 1                     // IBT
    .long 0
#endif
#endif

#ifdef __ELF__
    .section .note.GNU-stack, "", @progbits
#endif
