/* Compositions, which are for fibers, as calls: a fiber makes them, a stackless task begins them by crib_begin_call. What
 * they found is in `found`. */
#ifndef SCENARIOS_WORKS_H
#define SCENARIOS_WORKS_H

#include "scenario.h"

struct found {
    size_t winner;
    int count, numbers[8];
};
extern struct found found;

/* What was found, each with a blank before it. */
const char *found_numbers(void);

/* cancellable_wait for: "slow", with a timeout of 100 ms; "slow", or shared.token; "slow" and "quick"; a body that ends at
 * once; one that fails at once. */
int wait_100_ms_for_slow(void *unused);
int wait_for_slow_or_token(void *unused);
int wait_for_the_first(void *unused);
int wait_for_success(void *unused);
int wait_for_failure(void *unused);

/* The other compositions. wait_for_tick returns how many ticks were missed. */
int gather_three(void *unused);
int gather_with_failure(void *unused);
int first_of_three(void *unused);
int retry_three_times(void *unused);
int map_squares(void *unused);
int wait_for_tick(void *ticker);

/* "a", "b" and "fails", whose results are taken as they come. */
crib_completed *three_as_completed(void);

#endif
