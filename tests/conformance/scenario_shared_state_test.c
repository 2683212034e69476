/* S3.5 and S3.6: a game whose players two tasks work on, without and with a lock. */
#include "support/expect.h"
#include "support/run.h"
#include "support/strand.h"

#define CHANGED (-1000005)
#define PLAYERS 5

struct dict {
    const char *keys[PLAYERS];
    int count;
    int version;
};

struct game {
    struct dict players;
    crib_lock *lock; /* NULL: they do without */
    int frames;
};

/* A walk over the keys that notices when others change them. */
struct walk {
    int at, version;
};

static int walk_step(struct walk *w, const struct dict *d) {
    if (w->version != d->version) return crib_fail(CHANGED, "dictionary changed size during iteration");
    return w->at++ < d->count;
}

static void dict_remove(struct dict *d, const char *key) {
    int i, kept = 0;
    for (i = 0; i < d->count; i++) {
        if (strcmp(d->keys[i], key) != 0) d->keys[kept++] = d->keys[i];
    }
    d->count = kept;
    d->version++;
}

static int enter(struct game *g) { return g->lock != NULL ? crib_lock_acquire(g->lock) : 0; }

static void leave(struct game *g) {
    if (g->lock != NULL) EXPECT_EQ(crib_lock_release(g->lock), 0);
}

static int draw_players(struct game *g) {
    struct walk w = {0, g->players.version};
    int rc;
    while ((rc = walk_step(&w, &g->players)) > 0) {
        rc = crib_sleep(CRIB_MS(1)); /* drawing takes a while */
        if (rc < 0) return rc;
    }
    return rc;
}

static int render_game(void *game) {
    struct game *g = game;
    int rc = 0;
    while (rc == 0 && (rc = enter(g)) == 0) {
        rc = draw_players(g);
        leave(g);
        if (rc == 0) g->frames++;
        if (rc == 0) rc = crib_sleep(CRIB_MS(1));
    }
    return rc;
}

static const char *const losers[] = {"p1", "p2"};

static int update_state(void *game) {
    struct game *g = game;
    int i, rc = crib_sleep(CRIB_MS(10));
    for (i = 0; i < 2 && rc == 0; i++) {
        rc = enter(g);
        if (rc < 0) return rc;
        dict_remove(&g->players, losers[i]);
        rc = crib_sleep(CRIB_MS(3)); /* the rest of the step */
        leave(g);
        if (rc == 0) rc = crib_sleep(CRIB_MS(40));
    }
    return rc;
}

static void game_begin(struct game *g, bool locked) {
    static const char *const keys[PLAYERS] = {"p0", "p1", "p2", "p3", "p4"};
    memset(g, 0, sizeof *g);
    memcpy(g->players.keys, keys, sizeof keys);
    g->players.count = PLAYERS;
    if (locked) g->lock = crib_lock_new();
}

static void expect_survivors(const struct game *g) {
    EXPECT_EQ(g->players.count, 3);
    EXPECT_STR(g->players.keys[0], "p0");
    EXPECT_STR(g->players.keys[1], "p3");
    EXPECT_STR(g->players.keys[2], "p4");
}

static int game_without_lock(void *unused) {
    struct game g;
    crib_nursery *n;
    (void)unused;
    game_begin(&g, false);
    n = crib_nursery_open();
    crib_nursery_start_soon(n, "update_state", update_state, &g, NULL);
    crib_nursery_start_soon(n, "render_game", render_game, &g, NULL);
    return crib_nursery_close(n, 0);
}

static void expect_fault(void) {
    crib_error *fault = crib_error_find(crib_error_current(), CHANGED);
    cr_assert_not_null(fault, "it left the nursery and the run");
    cr_assert_str_eq(crib_error_message(fault), "dictionary changed size during iteration");
}

Test(scenario_shared_state, s3_5_without_a_lock_the_fault_is_visible_and_not_lost) {
    EXPECT_RUN_RETURNS(run_autojump(game_without_lock, NULL), CHANGED);
    expect_fault();
    cr_assert_str_eq(crib_error_task_name(crib_error_find(crib_error_current(), CHANGED)), "render_game");
}

