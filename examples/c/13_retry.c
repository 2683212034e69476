/* Retry: something is tried up to five times, each time with a timeout, under an overall timeout, with a growing
 * pause between: scopes compose. crib_scope_run is the closed form of a scope: the body is a function and may return
 * where it likes. */
#include <crib.h>
#include <stdio.h>

#define REFUSED (-1000001)

/* Stands for a connection attempt: hangs twice, is refused once, then works. */
static int connect_somewhere(void *data) {
    int attempt = ++*(int *)data;
    if (attempt <= 2) return crib_sleep_forever();
    if (attempt == 3) return crib_fail(REFUSED, "nobody listens there yet");
    int rc = crib_sleep(CRIB_MS(5));
    return rc < 0 ? rc : 42; /* success is any number >= 0 */
}

static int with_retries(void *data) {
    const crib_scope_options attempt_limit = {.size = sizeof attempt_limit, .timeout = CRIB_MS(30), .fail = 1};
    int64_t pause = CRIB_MS(10);
    int rc = CRIB_ETOOSLOW;
    for (int i = 1; i <= 5; i++, pause *= 2) {
        rc = crib_scope_run(&attempt_limit, connect_somewhere, data, NULL);
        printf("attempt %d: %s\n", i, rc >= 0 ? "connected" : rc == REFUSED ? "refused" : crib_error_name(rc));
        /* Only what is worth another try is tried again. CRIB_ECANCELLED is not: it means that we are to end. */
        if (rc != CRIB_ETOOSLOW && rc != REFUSED) break;
        int slept = crib_sleep(pause);
        if (slept < 0) return slept;
    }
    return rc;
}

static int app(void *unused) {
    (void)unused;
    const crib_scope_options overall_limit = {.size = sizeof overall_limit, .timeout = CRIB_SECONDS(10), .fail = 1};
    int attempts = 0;
    int rc = crib_scope_run(&overall_limit, with_retries, &attempts, NULL);
    printf("after %d attempts: %d\n", attempts, rc);
    return rc;
}

int main(void) { return crib_run(app, NULL) == 42 ? 0 : 1; }
