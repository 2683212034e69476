/* crib_run in virtual time. */
#include <crib.h>
#include <string.h>

int virtual_run(crib_body_fn body, void *user_data);

int virtual_run(crib_body_fn body, void *user_data) {
    crib_runtime_options options;
    crib_runtime *rt;
    int rc;
    memset(&options, 0, sizeof options);
    options.size = sizeof options;
    options.mock_clock = 2;
    rt = crib_runtime_new(&options);
    rc = rt == NULL ? -1 : crib_runtime_run(rt, body, user_data, NULL);
    crib_unref(rt);
    return rc;
}
