/* Timeout: a scope around something, whatever is inside; no function takes a timeout of its own. One ends silently,
 * the other fails, the shorter of two wins, and cleanup that must wait is shielded. */
#include <crib.h>
#include <stdio.h>

/* Knows nothing about timeouts, and needs not: it returns what sleep returns. */
static int fetch(int64_t latency) {
    int rc = crib_sleep(latency);
    if (rc == CRIB_ECANCELLED) {
        const crib_scope_options polite = {.size = sizeof polite, .shield = 1, .timeout = CRIB_SECONDS(1)};
        crib_scope *shield =
            crib_scope_open(&polite); /* no cancel comes in here; without it every wait would fail at once */
        int said = crib_sleep(CRIB_MS(20));
        if (crib_scope_close(shield, said, NULL) == 0) printf("  (hung up politely)\n");
    }
    return rc; /* CRIB_ECANCELLED always goes on: the scope whose time is up turns it into success */
}

static int app(void *unused) {
    (void)unused;
    static const int latencies[] = {300, 800};
    bool timed_out;
    int rc = 0;
    for (int i = 0; i < 2 && rc == 0; i++) {
        crib_scope *scope = crib_move_on_after(CRIB_MS(500));
        rc = fetch(CRIB_MS(latencies[i]));
        rc = crib_scope_close(scope, rc, &timed_out); /* closing takes the result of what ran inside */
        printf("%d ms: %s\n", latencies[i], timed_out ? "nothing, moved on" : "the page");
    }

    crib_scope *scope = crib_fail_after(CRIB_MS(500));
    rc = fetch(CRIB_MS(800));
    rc = crib_scope_close(scope, rc, NULL);
    printf("failed: %s\n", crib_error_name(rc));

    crib_scope *outer = crib_move_on_after(CRIB_MS(500));
    crib_scope *inner = crib_move_on_after(CRIB_SECONDS(60));
    bool inner_timed_out;
    rc = fetch(CRIB_MS(800));
    rc = crib_scope_close(inner, rc, &inner_timed_out); /* not its deadline: the cancellation goes on */
    rc = crib_scope_close(outer, rc, &timed_out);
    printf("a long one inside a short one: inner timed out: %s, outer: %s\n", inner_timed_out ? "yes" : "no",
           timed_out ? "yes" : "no");
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
