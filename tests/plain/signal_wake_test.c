/* Claim: crib_portal_wake may be called in a signal handler, and no wake-up is lost: after the last signal the waiting
 * task looks at the handler's counter at least once. */
#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "support/plain.h"

static crib_portal *portal;
static int signals; /* handled so far; by the loop thread, read by both */
static pthread_t loop_thread;
static int total;

static int handled(void) { return __atomic_load_n(&signals, __ATOMIC_SEQ_CST); }

static void on_signal(int number) {
    (void)number;
    __atomic_add_fetch(&signals, 1, __ATOMIC_SEQ_CST);
    crib_portal_wake(portal);
}

/* Signals to a thread coalesce while one is pending: the next is sent when the handler has run. */
static void *send_signals(void *unused) {
    int i;
    (void)unused;
    for (i = 0; i < total; i++) {
        pthread_kill(loop_thread, SIGUSR1);
        while (handled() <= i) sched_yield();
    }
    return NULL;
}

static int other(void *rounds) {
    int rc;
    while ((rc = crib_checkpoint()) == 0) ++*(long *)rounds;
    return rc;
}

struct app {
    bool busy;
    long rounds;
    int waits;
};

static int app(void *data) {
    struct app *a = data;
    pthread_t thread;
    crib_nursery *n;
    int rc = 0;
    portal = crib_portal_open();
    CHECK(portal != NULL);
    __atomic_store_n(&signals, 0, __ATOMIC_SEQ_CST);
    n = crib_nursery_open();
    if (a->busy) crib_nursery_start_soon(n, "busy", other, &a->rounds, NULL);
    CHECK_EQ_INT(pthread_create(&thread, NULL, send_signals, NULL), 0);
    while (handled() < total && rc == 0) {
        rc = crib_portal_wait(portal);
        a->waits++;
    }
    pthread_join(thread, NULL);
    crib_nursery_cancel(n, "done");
    rc = crib_nursery_close(n, rc);
    crib_unref(portal);
    return rc;
}

int main(void) {
    struct app idle = {false, 0, 0}, busy = {true, 0, 0};
    struct sigaction action;
#ifdef __SANITIZE_THREAD__
    /* It keeps a signal that arrives on a fiber until that fiber's own next system call, which may never come. */
    puts("skipped: the thread sanitizer delays signals");
    return 77;
#endif
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    CHECK_EQ_INT(sigaction(SIGUSR1, &action, NULL), 0);
    loop_thread = pthread_self();
    total = workload(300);
    CHECK_EQ_INT(crib_run(app, &idle), 0);
    CHECK_EQ_INT(handled(), total);
    CHECK(idle.waits >= 1 && idle.waits <= total + 1);
    CHECK_EQ_INT(crib_run(app, &busy), 0);
    CHECK_EQ_INT(handled(), total);
    CHECK(busy.rounds > 0);
    return 0;
}
