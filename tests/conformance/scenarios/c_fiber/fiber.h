/* Scenarios on fibers: what makes them short. */
#ifndef SCENARIOS_FIBER_H
#define SCENARIOS_FIBER_H

#include "../scenario.h"

typedef crib_body_fn scenario_fn;

struct scenario {
    int number;
    scenario_fn main;
};

/* A result as text: "ok", or the error it came with. */
static inline const char *outcome(int rc) {
    const crib_error *held = crib_error_current();
    if (rc >= 0) return "ok";
    return held != NULL && crib_error_code(held) == rc ? error_text(held) : crib_error_name(rc);
}

static inline int fail(const char *message) { return crib_fail(SCENARIO_ERROR, message); }

static inline int sleep_ms(int64_t ms) { return crib_sleep(CRIB_MS(ms)); }

static inline int start(crib_nursery *n, const char *name, crib_body_fn body) {
    return crib_nursery_start_soon(n, name, body, NULL, NULL);
}

static inline int start_with(crib_nursery *n, const char *name, crib_body_fn body, void *data) {
    return crib_nursery_start_soon(n, name, body, data, NULL);
}

static inline crib_scope *move_on_after(int64_t ms) { return crib_move_on_after(CRIB_MS(ms)); }

static inline crib_scope *shielded_scope(void) {
    crib_scope_options options = shield_options();
    return crib_scope_open(&options);
}

static inline int send_int(crib_sender *tx, int64_t i) { return crib_sender_send(tx, crib_value_int(i)); }

static inline int receive_int(crib_receiver *rx, int *out) {
    crib_value v = {NULL, NULL};
    int rc = crib_receiver_receive(rx, &v);
    *out = (int)crib_value_as_int(v, -1);
    return rc;
}

static inline int receive_and_tell(void) {
    int i, rc = receive_int(shared.rx, &i);
    if (rc == 0)
        say("got %d", i);
    else
        say("%s", outcome(rc));
    return rc;
}

#endif
