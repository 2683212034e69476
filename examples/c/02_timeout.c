/* Timeouts are scopes. Everything inside a scope with a deadline ends when the deadline passes; no function takes a
 * timeout of its own. move_on_after goes on silently, fail_after fails, and scopes nest: the shorter one wins. */
#include <crib.h>
#include <stdio.h>

/* Knows nothing about timeouts, and needs not: it returns what sleep returns. */
static int slow_work(void *name) {
    printf("  %s begins\n", (const char *)name);
    int rc = crib_sleep(CRIB_SECONDS(60));
    printf("  %s ends: %s\n", (const char *)name, crib_error_name(rc));
    return rc;
}

static int app(void *unused) {
    (void)unused;
    bool timed_out;

    printf("move on after 50 ms:\n");
    crib_scope *scope = crib_move_on_after(CRIB_MS(50));
    int rc = slow_work("first");
    rc = crib_scope_close(scope, rc, &timed_out); /* closing takes the result of what ran inside */
    printf("  close gives %d, timed out: %s\n", rc, timed_out ? "yes" : "no");

    printf("fail after 50 ms:\n");
    scope = crib_fail_after(CRIB_MS(50));
    rc = slow_work("second");
    rc = crib_scope_close(scope, rc, NULL);
    printf("  close gives %s\n", crib_error_name(rc));

    printf("in time:\n");
    scope = crib_fail_after(CRIB_SECONDS(60));
    rc = crib_scope_close(scope, crib_sleep(CRIB_MS(10)), &timed_out);
    printf("  close gives %d, timed out: %s\n", rc, timed_out ? "yes" : "no");

    printf("a long one inside a short one:\n");
    crib_scope *outer = crib_move_on_after(CRIB_MS(50));
    crib_scope *inner = crib_move_on_after(CRIB_SECONDS(60));
    bool inner_timed_out;
    rc = slow_work("third");
    rc = crib_scope_close(inner, rc, &inner_timed_out); /* not its deadline: the cancellation goes on */
    rc = crib_scope_close(outer, rc, &timed_out);
    printf("  inner timed out: %s, outer: %s\n", inner_timed_out ? "yes" : "no", timed_out ? "yes" : "no");
    return rc;
}

int main(void) { return crib_run(app, NULL) < 0; }
