/* When a task fails, its nursery cancels the others, waits for them, and its close returns the failure: no task goes on
 * behind your back, and no failure is lost. */
#include <crib.h>
#include <stdio.h>

#define NO_SUCH_RECORD (-1000001) /* an application's own codes lie below -1,000,000 */

static int patient(void *name) {
    int rc = crib_sleep(CRIB_SECONDS(60));
    /* A cancelled task still runs its cleanup. It may not wait here: every wait fails at once until it has returned. */
    printf("%s: %s, cleaning up\n", (const char *)name, crib_error_name(rc));
    return rc;
}

static int failing(void *unused) {
    (void)unused;
    int rc = crib_sleep(CRIB_MS(50));
    if (rc < 0) return rc;
    printf("third: failing\n");
    return crib_fail(NO_SUCH_RECORD, "there is no record 17"); /* a code, and a message that travels with it */
}

static int fetch_all(void *unused) {
    (void)unused;
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "first", patient, "first", NULL);
    crib_nursery_start_soon(nursery, "second", patient, "second", NULL);
    crib_nursery_start_soon(nursery, "third", failing, NULL, NULL);
    int rc = crib_nursery_close(nursery, 0);
    printf("close gives %d\n", rc);
    return rc;
}

int main(void) {
    int rc = crib_run(fetch_all, NULL);
    if (rc != NO_SUCH_RECORD) return 1;

    /* What an int cannot carry, which task and what message, is in the error tree of the thread's last run. */
    char text[1024];
    crib_error_format(crib_error_current(), text, sizeof text);
    printf("the run failed as it should:\n%s\n", text);

    crib_error *leaf = crib_error_find(crib_error_current(), NO_SUCH_RECORD);
    printf("task \"%s\" said \"%s\"\n", crib_error_task_name(leaf), crib_error_message(leaf));
    return 0;
}
