/* Guest: the program has a loop of its own, as an editor or a toolkit has, and the run lives inside it. The loop
 * watches one descriptor, asks how long it may wait, and calls crib_guest_tick; its own work goes on in between. */
#include <crib.h>
#include <poll.h>
#include <stdio.h>

static int blink(void *name) {
    for (int i = 1; i <= 3; i++) {
        int rc = crib_sleep(CRIB_MS(30));
        if (rc < 0) return rc;
        printf("%s: %d\n", (const char *)name, i);
    }
    return 0;
}

static int app(void *unused) {
    (void)unused;
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "left", blink, "left", NULL);
    crib_nursery_start_soon(nursery, "right", blink, "right", NULL);
    return crib_nursery_close(nursery, 0);
}

/* Called from inside the last tick. */
static void done(int result, void *result_of_run) { *(int *)result_of_run = result; }

/* Milliseconds for poll(), rounded up; -1: only the descriptor matters. */
static int to_wait(const crib_runtime *rt) {
    int64_t timeout = crib_guest_timeout(rt);
    return timeout == CRIB_FOREVER ? -1 : (int)((timeout + CRIB_MS(1) - 1) / CRIB_MS(1));
}

int main(void) {
    crib_runtime *rt = crib_runtime_new(NULL);
    int result = -1, rounds = 0, ticking = 1;
    if (rt == NULL || crib_guest_start(rt, app, NULL, NULL, done, &result) < 0) return 1;
    printf("host: the run has begun\n"); /* nothing of it has happened yet */
    while (ticking > 0) {
        struct pollfd watched = {.fd = crib_guest_fd(rt), .events = POLLIN}; /* and the host's own descriptors */
        poll(&watched, 1, to_wait(rt));
        ticking = crib_guest_tick(rt, 0); /* never blocks; 0 when the run is over */
        rounds++;                         /* the host's own work */
    }
    printf("host: the run gave %d, the loop went round meanwhile: %s\n", result, rounds > 1 ? "yes" : "no");
    crib_unref(rt);
    return result < 0;
}
