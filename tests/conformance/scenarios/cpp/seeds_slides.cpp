/* 0xx: the slides "Synchronous / Concurrent / Parallel" (S3). */
#include "groups.hpp"

namespace {

/* ---- 031 */

task<> count(std::string name) {
    for (int i = 0; i < 5; i++) {
        say(name, " ", i);
        co_await crib::sleep(1s);
    }
}

task<> one_then_two() {
    co_await count("first");
    say("DONE!");
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("second", count("second"));
        n.start_soon("third", count("third"));
        co_return;
    });
}

/* ---- 032 */

task<> hello() {
    say("hello");
    co_return;
}

task<> helper(nursery_ref n) {
    say("schedules one too");
    n.start_soon("hello 3", hello);
    co_return;
}

void schedule(nursery_ref n) {
    n.start_soon("hello 1", hello);
    n.start_soon("helper", helper(n));
    n.start_soon("hello 2", hello);
}

task<> nursery_as_parameter() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        schedule(n);
        say("scheduled");
        co_return;
    });
    say("closed");
}

/* ---- 033 */

task<> raising() {
    say("raises");
    throw trouble("raised in a started task");
    co_return;
}

task<> failure_of_a_started_task() {
    const outcome closed = co_await attempt(crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("raising", raising);
        say("works");
        try {
            co_await crib::sleep(1min);
        } catch (const crib::cancelled &) {
            say("its work: CRIB_ECANCELLED");
            throw;
        }
    }));
    say("the nursery: ", closed);
}

/* ---- 034 */

task<> finishes_after(milliseconds d) {
    co_await crib::sleep(d);
    say("finished");
}

task<> coroutine2() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("innermost", finishes_after, 2s);
        co_return;
    });
    say("finished");
}

task<> both_finished() {
    co_await crib::nursery([](nursery_ref n) -> task<> {
        n.start_soon("coroutine1", finishes_after, 1s);
        n.start_soon("coroutine2", coroutine2);
        co_return;
    });
    say("both have finished");
}

/* ---- 035 */

task<> update_at_will(int &players) {
    co_await crib::sleep(50ms);
    say("p1 leaves");
    players--;
    co_await crib::sleep_forever();
}

task<> render_at_will(const int &players) {
    const int seen = players;
    for (int i = 0; i < seen; i++) {
        co_await crib::sleep(20ms);
        if (players == seen) continue;
        say("draws ", seen, " players, but there are ", players);
        throw trouble("the world changed");
    }
}

task<> no_lock() {
    int players = 5;
    say("plays without a lock");
    try {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            n.start_soon("render", render_at_will(players));
            n.start_soon("update", update_at_will(players));
            co_return;
        });
    } catch (const crib::error_group &) {
        say("the game: ", text_of(std::current_exception()));
    }
}

/* ---- 036 */

struct game {
    int players = 5;
    crib::lock world;
};

task<> render(const game &g) {
    for (;;) {
        const auto guard = co_await g.world.acquire();
        const int players = g.players;
        for (int i = 0; i < players; i++) co_await crib::sleep(22ms);
        say("drew ", players, " players");
    }
}

task<> update(game &g) {
    for (int i = 1; i <= 2; i++) {
        co_await crib::sleep(50ms);
        const auto guard = co_await g.world.acquire();
        say("p", i, " leaves");
        g.players--;
    }
}

task<> with_lock() {
    game g;
    const bool timed_out = co_await crib::move_on_after(300ms, [&]() -> task<> {
        co_await crib::nursery([&](nursery_ref n) -> task<> {
            say("plays with a lock");
            n.start_soon("render", render(g));
            n.start_soon("update", update(g));
            co_return;
        });
    });
    say("timed out: ", yes(timed_out));
    const auto guard = g.world.acquire_nowait();
    say(g.players, " players are left, the lock is free: ", yes(static_cast<bool>(guard)));
}

/* ---- 037, 038 */

task<> says_hello_and_bye(crib::sender<std::string> tx) {
    co_await tx.send("hello");
    co_await tx.send("bye bye");
}

task<> receives_thrice(const crib::receiver<std::string> &rx) {
    for (const char *time : {"first", "second", "third"}) {
        const auto word = co_await rx.receive();
        say(time, " ", word.value_or("CRIB_EENDOFCHANNEL"));
    }
}

task<> iterates(const crib::receiver<std::string> &rx) {
    while (const auto word = co_await rx.receive()) say("got ", *word);
    say("channel closed!");
}

task<> receive_until_closed() {
    crib::channel<std::string> words;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", says_hello_and_bye(std::move(words.tx)));
        n.start_soon("receiver", receives_thrice(words.rx));
        co_return;
    });
}

task<> iterate() {
    crib::channel<std::string> words;
    co_await crib::nursery([&](nursery_ref n) -> task<> {
        n.start_soon("sender", says_hello_and_bye(std::move(words.tx)));
        n.start_soon("receiver", iterates(words.rx));
        co_return;
    });
}

/* ---- 039 */

/* Counts, if it is destroyed with its number. */
struct counted {
    static inline int dropped = 0;
    int number;
    explicit counted(int n) : number(n) {}
    counted(counted &&other) noexcept : number(std::exchange(other.number, 0)) {}
    counted &operator=(counted &&other) = delete;
    ~counted() { dropped += number != 0; }
};

task<> given_away() {
    auto [tx, rx] = crib::channel<counted>(5);
    for (int i = 1; i <= 3; i++) co_await tx.send(counted(i));
    auto first = co_await rx.receive();
    say("got ", std::exchange(first->number, 0));
    rx.close();
    say("dropped ", counted::dropped);
    say("sending another: ", co_await attempt(tx.send(counted(4))));
}

/* ---- 040, 042 */

task<> move_on() {
    const bool timed_out = co_await crib::move_on_after(2s, []() -> task<> {
        try {
            co_await crib::sleep(10s);
        } catch (const crib::cancelled &) {
            say("coroutine cancelled!");
            throw;
        }
    });
    say("timed out: ", yes(timed_out));
}

task<> never_yields() {
    bool cancelled = false;
    const bool absorbed = co_await crib::move_on_after(2s, [&](scope_ref scope) -> task<> {
        crib::testing::jump(4s);
        cancelled = scope.cancel_called();
        co_return;
    });
    say("cancelled: ", yes(cancelled), ", absorbed: ", yes(absorbed));
    say("checkpoint behind it: ", co_await attempt(crib::checkpoint()));
}

constexpr scenario all[] = {
    {31, one_then_two},
    {32, nursery_as_parameter},
    {33, failure_of_a_started_task},
    {34, both_finished},
    {35, no_lock},
    {36, with_lock},
    {37, receive_until_closed},
    {38, iterate},
    {39, given_away},
    {40, move_on},
    {42, never_yields},
};

}  // namespace

const group seeds_slides = all;
