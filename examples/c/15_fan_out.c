/* Fan out: ten downloads are started at once, but a capacity limiter lets only three work at a time. Raising its
 * total while they run lets more in. */
#include <crib.h>
#include <stdio.h>

enum { DOWNLOADS = 10 };

struct download {
    crib_limiter *limiter;
    int number;
};

static int working, most;

static int download(void *data) {
    struct download *d = data;
    int rc = crib_limiter_acquire(d->limiter);
    if (rc < 0) return rc; /* cancelled while waiting: nothing to give back */
    if (++working > most) most = working;
    rc = crib_sleep(CRIB_MS(10));
    --working;
    crib_limiter_release(d->limiter);
    if (rc == 0) printf("download %d has ended\n", d->number);
    return rc;
}

static int download_all(crib_limiter *limiter) {
    struct download all[DOWNLOADS];
    crib_nursery *nursery = crib_nursery_open();
    int rc = 0;
    working = most = 0;
    for (int i = 0; i < DOWNLOADS && rc == 0; i++) {
        all[i].limiter = limiter;
        all[i].number = i + 1;
        rc = crib_nursery_start_soon(nursery, "download", download, &all[i], NULL);
    }
    return crib_nursery_close(nursery, rc);
}

static int app(void *unused) {
    (void)unused;
    crib_limiter *limiter = crib_limiter_new(3);
    if (limiter == NULL) return crib_fail(-1000001, "no limiter");
    int rc = download_all(limiter);
    printf("at most %d at a time\n", most);
    if (rc == 0) rc = crib_limiter_set_total(limiter, 5);
    if (rc == 0) rc = download_all(limiter);
    printf("at most %d at a time\n", most);
    crib_unref(limiter);
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
