// Barriers: a round is over when as many ops have come as there are parties.
#pragma once

#include "sync/primitive.hpp"

namespace crib {

struct Barrier : Primitive {
    uint32_t parties;
    uint32_t arrived;  // and waiting
    uint64_t rounds;
};

Barrier *barrier_new(Scheduler &s, uint32_t parties);
int begin_barrier_wait(Op *op, Barrier *b);

}  // namespace crib
