/* Random trees of nurseries, scopes and tasks of both kinds, in which exceptions are thrown and things cancelled anywhere.
 * Every exception must come out at the top, exactly once, as what it was; every object is destroyed. */
#include <algorithm>
#include <random>

#include "claims.hpp"

namespace {

struct numbered : std::exception {
    int number;
    explicit numbered(int n) : number(n) {}
};

struct world {
    std::mt19937 random;
    std::vector<int> thrown;
    crib::channel<Counted> ch{1};
    crib::lock lock;
    crib::semaphore permit{1}; /* parts of a when_all are one task, which holds a lock once */
    int budget = 60;           /* of tasks */

    explicit world(uint32_t seed) : random(seed) {}
    int below(int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); }
    std::chrono::milliseconds time() { return std::chrono::milliseconds(below(20)); }
    [[noreturn]] void fail() {
        thrown.push_back(static_cast<int>(thrown.size()));
        throw numbered(thrown.back());
    }
};

void act(world &w, int depth);
crib::task<> co_act(world &w, int depth);

void start_children(world &w, crib::nursery_ref n, int depth) {
    const int count = w.below(4);
    for (int i = 0; i < count && w.budget > 0; i++) {
        w.budget--;
        if (w.below(2) == 0) {
            n.start_soon("fiber", [&w, depth, c = Counted(i)] { act(w, depth + 1); });
        } else {
            n.start_soon("coroutine", [&w, depth, c = Counted(i)] { return co_act(w, depth + 1); });
        }
    }
    if (w.below(6) == 0) n.cancel("for fun");
}

void act_once(world &w, int depth) {
    const Counted local(depth);
    switch (w.below(depth > 6 ? 6 : 11)) {
        case 0: crib::sleep(w.time()); break;
        case 1: crib::checkpoint(); break;
        case 2: (void)crib::move_on_after(w.time(), [&] { w.ch.tx.send(Counted(1)); }); break;
        case 3: (void)crib::move_on_after(w.time(), [&] { w.ch.rx.receive(); }); break;
        case 4: {
            auto g = w.lock.acquire();
            crib::sleep(w.time());
            break;
        }
        case 5:
            if (w.below(5) == 0) w.fail();
            break;
        case 6: crib::nursery([&](crib::nursery_ref n) { start_children(w, n, depth); }); break;
        case 7:
            crib::nursery([&](crib::nursery_ref n) {
                start_children(w, n, depth);
                act(w, depth + 1);
            });
            break;
        case 8: (void)crib::move_on_after(w.time(), [&] { act(w, depth + 1); }); break;
        case 9:
            crib::shield([&] {
                crib::fail_after(1h, [&] { crib::sleep(w.time()); });
                act(w, depth + 4);
            });
            break;
        default: crib::wait(co_act(w, depth + 1)); break;
    }
}

void act(world &w, int depth) {
    const int count = 1 + w.below(4);
    for (int i = 0; i < count; i++) act_once(w, depth);
}

crib::task<> co_act_once(world &w, int depth) {
    const Counted local(depth);
    switch (w.below(depth > 6 ? 6 : 11)) {
        case 0: co_await crib::sleep(w.time()); break;
        case 1: co_await crib::checkpoint(); break;
        case 2:
            (void)co_await crib::move_on_after(w.time(), [&]() -> crib::task<> { co_await w.ch.tx.send(Counted(1)); });
            break;
        case 3: co_await crib::select(crib::when(w.ch.rx, [](auto) {}), crib::when_after(w.time())); break;
        case 4: {
            auto g = co_await w.permit.acquire();
            co_await crib::sleep(w.time());
            break;
        }
        case 5:
            if (w.below(5) == 0) w.fail();
            break;
        case 6:
            co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
                start_children(w, n, depth);
                co_await co_act(w, depth + 1);
            });
            break;
        case 7: co_await crib::when_all(co_act(w, depth + 1), crib::sleep(w.time()), co_act(w, depth + 3)); break;
        case 8: (void)co_await crib::move_on_after(w.time(), [&] { return co_act(w, depth + 1); }); break;
        case 9: co_await crib::call([&] { act(w, depth + 1); }); break;
        default: co_await co_act(w, depth + 1); break;
    }
}

crib::task<> co_act(world &w, int depth) {
    const int count = 1 + w.below(4);
    for (int i = 0; i < count; i++) co_await co_act_once(w, depth);
}

/* The numbers of all exceptions in what a run has thrown; other exceptions are not expected. */
std::vector<int> numbers_of(const std::exception_ptr &e) {
    std::vector<int> numbers;
    try {
        if (e) std::rethrow_exception(e);
    } catch (const numbered &n) {
        numbers.push_back(n.number);
    } catch (const crib::error_group &g) {
        for (const crib::failure &f : g.failures()) {
            const auto n = f.get_if<numbered>();
            if (!n) fprintf(stderr, "%s\n", g.report().c_str());
            CHECK(n != nullptr);
            numbers.push_back(n->number);
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

size_t run_one(uint32_t seed) {
    std::vector<int> thrown;
    std::exception_ptr seen;
    try {
        auto main = [&] {
            world w(seed);
            struct keep {
                std::vector<int> &to;
                world &w;
                ~keep() { to = w.thrown; }
            } k{thrown, w};
            (void)crib::move_on_after(200ms, [&] { act(w, 0); });
        };
        run_virtual(main, seed);
    } catch (...) {
        seen = std::current_exception();
    }
    if (numbers_of(seen) != thrown) {
        fprintf(stderr, "seed %u: %zu thrown, %zu seen\n", seed, thrown.size(), numbers_of(seen).size());
        exit(1);
    }
    seen = nullptr;
    run_virtual([] {});
    CHECK_EQ_INT(Counted::alive, 0);
    return thrown.size();
}

}  // namespace

CLAIM(nothing_is_lost_whatever_happens) {
    size_t thrown = 0;
    for (uint32_t seed = 1; seed <= 3000; seed++) thrown += run_one(seed);
    CHECK(thrown > 1000);
}
