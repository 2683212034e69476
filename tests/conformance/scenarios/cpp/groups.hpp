/* The groups of scenarios: a file each, and in it a table. */
#ifndef SCENARIOS_CPP_GROUPS_HPP
#define SCENARIOS_CPP_GROUPS_HPP

#include "scenario.hpp"

#include <span>

using group = std::span<const scenario>;

extern const group seeds_demo, seeds_notebook, seeds_slides, tokens, compositions, scopes, deadlines, checkpoints,
    nurseries, policies, start_and_started, channels, channel_ends, locks, kin, graceful, selects;

static const group groups[] = {
    seeds_demo, seeds_notebook,    seeds_slides, tokens,       compositions, scopes, deadlines, checkpoints, nurseries,
    policies,   start_and_started, channels,     channel_ends, locks,        kin,    graceful,  selects};

#endif
