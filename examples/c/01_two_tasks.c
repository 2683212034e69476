/* Two tasks: a nursery starts them, waits for both, and goes on when nothing is left running. A task is a plain C
 * function that returns 0 or an error code; what may wait returns such a code too, and `if (rc < 0) return rc` passes
 * it on. */
#include <crib.h>
#include <stdio.h>

struct worker {
    const char *name;
    int64_t pace;
};

static int work(void *data) {
    const struct worker *self = data;
    for (int step = 1; step <= 3; step++) {
        int rc = crib_sleep(self->pace); /* waits without blocking the other */
        if (rc < 0) return rc;
        printf("%s: step %d\n", self->name, step);
    }
    return 0;
}

static int app(void *unused) {
    (void)unused;
    struct worker ann = {"ann", CRIB_MS(100)},
                  bob = {"bob", CRIB_MS(160)}; /* may live here: no task outlives the nursery */
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "ann", work, &ann, NULL);
    crib_nursery_start_soon(nursery, "bob", work, &bob, NULL);
    printf("both are started\n");
    int rc = crib_nursery_close(nursery, 0); /* waits for both; what went wrong in one of them comes out here */
    printf("both have ended\n");
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
