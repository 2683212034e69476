/* Own uv loop: the program has a libuv loop already, and the run lives on it, next to the program's own handles. crib
 * never runs, stops or closes the loop; while the run goes on it keeps the loop alive, as any handle would. */
#include <crib.h>
#include <crib/uv.h>
#include <stdio.h>
#include <uv.h>

static int ticks;

static void on_tick(uv_timer_t *timer) {
    ticks++;
    if (ticks == 1000) uv_timer_stop(timer);
}

static int child(void *name) {
    int rc = crib_sleep(CRIB_MS(40));
    if (rc == 0) printf("task %s: awake\n", (const char *)name);
    return rc;
}

static int app(void *unused) {
    (void)unused;
    printf("run: begun\n");
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "one", child, "one", NULL);
    crib_nursery_start_soon(nursery, "two", child, "two", NULL);
    return crib_nursery_close(nursery, 0);
}

/* Called once, from inside uv_run, when the last task has ended. */
static void on_done(int result, void *timer) {
    printf("run: over, with %d; the timer went on meanwhile: %s\n", result, ticks > 1 ? "yes" : "no");
    uv_close((uv_handle_t *)timer, NULL); /* the last handle of the program: uv_run returns */
}

int main(void) {
    uv_loop_t loop;
    uv_timer_t timer;
    if (uv_loop_init(&loop) < 0) return 1;
    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_tick, 5, 5);

    crib_runtime *rt = crib_runtime_new(NULL);
    int rc = crib_uv_attach(rt, &loop, app, NULL, NULL, on_done, &timer);
    if (rc < 0) {
        fprintf(stderr, "no run: %s\n", crib_error_name(rc));
        return 1;
    }
    printf("host: attached\n"); /* nothing of the run has happened yet */
    uv_run(&loop, UV_RUN_DEFAULT);
    printf("host: the loop has nothing left\n");

    crib_unref(rt);
    return uv_loop_close(&loop) == 0 ? 0 : 1; /* 0: crib left nothing behind in it */
}
