/* First failure cancels: the other tasks end too, and the nursery waits for them. No task goes on behind your back,
 * and all that failed is in one tree of errors, with codes, messages and the names of the tasks. */
#include <crib.h>
#include <stdio.h>

#define DISK_FULL (-1000001) /* an application's own codes lie below -1,000,000 */

struct copy {
    const char *disk;
    int64_t fails_after;
};

static int copy_to(void *data) {
    const struct copy *copy = data;
    int rc = crib_sleep(copy->fails_after);
    if (rc < 0) {
        /* A cancelled task still runs its cleanup. */
        printf("%s: %s, the partial copy is removed\n", copy->disk, crib_error_name(rc));
        return rc;
    }
    return crib_fail(DISK_FULL, copy->disk); /* a code, and a message that travels with it */
}

static int copy_all(void *unused) {
    (void)unused;
    struct copy a = {"disk a", CRIB_MS(100)}, b = {"disk b", CRIB_MS(100)}, c = {"disk c", CRIB_SECONDS(3600)};
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "copy a", copy_to, &a, NULL);
    crib_nursery_start_soon(nursery, "copy b", copy_to, &b, NULL);
    crib_nursery_start_soon(nursery, "copy c", copy_to, &c, NULL);
    int rc = crib_nursery_close(nursery, 0);
    printf("close gives %d\n", rc);
    return rc;
}

int main(void) {
    if (crib_run(copy_all, NULL) != DISK_FULL) return 1;

    /* What an int cannot carry is in the error tree of the thread's last run. */
    char text[1024];
    crib_error *all = crib_error_current();
    crib_error_format(all, text, sizeof text);
    printf("%s", text);
    for (size_t i = 0; i < crib_error_count(all); i++) {
        printf("to be emptied: %s\n", crib_error_message(crib_error_child(all, i)));
    }
    return 0;
}
