/* 1xx: scopes. */
#include "player.h"

/* ---- 101 */

static void every_checkpoint_fails(player *p) {
    switch (p->step++) {
        case 0:
            p->scope = scope_open(p, scope_options());
            channel(1);
            send_int(p, shared.tx, 1);
            break;
        case 1: checkpoint(p); break;
        case 2:
            say("checkpoint: %s", outcome(p));
            say("cancels the scope");
            crib_scope_cancel(p->scope, NULL);
            checkpoint(p);
            break;
        case 3:
            say("checkpoint: %s", outcome(p));
            sleep_ms(p, 1000);
            break;
        case 4:
            say("sleep: %s", outcome(p));
            receive(p, shared.rx);
            break;
        case 5:
            say("receive, though a value is there: %s", outcome(p));
            scope_open(p, scope_options());
            checkpoint(p);
            break;
        case 6:
            say("checkpoint in an inner scope: %s", outcome(p));
            scope_close(p);
            say("the inner scope absorbed it: %s", yes(p->caught));
            scope_close(p);
            say("the cancelled scope absorbed it: %s", yes(p->caught));
            checkpoint(p);
            break;
        case 7:
            say("checkpoint behind it: %s", outcome(p));
            leave(p);
            break;
    }
}

const struct scenario scopes[] = {{101, every_checkpoint_fails}, {0, NULL}};
