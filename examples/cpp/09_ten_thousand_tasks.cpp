// Ten thousand tasks: coroutines cost a few hundred bytes each. A limiter lets a hundred of them work at a time.
#include <crib.hpp>

#include <algorithm>
#include <iostream>

using namespace std::chrono_literals;

struct tally {
    int working = 0, most = 0, done = 0;
};

static crib::task<> work(const crib::limiter &limiter, tally &t) {
    auto place = co_await limiter.acquire();
    t.most = std::max(t.most, ++t.working);
    co_await crib::sleep(10ms);
    t.working--;
    t.done++;
}

int main() {
    crib::run([]() -> crib::task<> {
        const auto begin = crib::clock::now();
        crib::limiter limiter(100);
        tally t;
        co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
            for (int i = 0; i < 10000; i++) n.start_soon("worker", work(limiter, t));
            std::cout << n.count() << " tasks are alive\n";
            co_return;
        });
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(crib::clock::now() - begin).count();
        std::cout << t.done << " done, at most " << t.most << " at a time, in " << seconds << " s\n";
    });
}
