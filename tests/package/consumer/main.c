/* A program as small as a user's first one: a task, a child, a sleep. Its second file includes the header too. */
#include <crib.h>
#include <stdio.h>
#include <string.h>

const char *version_of_other_file(void);

static int child(void *user_data) {
    *(int *)user_data += 1;
    return crib_sleep(CRIB_MS(1));
}

static int app(void *user_data) {
    crib_nursery *nursery = crib_nursery_open();
    int rc = crib_nursery_start_soon(nursery, "child", child, user_data, NULL);
    return crib_nursery_close(nursery, rc);
}

int main(void) {
    int runs = 0;
    if (crib_run(app, &runs) < 0 || runs != 1) return 1;
    if (strcmp(crib_version(), version_of_other_file()) != 0) return 2;
    printf("crib %s\n", crib_version());
    return 0;
}
