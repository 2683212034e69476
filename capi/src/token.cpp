#include "crib/token.h"

#include "primitive.hpp"
#include "sync/token.hpp"

using namespace crib;

namespace {

Token *core(crib_token *t) { return reinterpret_cast<Token *>(t); }
const Token *core(const crib_token *t) { return reinterpret_cast<const Token *>(t); }

}  // namespace

extern "C" {

crib_token *crib_token_new(const char *name) {
    Runtime *rt = require_run("crib_token_new");
    return rt ? handed_out<crib_token>(token_new(*rt, name)) : nullptr;
}

crib_token *crib_token_new_external(const char *name) {
    Runtime *rt = require_run("crib_token_new_external");
    Token *t = rt ? token_new(*rt, name) : nullptr;
    if (t) token_expect(t);
    return handed_out<crib_token>(t);
}

crib_token *crib_token_chain(crib_token *first, crib_token *second) {
    const int rc = check_here("crib_token_chain", core(first));
    if (rc < 0 || check_here("crib_token_chain", core(second)) < 0) return nullptr;
    return handed_out<crib_token>(token_chain(core(first), core(second)));
}

crib_token *crib_token_of_scope(crib_scope *scope, const char *name) {
    Runtime *rt = require_run("crib_token_of_scope");
    Scope *s = rt ? find_scope(*rt, scope) : nullptr;
    if (rt && !s) diag_misuse("crib_token_of_scope", current_name(), "a stale scope handle");
    return s ? handed_out<crib_token>(token_of_scope(*rt, s, name)) : nullptr;
}

int crib_scope_link_token(crib_scope *scope, crib_token *t) {
    const int rc = check_here("crib_scope_link_token", core(t));
    if (rc < 0) return rc;
    Scope *s = find_scope(*current_runtime(), scope);
    if (!s) return diag_misuse("crib_scope_link_token", current_name(), "a stale scope handle");
    return token_link_scope(core(t), s);
}

crib_token *crib_token_ref(crib_token *t) {
    if (t) counted_ref(*core(t));
    return t;
}

const char *crib_token_name(const crib_token *t) { return t ? core(t)->name : ""; }

void crib_token_trigger(crib_token *t) {
    if (t) return token_trigger(core(t));
    diag_misuse("crib_token_trigger", current_name(), "NULL instead of a token");
}

bool crib_token_triggered(const crib_token *t) { return t && token_fired(core(t)); }

crib_token *crib_token_triggered_token(crib_token *t) {
    return t ? reinterpret_cast<crib_token *>(token_triggered(core(t))) : nullptr;
}

int crib_token_check(const crib_token *t) {
    if (!t || !token_fired(core(t))) return 0;
    if (current_task()) return crib_fail_error(public_error(token_error(core(t))));
    return CRIB_EOPCANCELLED;
}

crib_error *crib_token_error(const crib_token *t) { return t ? public_error(token_error(core(t))) : nullptr; }

int crib_token_wait(crib_token *t) {
    int rc;
    Task *task = require_fiber_for("crib_token_wait", core(t), &rc);
    return task ? fiber_finish(task, begin_token_wait(&task->op, core(t))) : rc;
}

int crib_begin_token_wait(crib_op *op, crib_token *t) {
    Op *o = require_op_for("crib_begin_token_wait", op, core(t));
    return o ? begin_token_wait(o, core(t)) : CRIB_EMISUSE;
}
}
