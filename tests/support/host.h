/* A small foreign host loop over poll(), for guest mode. */
#ifndef TESTS_SUPPORT_HOST_H
#define TESTS_SUPPORT_HOST_H

#include <crib.h>
#include <poll.h>

struct host {
    crib_runtime *rt;
    void (*between)(struct host *h); /* the host's own work, after each tick; may be NULL */
    uint32_t budget;
    int ticks;
    int done; /* how often the run said it was over */
    int result;
};

static inline void host_done(int result, void *host) {
    struct host *h = host;
    h->result = result;
    ++h->done;
}

/* Waits as the runtime asks, at most two seconds, and ticks. Returns what the tick does; CRIB_EDEADLOCK if nothing
 * came in that time. */
static inline int host_turn(struct host *h) {
    const int patience_ms = 2000;
    struct pollfd fd = {.fd = crib_guest_fd(h->rt), .events = POLLIN};
    int64_t timeout = crib_guest_timeout(h->rt);
    int ms = timeout > CRIB_MS(patience_ms) ? patience_ms : (int)((timeout + 999999) / 1000000);
    if (poll(&fd, 1, ms) == 0 && timeout > CRIB_MS(patience_ms)) return CRIB_EDEADLOCK;
    ++h->ticks;
    return crib_guest_tick(h->rt, h->budget);
}

/* Turns until the run is over. Returns 0, or what went wrong: CRIB_EBUSY if the host was made to spin. */
static inline int host_run(struct host *h) {
    int rc;
    while ((rc = host_turn(h)) == 1) {
        if (h->ticks > 100000) return CRIB_EBUSY;
        if (h->between != NULL) h->between(h);
    }
    return rc;
}

static inline int host_start(struct host *h, crib_body_fn body, void *arg) {
    return crib_guest_start(h->rt, body, arg, NULL, host_done, h);
}

#endif
