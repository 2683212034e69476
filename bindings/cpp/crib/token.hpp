/* Cancel tokens: a named flag, set once, that says "stop", handed to whom it concerns. Several are chained by a | b; a scope
 * is cancelled by one with link. */
#ifndef CRIB_TOKEN_HPP
#define CRIB_TOKEN_HPP

#include <crib/token.h>

#include <string>

#include "handle.hpp"
#include "scope.hpp"

namespace crib {

namespace detail {

struct token_wait_kind : plain_kind {
    crib_token *of;
    static const char *name() { return "crib::token::wait"; }
    crib_result begin(crib_op *op) { return begun(crib_begin_token_wait(op, of)); }
    int block(crib_value *) { return crib_token_wait(of); }
};

}  // namespace detail

/** A cancel token. trigger, triggered, check, name and clone may be called in any thread. */
class token : public handle<crib_token> {
  public:
    explicit token(const char *name = "") : handle(detail::made(crib_token_new(name))) {}
    explicit token(const std::string &name) : token(name.c_str()) {}
    /** Takes over a reference that the caller owns. */
    explicit token(crib_token *owned) noexcept : handle(owned) {}

    /** One that another thread will trigger: until then the run waits for it, and is not deadlocked. */
    [[nodiscard]] static token external(const char *name = "") {
        return token(detail::made(crib_token_new_external(name)));
    }
    /** One that is triggered when a scope is cancelled. */
    [[nodiscard]] static token of(scope_ref scope, const char *name = "") {
        return token(detail::made(crib_token_of_scope(scope.get(), name)));
    }
    /** One more reference to the same token. */
    [[nodiscard]] token clone() const noexcept { return token(crib_token_ref(get())); }

    void trigger() const noexcept { crib_token_trigger(get()); }
    [[nodiscard]] bool triggered() const noexcept { return crib_token_triggered(get()); }
    [[nodiscard]] std::string name() const { return crib_token_name(get()); }
    /** The name of the one that was triggered, of a chain; "" if none was. */
    [[nodiscard]] std::string triggered_name() const { return crib_token_name(crib_token_triggered_token(get())); }
    /** Fails with crib::op_cancelled if it is triggered. */
    void check() const { detail::throw_if(crib_token_error(get())); }
    auto wait() const { return operation<detail::token_wait_kind>(detail::token_wait_kind{{}, get()}); }
    /** Cancels a scope when it is triggered. */
    void link(scope_ref scope) const { detail::check(crib_scope_link_token(scope.get(), get())); }
};

/** A token that is triggered when either of the two is. */
[[nodiscard]] inline token operator|(const token &a, const token &b) {
    return token(detail::made(crib_token_chain(a.get(), b.get())));
}

}  // namespace crib

#endif
