#include "crib/error.h"

#include "guard.hpp"
#include "run/error_text.hpp"
#include "scope/outcome.hpp"

using namespace crib;

namespace {

// The block whose held error the caller adds to; nullptr outside fibers.
Scope *innermost_block() {
    Task *t = current_task();
    return t && t->kind == TaskKind::fiber ? t->op.scope : nullptr;
}

int allowed_code(int code) { return code >= 0 || code == CRIB_ECANCELLED ? CRIB_EMISUSE : code; }

}  // namespace

extern "C" {

const char *crib_error_name(int code) { return error_code_name(code); }

const char *crib_error_text(int code) { return error_code_text(code); }

int crib_fail(int code, const char *message) {
    Scope *block = innermost_block();
    if (!block) return code;
    code = allowed_code(code);
    block_hold(block, error_leaf(code, message, current_name()));
    return code;
}

int crib_fail_error(crib_error *error) {
    Error *e = core_error(error);
    if (!e) return 0;
    const int code = e->code;
    Scope *block = innermost_block();
    if (block) {
        block_hold(block, e);
    } else {
        error_unref(e);
    }
    return code;
}

crib_error *crib_error_current(void) {
    if (!current_scheduler) return public_error(last_error());
    Scope *block = innermost_block();
    return block ? public_error(block->held) : nullptr;
}

crib_error *crib_error_take(void) {
    Scope *block = innermost_block();
    if (!block) return nullptr;
    Error *held = block->held;
    block->held = nullptr;
    return public_error(held);
}

crib_error *crib_error_new(int code, const char *message) {
    if (code >= 0) return nullptr;
    return public_error(error_leaf(allowed_code(code), message, current_name()));
}

crib_error *crib_error_new_payload(int code, const char *message, crib_value payload) {
    crib_error *e = crib_error_new(code, message);
    if (!e) {
        crib_value_drop(payload);
        return nullptr;
    }
    if (core_error(e)->immortal) {
        crib_value_drop(payload);
    } else {
        core_error(e)->payload = payload;
    }
    return e;
}

crib_error *crib_error_cancelled(crib_scope *scope) {
    Runtime *rt = current_runtime();
    const Scope *s = rt ? find_scope(*rt, scope) : nullptr;
    if (!s || !scope_stopped(s)) return nullptr;
    return public_error(cancelled_leaf(s, current_name()));
}

crib_error *crib_error_group(const char *message, crib_error **errors, size_t count) {
    return public_error(error_group(message, current_name(), reinterpret_cast<Error **>(errors), count));
}

crib_error *crib_error_ref(crib_error *error) { return error ? public_error(error_ref(core_error(error))) : nullptr; }

int crib_error_code(const crib_error *error) { return error ? core_error(error)->code : 0; }

const char *crib_error_message(const crib_error *error) {
    if (!error) return error_code_text(0);
    const Error *e = core_error(error);
    return e->message ? e->message : error_code_text(e->code);
}

const char *crib_error_task_name(const crib_error *error) { return error ? core_error(error)->task : nullptr; }

crib_error *crib_error_cause(const crib_error *error) {
    return error ? public_error(core_error(error)->cause) : nullptr;
}

crib_value crib_error_payload(const crib_error *error) { return error ? core_error(error)->payload : nil(); }

size_t crib_error_count(const crib_error *error) { return error ? core_error(error)->count : 0; }

crib_error *crib_error_child(const crib_error *error, size_t i) {
    const Error *e = core_error(error);
    return e && i < e->count ? public_error(e->members[i]) : nullptr;
}

crib_error *crib_error_find(crib_error *error, int code) { return public_error(error_find(core_error(error), code)); }

size_t crib_error_format(const crib_error *error, char *buf, size_t len) {
    return error_format(core_error(error), buf, buf ? len : 0);
}

void crib_set_diagnostics(crib_diagnostic_fn fn, void *user_data) { diag_set(fn, user_data); }
}
