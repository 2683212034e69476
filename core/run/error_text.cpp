#include "run/error_text.hpp"

#include <cstdarg>
#include <cstdio>

#include "loop/uv_names.hpp"

namespace crib {

namespace {

struct Code {
    int code;
    const char *name;
    const char *text;
};

constexpr Code k_codes[] = {
    {CRIB_ECANCELLED, "CRIB_ECANCELLED", "cancelled"},
    {CRIB_PENDING, "CRIB_PENDING", "not complete yet"},
    {CRIB_ENOTFIBER, "CRIB_ENOTFIBER", "a blocking call in a stackless task"},
    {CRIB_EMISUSE, "CRIB_EMISUSE", "the library was misused"},
    {CRIB_EWOULDBLOCK, "CRIB_EWOULDBLOCK", "the call would have to wait"},
    {CRIB_EENDOFCHANNEL, "CRIB_EENDOFCHANNEL", "end of channel"},
    {CRIB_EBROKEN, "CRIB_EBROKEN", "the other side is gone"},
    {CRIB_ECLOSED, "CRIB_ECLOSED", "closed"},
    {CRIB_EBUSY, "CRIB_EBUSY", "in use"},
    {CRIB_ETOOSLOW, "CRIB_ETOOSLOW", "the deadline passed"},
    {CRIB_EOPCANCELLED, "CRIB_EOPCANCELLED", "a cancel token fired"},
    {CRIB_EDEADLOCK, "CRIB_EDEADLOCK", "every task waits and nothing can wake one"},
    {CRIB_EINTERRUPTED, "CRIB_EINTERRUPTED", "interrupted"},
    {CRIB_ERUNFINISHED, "CRIB_ERUNFINISHED", "the run is over"},
    {CRIB_EFOREIGN, "CRIB_EFOREIGN", "an error of another language"},
    {CRIB_ENOTSTARTED, "CRIB_ENOTSTARTED", "the child ended without calling started"},
    {CRIB_ENURSERYCANCELLED, "CRIB_ENURSERYCANCELLED", "the nursery the child was meant for was cancelled"},
};

const Code *find(int code) {
    for (const Code &c : k_codes) {
        if (c.code == code) return &c;
    }
    return nullptr;
}

// Writes into a buffer that may be too small, and counts what it would have taken.
struct Writer {
    char *buf;
    size_t len;
    size_t used;
};

__attribute__((format(printf, 2, 3))) void print(Writer &w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const size_t room = w.used < w.len ? w.len - w.used : 0;
    const int n = vsnprintf(room ? w.buf + w.used : nullptr, room, format, args);
    va_end(args);
    if (n > 0) w.used += static_cast<size_t>(n);
}

void write_error(Writer &w, const Error *e, int indent, const char *prefix) {
    const bool ours = find(e->code) || uv_code_known(e->code);
    print(w, "%*s%s%s (%d)", indent, "", prefix, ours ? error_code_name(e->code) : "error", e->code);
    if (e->task) print(w, " in task '%s'", e->task);
    print(w, ": %s", e->message ? e->message : error_code_text(e->code));
    if (e->count) print(w, " [%u]", e->count);
    print(w, "\n");
    for (uint32_t i = 0; i < e->count; i++) write_error(w, e->members[i], indent + 2, "- ");
    if (e->cause) write_error(w, e->cause, indent + 2, "while handling: ");
}

}  // namespace

const char *error_code_name(int code) {
    if (code >= 0) return "0";
    const Code *c = find(code);
    return c ? c->name : uv_code_name(code);
}

const char *error_code_text(int code) {
    if (code >= 0) return "success";
    const Code *c = find(code);
    return c ? c->text : uv_code_text(code);
}

size_t error_format(const Error *e, char *buf, size_t len) {
    Writer w = {buf, len, 0};
    if (len) buf[0] = 0;
    if (e) write_error(w, e, 0, "");
    return w.used;
}

}  // namespace crib
