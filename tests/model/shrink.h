/* Comparing the two runs of a program, and making a program that fails small. */
#ifndef TESTS_MODEL_SHRINK_H
#define TESTS_MODEL_SHRINK_H

#include "program.h"

/* The first entry of the traces that differs; the count if only the ends do; -1 if nothing does. */
int traces_differ(const struct trace *actual, const struct trace *model);
/* Both, side by side: around the first difference, or all of it. */
void traces_print(FILE *out, const struct program *p, const struct trace *actual, const struct trace *model, bool all);

/* Whether the program fails, crashes or hangs; it is run in a process of its own. */
bool program_fails(const struct program *p);
/* Leaves out and simplifies what it can while the program still fails. */
void program_shrink(struct program *p);

#endif
