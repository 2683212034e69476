// The workloads in Boost.Fiber: fibers with pooled stacks, the round-robin scheduler. There is no cancellation, so there
// are no scopes to compare.
#include <boost/fiber/all.hpp>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <memory>
#include <mutex>
#include <vector>

namespace fibers = boost::fibers;
using boost::this_fiber::yield;

namespace {

constexpr int group = 1000;

std::int64_t cpu() {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return std::int64_t(t.tv_sec) * 1000000000 + t.tv_nsec;
}

template <class Body>
std::int64_t timed(Body body) {
    std::int64_t begun = cpu();
    body();
    return cpu() - begun;
}

// Runs a workload once to warm up, once for its time.
template <class Run>
void measure(const char *name, long ops, Run run) {
    run(ops / 5);
    std::printf("%s %.2f\n", name, double(run(ops)) / double(ops));
}

fibers::pooled_fixedsize_stack stacks{65536};

template <class Body>
fibers::fiber start(Body body) {
    return fibers::fiber(std::allocator_arg, stacks, body);
}

// When the first is back from its first yield, all others have begun.
std::int64_t yields(long ops, int tasks) {
    std::int64_t spent = 0;
    long rounds = ops / tasks;
    std::vector<fibers::fiber> all;
    all.push_back(start([&spent, rounds] {
        yield();
        spent = timed([rounds] {
            for (long i = 0; i < rounds; i++) yield();
        });
    }));
    for (int i = 1; i < tasks; i++) {
        all.push_back(start([rounds] {
            for (long n = 0; n < rounds + 2; n++) yield();
        }));
    }
    for (auto &fiber : all) fiber.join();
    return spent;
}

std::int64_t spawn_join(long ops) {
    return timed([ops] {
        for (long i = 0; i < ops; i++) start([] {}).join();
    });
}

template <class Body>
std::int64_t groups(long ops, Body body) {
    return timed([&] {
        for (long left = ops / group; left > 0; left--) {
            std::vector<fibers::fiber> all;
            all.reserve(group);
            for (int i = 0; i < group; i++) all.push_back(start(body));
            for (auto &fiber : all) fiber.join();
        }
    });
}

std::int64_t alive(long ops) {
    fibers::barrier gate(group);
    return groups(ops, [&gate] { gate.wait(); });
}

template <class Channel>
std::int64_t pass(Channel &items, long ops, int producers = 1) {
    const long each = ops / producers;
    return timed([&] {
        std::vector<fibers::fiber> all;
        for (int p = 0; p < producers; p++) {
            all.push_back(start([&] {
                for (long i = 0; i < each; i++) items.push(i);
            }));
        }
        all.push_back(start([&] {
            long item;
            for (long i = 0; i < each * producers; i++) items.pop(item);
        }));
        for (auto &fiber : all) fiber.join();
    });
}

// Everybody yields while holding the lock, so that the others come to wait.
std::int64_t lock(long ops) {
    constexpr int contenders = 8;
    fibers::mutex mutex;
    return timed([&] {
        std::vector<fibers::fiber> all;
        for (int c = 0; c < contenders; c++) {
            all.push_back(start([&] {
                for (long i = 0; i < ops / contenders; i++) {
                    std::lock_guard<fibers::mutex> held(mutex);
                    yield();
                }
            }));
        }
        for (auto &fiber : all) fiber.join();
    });
}

}  // namespace

int main() {
    measure("yield_2", 400000, [](long ops) { return yields(ops, 2); });
    measure("yield_10000", 1000000, [](long ops) { return yields(ops, 10000); });
    measure("spawn_join_1", 100000, spawn_join);
    measure("spawn_1000", 100000, [](long ops) { return groups(ops, [] {}); });
    measure("spawn_1000_yield", 100000, [](long ops) { return groups(ops, [] { yield(); }); });
    measure("spawn_1000_alive", 100000, alive);
    measure("channel_0", 200000, [](long ops) {
        fibers::unbuffered_channel<long> items;
        return pass(items, ops);
    });
    measure("channel_128", 400000, [](long ops) {
        fibers::buffered_channel<long> items(128);
        return pass(items, ops);
    });
    measure("channel_8_to_1", 400000, [](long ops) {
        fibers::buffered_channel<long> items(64);
        return pass(items, ops, 8);
    });
    measure("lock_8", 400000, lock);
}
