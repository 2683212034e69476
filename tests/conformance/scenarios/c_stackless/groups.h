/* The groups of scenarios: a file each, and in it a table. */
#ifndef SCENARIOS_GROUPS_H
#define SCENARIOS_GROUPS_H

extern const struct scenario seeds_demo[];
extern const struct scenario seeds_notebook[];
extern const struct scenario seeds_slides[];
extern const struct scenario graceful[];
extern const struct scenario tokens[];
extern const struct scenario compositions[];
extern const struct scenario scopes[];
extern const struct scenario deadlines[];
extern const struct scenario checkpoints[];
extern const struct scenario policies[];
extern const struct scenario nurseries[];
extern const struct scenario start_and_started[];
extern const struct scenario channels[];
extern const struct scenario channel_ends[];
extern const struct scenario locks[];
extern const struct scenario kin[];
extern const struct scenario selects[];

static const struct scenario *const groups[] = {
    seeds_demo, seeds_notebook, seeds_slides,      graceful, tokens,       compositions, scopes, deadlines, checkpoints,
    policies,   nurseries,      start_and_started, channels, channel_ends, locks,        kin,    selects,
};

#endif
