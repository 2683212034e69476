/* Game state: what is shared, with and without a lock. One task updates the players of a game, another draws them;
 * both wait in the middle of their work, so each sees what the other has done half. Without a lock the drawing finds
 * a player that is gone, and says so: the error leaves the nursery. With a lock each works undisturbed until the
 * timeout ends the game. */
#include <crib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PLAYERS = 5, CHANGED_WHILE_DRAWING = -1000001 };

static struct {
    bool plays[PLAYERS];
    crib_lock *lock; /* NULL = none */
    int frames;
} game;

static int enter(void) { return game.lock != NULL ? crib_lock_acquire(game.lock) : 0; }
static void leave(void) {
    if (game.lock != NULL) crib_lock_release(game.lock);
}

static int draw_players(void) {
    bool seen[PLAYERS];
    memcpy(seen, game.plays, sizeof seen);
    for (int i = 0; i < PLAYERS; i++) {
        int rc = crib_sleep(CRIB_MS(1)); /* drawing takes its time */
        if (rc < 0) return rc;
        if (memcmp(seen, game.plays, sizeof seen) != 0) {
            return crib_fail(CHANGED_WHILE_DRAWING, "a player vanished while being drawn");
        }
    }
    ++game.frames;
    return 0;
}

static int draw(void *unused) {
    int rc = 0;
    (void)unused;
    while (rc == 0 && (rc = enter()) == 0) {
        rc = draw_players();
        leave(); /* also when it was cancelled: the lock is never left held */
        if (rc == 0) rc = crib_sleep(CRIB_MS(2));
    }
    return rc;
}

static int update(void *unused) {
    static const int leavers[] = {1, 2};
    int rc = 0;
    (void)unused;
    for (int i = 0; i < 2 && rc == 0; i++) {
        rc = crib_sleep(CRIB_MS(3));
        if (rc == 0) rc = enter();
        if (rc < 0) return rc;
        game.plays[leavers[i]] = false;
        leave();
    }
    return rc;
}

static int play(void) {
    bool timed_out;
    memset(game.plays, true, sizeof game.plays);
    game.frames = 0;
    crib_scope *scope = crib_move_on_after(CRIB_MS(100));
    crib_nursery *nursery = crib_nursery_open();
    crib_nursery_start_soon(nursery, "draw", draw, NULL, NULL);
    crib_nursery_start_soon(nursery, "update", update, NULL, NULL);
    int rc = crib_nursery_close(nursery, 0);
    rc = crib_scope_close(scope, rc, &timed_out);
    if (rc < 0) {
        const crib_error *fault = crib_error_find(crib_error_current(), CHANGED_WHILE_DRAWING);
        printf("  %s: %s\n", crib_error_task_name(fault), crib_error_message(fault));
        return rc;
    }
    printf("  %s, players:", timed_out && game.frames > 0 ? "played until the timeout" : "ended early");
    for (int i = 0; i < PLAYERS; i++) {
        if (game.plays[i]) printf(" p%d", i);
    }
    putchar('\n');
    return 0;
}

static int app(void *unused) {
    (void)unused;
    printf("without a lock:\n");
    bool failed = play() == CHANGED_WHILE_DRAWING; /* handled here: the run goes on */
    printf("with a lock:\n");
    game.lock = crib_lock_new();
    int rc = game.lock == NULL ? crib_fail(-1000002, "no lock") : play();
    if (rc == 0 && crib_lock_acquire_nowait(game.lock) == 0) {
        printf("the lock is free\n");
        crib_lock_release(game.lock);
    }
    crib_unref(game.lock);
    return rc < 0 ? rc : failed ? 0 : -1000003;
}

int main(void) { return crib_run(app, NULL) < 0; }
