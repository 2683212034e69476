/* The groups of scenarios: a file each, and in it a table. */
#ifndef SCENARIOS_GROUPS_H
#define SCENARIOS_GROUPS_H

extern const struct scenario seeds_demo[];
extern const struct scenario seeds_notebook[];
extern const struct scenario seeds_slides[];
extern const struct scenario scopes[];
extern const struct scenario deadlines[];
extern const struct scenario checkpoints[];
extern const struct scenario policies[];
extern const struct scenario nurseries[];
extern const struct scenario start_and_started[];
extern const struct scenario channels[];
extern const struct scenario locks[];
extern const struct scenario kin[];

static const struct scenario *const groups[] = {
    seeds_demo, seeds_notebook, seeds_slides,      scopes,   deadlines, checkpoints,
    policies,   nurseries,      start_and_started, channels, locks,     kin,
};

#endif
