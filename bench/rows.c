/* The list of what is measured, in the order of the table. */
#include "bench.h"

#include <stddef.h>

static const struct floor switch_floor = {"switch", {floor_switch, NULL}};
static const struct floor spawn_floor = {"switch+malloc", {floor_switch, floor_malloc}};
static const struct floor clock_floor = {"clock", {floor_clock, NULL}};

#define FLOOR(fn, ops, what)                                                                                           \
    { #fn, fn, NULL, ops, NULL, TARGET_NONE, 0, 0, false, false, what }
#define ROW(fn, ops, floor, kind, limit, what)                                                                         \
    { #fn, fn, NULL, ops, floor, kind, limit, 0, false, false, what }
#define EXTRA(fn, ops, floor, kind, limit, what)                                                                       \
    { #fn, fn, fn##_without, ops, floor, kind, limit, 0, false, false, what }
#define CROWD(name, fn, ops, runs, what)                                                                               \
    { name, fn, NULL, ops, NULL, TARGET_NONE, 0, runs, true, false, what }
#define CANCEL(name, fn, kind, limit, what)                                                                            \
    { name, fn, NULL, 100000, NULL, kind, limit, 5, true, false, what }
#define WALL(fn, ops, limit, what)                                                                                     \
    { #fn, fn, NULL, ops, NULL, (limit)> 0 ? TARGET_FIXED : TARGET_NONE, limit, 0, false, false, what }
#define MEMORY(fn, what)                                                                                               \
    { #fn, fn, NULL, 100000, NULL, TARGET_NONE, 0, 3, true, true, what }

const struct row rows[] = {
    FLOOR(floor_switch, 400000, "one switch between two bare contexts"),
    FLOOR(floor_call, 400000, "a call through a pointer"),
    FLOOR(floor_clock, 100000, "clock_gettime(CLOCK_MONOTONIC)"),
    FLOOR(floor_malloc, 200000, "malloc(256) and free"),

    ROW(yield_2, 400000, &switch_floor, TARGET_TIMES, 6, "crib_checkpoint, two fibers in turn"),
    ROW(yield_1000, 1000000, &switch_floor, TARGET_NONE, 0, "the same, 1,000 alive"),
    ROW(yield_10000, 1000000, &switch_floor, TARGET_NONE, 0, "the same, 10,000 alive"),
    ROW(stackless_checkpoint, 400000, &switch_floor, TARGET_NONE, 0,
        "begin, resume, take: two stackless tasks in turn"),

    ROW(cpp_yield_2, 400000, &switch_floor, TARGET_FIXED, 30, "crib::checkpoint, two C++ coroutines in turn"),
    ROW(cpp_await, 400000, &switch_floor, TARGET_NONE, 0, "await a C++ coroutine that returns at once"),

    ROW(spawn_join_1, 100000, &spawn_floor, TARGET_FIXED, 45, "spawn a trivial fiber, wait for it, release it"),
    ROW(spawn_join_open, 100000, &spawn_floor, TARGET_NONE, 0, "open a nursery, start one trivial fiber, close"),
    ROW(spawn_1000, 100000, &spawn_floor, TARGET_NONE, 0, "a nursery of 1,000 trivial fibers, a fiber"),
    ROW(spawn_1000_yield, 100000, &spawn_floor, TARGET_NONE, 0, "the same, each yields once"),
    ROW(spawn_1000_alive, 100000, &spawn_floor, TARGET_NONE, 0, "the same, each waits until all have come"),

    EXTRA(scope_ready, 200000, &clock_floor, TARGET_PLUS, 25, "a timeout around a checkpoint_if_cancelled, less that"),
    EXTRA(scope_channel, 200000, &clock_floor, TARGET_PLUS, 25, "a timeout around a ready send+receive, less those"),
    ROW(channel_0, 200000, &switch_floor, TARGET_FIXED, 30, "an item from fiber to fiber, rendezvous"),
    ROW(cpp_channel_0, 200000, &switch_floor, TARGET_NONE, 0,
        "an item from C++ coroutine to C++ coroutine, rendezvous"),
    ROW(channel_128, 400000, &switch_floor, TARGET_FIXED, 12, "an item from fiber to fiber, 128 buffered"),
    ROW(channel_8_to_1, 400000, &switch_floor, TARGET_FIXED, 20,
        "an item from one of 8 fibers to another, 64 buffered"),
    ROW(lock_8, 400000, &switch_floor, TARGET_FIXED, 40, "acquire, checkpoint, release; 8 fibers fight for it"),
    ROW(select_2, 400000, &switch_floor, TARGET_FIXED, 60, "a receive by select over 2 ready channels, and a send"),
    ROW(select_2_without, 400000, &switch_floor, TARGET_NONE, 0, "the same by plain receives in turn"),
    WALL(shared_1024, 1000000, 200, "an item from thread to thread, 1,024 buffered; by the clock on the wall"),
    WALL(shared_16, 200000, 0, "the same, 16 buffered"),

    CANCEL("cancel_100k", cancel_fibers, TARGET_FIXED, 200, "cancel a sleeping fiber, until all have ended"),
    CANCEL("cancel_100k_call", cancel_call_fibers, TARGET_NONE, 0, "of that, crib_nursery_cancel alone"),
    CANCEL("cancel_100k_stackless", cancel_stackless, TARGET_FIXED, 200, "as cancel_100k, stackless tasks"),
    CANCEL("cancel_100k_stackless_call", cancel_call_stackless, TARGET_NONE, 0, "of that, crib_nursery_cancel alone"),

    CROWD("sleep_100k", sleep_fibers, 100000, 3, "start, sleep 0 to 1 s and end; all at once"),
    CROWD("sleep_100k_stackless", sleep_stackless, 100000, 3, "as sleep_100k, stackless tasks"),
    CROWD("sleep_1m", sleep_fibers, 1000000, 1, "as sleep_100k, 1,000,000 fibers"),
    CROWD("sleep_1m_stackless", sleep_stackless, 1000000, 1, "as sleep_100k, 1,000,000 stackless tasks"),

    MEMORY(memory_fibers, "resident bytes of a sleeping fiber, 100,000 of them"),
    MEMORY(memory_stackless, "resident bytes of a sleeping stackless task"),
};

const int row_count = sizeof rows / sizeof *rows;
