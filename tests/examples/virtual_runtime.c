/* crib_runtime_new for virtual time, whatever else is asked for. */
#include <crib.h>
#include <string.h>

crib_runtime *virtual_runtime_new(const crib_runtime_options *options);

crib_runtime *virtual_runtime_new(const crib_runtime_options *options) {
    crib_runtime_options in_virtual_time;
    memset(&in_virtual_time, 0, sizeof in_virtual_time);
    if (options != NULL) memcpy(&in_virtual_time, options, sizeof in_virtual_time);
    in_virtual_time.size = sizeof in_virtual_time;
    in_virtual_time.mock_clock = 2;
    return crib_runtime_new(&in_virtual_time);
}
