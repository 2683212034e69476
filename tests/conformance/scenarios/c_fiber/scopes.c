/* 1xx: scopes. */
#include "fiber.h"

/* ---- 101 */

static int every_checkpoint_fails(void *unused) {
    crib_scope *outer = crib_scope_open(NULL), *inner;
    int rc, i;
    bool caught;
    (void)unused;
    channel(1);
    rc = send_int(shared.tx, 1);
    say("checkpoint: %s", outcome(crib_checkpoint()));
    say("cancels the scope");
    crib_scope_cancel(outer, NULL);
    say("checkpoint: %s", outcome(crib_checkpoint()));
    say("sleep: %s", outcome(sleep_ms(1000)));
    say("receive, though a value is there: %s", outcome(receive_int(shared.rx, &i)));
    inner = crib_scope_open(NULL);
    rc = crib_checkpoint();
    say("checkpoint in an inner scope: %s", outcome(rc));
    rc = crib_scope_close(inner, rc, &caught);
    say("the inner scope absorbed it: %s", yes(caught));
    rc = crib_scope_close(outer, rc, &caught);
    say("the cancelled scope absorbed it: %s", yes(caught));
    if (rc == 0) rc = crib_checkpoint();
    say("checkpoint behind it: %s", outcome(rc));
    return rc;
}

const struct scenario scopes[] = {{101, every_checkpoint_fails}, {0, NULL}};
