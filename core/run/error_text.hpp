// Errors as text. Here and not with the trees, because the names of system codes are libuv's.
#pragma once

#include "base/error.hpp"

namespace crib {

const char *error_code_name(int code);  // "UNKNOWN" for a code of neither library
const char *error_code_text(int code);
size_t error_format(const Error *e, char *buf, size_t len);

}  // namespace crib
