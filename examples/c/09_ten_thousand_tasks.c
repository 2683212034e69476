/* Ten thousand tasks: each a fiber on a stack of its own, all in one thread. A limiter lets a hundred of them work at
 * a time. */
#include <crib.h>
#include <stdio.h>

struct tally {
    crib_limiter *limiter;
    int working, most, done; /* tasks take turns, so that these need no lock */
};

static int work(void *data) {
    struct tally *tally = data;
    int rc = crib_limiter_acquire(tally->limiter);
    if (rc < 0) return rc;
    if (++tally->working > tally->most) tally->most = tally->working;
    rc = crib_sleep(CRIB_MS(10));
    tally->working--;
    tally->done++;
    crib_limiter_release(tally->limiter);
    return rc;
}

static int app(void *unused) {
    (void)unused;
    struct tally tally = {crib_limiter_new(100), 0, 0, 0};
    if (tally.limiter == NULL) return crib_fail(-1000001, "no limiter");
    int64_t began = crib_now();
    int rc = 0;
    crib_nursery *nursery = crib_nursery_open();
    for (int i = 0; i < 10000 && rc == 0; i++) rc = crib_nursery_start_soon(nursery, "worker", work, &tally, NULL);
    printf("%d tasks are alive\n", (int)crib_nursery_count(nursery));
    rc = crib_nursery_close(nursery, rc);
    int seconds = (int)((crib_now() - began) / CRIB_SECONDS(1));
    printf("%d done, at most %d at a time, in %d s\n", tally.done, tally.most, seconds);
    crib_unref(tally.limiter);
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