static int game_with_lock(void *unused) {
    crib_lock_stats stats = {.size = sizeof stats};
    struct game g;
    int64_t begun = crib_now();
    crib_nursery *n;
    crib_scope *scope;
    bool caught = false;
    int rc;
    (void)unused;
    game_begin(&g, true);
    scope = crib_move_on_after(CRIB_MS(300));
    n = crib_nursery_open();
    EXPECT_EQ(crib_nursery_start_soon(n, "update_state", update_state, &g, NULL), 0);
    EXPECT_EQ(crib_nursery_start_soon(n, "render_game", render_game, &g, NULL), 0);
    rc = crib_nursery_close(n, 0);
    EXPECT_EQ(crib_scope_close(scope, rc, &caught), 0);
    EXPECT_EQ(crib_now() - begun, CRIB_MS(300));
    EXPECT(caught);
    EXPECT(g.frames > 0);
    expect_survivors(&g);
    EXPECT_EQ(crib_lock_statistics(g.lock, &stats), 0);
    EXPECT(stats.owner == NULL && !stats.broken && stats.waiting == 0);
    EXPECT_EQ(crib_lock_acquire_nowait(g.lock), 0);
    EXPECT_EQ(crib_lock_release(g.lock), 0);
    crib_unref(g.lock);
    return RAN;
}

Test(scenario_shared_state, s3_6_with_a_lock_there_is_no_fault) { EXPECT_RUN(run_autojump(game_with_lock, NULL)); }

/* The same two as stackless tasks. */

struct actor {
    struct strand strand; /* user_data: the actor */
    struct game *game;
    struct walk walk;
    int i;
};

static int begin_enter(struct strand *s, struct game *g) {
    return g->lock != NULL ? crib_begin_lock_acquire(s->op, g->lock) : 0;
}

static void actor_exit(struct actor *a) { strand_exit(&a->strand, strand_failure(&a->strand)); }

static void renders(struct strand *s) {
    struct actor *a = s->user_data;
    struct game *g = a->game;
    STRAND(s)
    for (;;) {
        AWAIT(s, begin_enter(s, g));
        if (s->status < 0) break;
        a->walk = (struct walk){0, g->players.version};
        while (s->status == 0 && (a->i = walk_step(&a->walk, &g->players)) > 0) {
            AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
        }
        leave(g);
        if (a->i < 0) s->status = a->i;
        if (s->status == 0) g->frames++;
        if (s->status == 0) AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(1)));
        if (s->status < 0) break;
    }
    actor_exit(a);
    STRAND_END
}

static void updates(struct strand *s) {
    struct actor *a = s->user_data;
    STRAND(s)
    AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(10)));
    for (a->i = 0; a->i < 2 && s->status == 0; a->i++) {
        AWAIT(s, begin_enter(s, a->game));
        if (s->status < 0) break;
        dict_remove(&a->game->players, losers[a->i]);
        AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(3)));
        leave(a->game);
        if (s->status == 0) AWAIT(s, crib_begin_sleep(s->op, CRIB_MS(40)));
    }
    actor_exit(a);
    STRAND_END
}

static int play_stackless(struct game *g, bool *caught) {
    struct actor render = {.strand = {.run = renders, .user_data = &render}, .game = g};
    struct actor update = {.strand = {.run = updates, .user_data = &update}, .game = g};
    crib_scope *scope = crib_move_on_after(CRIB_MS(300));
    crib_nursery *n = crib_nursery_open();
    EXPECT(strand_start(n, "update_state", &update.strand) != NULL);
    EXPECT(strand_start(n, "render_game", &render.strand) != NULL);
    return crib_scope_close(scope, crib_nursery_close(n, 0), caught);
}

static int stackless_game(void *locked) {
    struct game g;
    int64_t begun = crib_now();
    bool caught = false;
    game_begin(&g, *(bool *)locked);
    if (!*(bool *)locked) return play_stackless(&g, &caught);
    EXPECT_EQ(play_stackless(&g, &caught), 0);
    EXPECT(caught);
    EXPECT_EQ(crib_now() - begun, CRIB_MS(300));
    EXPECT(g.frames > 0);
    expect_survivors(&g);
    EXPECT_EQ(crib_lock_acquire_nowait(g.lock), 0);
    EXPECT_EQ(crib_lock_release(g.lock), 0);
    crib_unref(g.lock);
    return RAN;
}

Test(scenario_shared_state, s3_5_without_a_lock_the_fault_is_visible_stackless) {
    bool locked = false;
    EXPECT_RUN_RETURNS(run_autojump(stackless_game, &locked), CHANGED);
    cr_assert_not_null(crib_error_find(crib_error_current(), CHANGED));
}

Test(scenario_shared_state, s3_6_with_a_lock_there_is_no_fault_stackless) {
    bool locked = true;
    EXPECT_RUN(run_autojump(stackless_game, &locked));
}
