// Bodies that run against each other: the first to end well wins.
#pragma once

#include "compose.hpp"

namespace crib {

struct Runner;

struct Contest {
    Works works;
    Runner *runners;  // one a work
    crib_nursery *nursery;
    Runner *winner;  // nullptr: nobody so far

    Contest(const crib_work *all, size_t count)
        : works(all, count), runners(nullptr), nursery(nullptr), winner(nullptr) {}
    ~Contest();
    Contest(const Contest &) = delete;
    Contest &operator=(const Contest &) = delete;
};

// Before the start: UV_EINVAL, UV_ENOMEM.
int contest_prepare(Contest *c, size_t count);
// In the body of a nursery whose policy ends the contest.
int contest_start(Contest *c, crib_nursery *n);
// What to return after the nursery's close with `rc`: the winner's code if there is a winner.
int contest_result(Contest *c, size_t *winner, crib_value *result);

}  // namespace crib
