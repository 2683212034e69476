// Names and texts of system codes, which are libuv's.
#pragma once

namespace crib {

bool uv_code_known(int code);
const char *uv_code_name(int code);  // "UV_ENOMEM"; "UNKNOWN" for what libuv does not know
const char *uv_code_text(int code);

}  // namespace crib
