/* The second unit of the program: a header that defined anything would be defined twice. */
#include <crib.h>

const char *version_of_other_file(void);

const char *version_of_other_file(void) { return CRIB_VERSION_STRING; }
