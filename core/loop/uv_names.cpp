#include "loop/uv_names.hpp"

#include <uv.h>

namespace crib {

// libuv's own functions allocate, and leak, for codes they do not know.
const char *uv_code_name(int code) {
    switch (code) {
#define CRIB_CASE(name, text)                                                                                          \
    case UV_##name: return "UV_" #name;
        UV_ERRNO_MAP(CRIB_CASE)
#undef CRIB_CASE
        default: return "UNKNOWN";
    }
}

bool uv_code_known(int code) {
    switch (code) {
#define CRIB_CASE(name, text) case UV_##name:
        UV_ERRNO_MAP(CRIB_CASE)
#undef CRIB_CASE
        return true;
        default: return false;
    }
}

const char *uv_code_text(int code) {
    switch (code) {
#define CRIB_CASE(name, text)                                                                                          \
    case UV_##name: return text;
        UV_ERRNO_MAP(CRIB_CASE)
#undef CRIB_CASE
        default: return "an error of the application";
    }
}

}  // namespace crib
