// The C++ binding: what its coroutines add to the stackless tasks that they are, and typed channels to channels.
#include <crib.hpp>

#include "bench.h"

#ifdef CRIB_COROUTINES

namespace {

crib::task<> lead(struct meter *m, long rounds) {
    co_await crib::checkpoint();
    meter_start(m);
    for (long i = 0; i < rounds; i++) co_await crib::checkpoint();
    meter_stop(m);
}

crib::task<> follow(long rounds) {
    for (long i = 0; i < rounds + 2; i++) co_await crib::checkpoint();
}

crib::task<> produce(crib::sender<long> tx, long items) {
    for (long i = 0; i < items; i++) co_await tx.send(i);
}

crib::task<> consume(crib::receiver<long> rx, long items) {
    for (long i = 0; i < items; i++) {
        if (co_await rx.receive() != i) throw crib::error(-1000001, "out of order");
    }
}

crib::task<long> add(long a, long b) { co_return a + b; }

crib::task<> call_nested(struct meter *m, long ops) {
    long sum = 0;
    meter_start(m);
    for (long i = 0; i < ops; i++) sum = co_await add(sum, i);
    meter_stop(m);
    if (sum != ops * (ops - 1) / 2) throw crib::error(-1000001, "a wrong sum");
}

// The code of a workload, whose exceptions must not reach the benchmark's C.
template <class F>
int code_of(F workload) noexcept {
    try {
        crib::nursery(workload);
        return 0;
    } catch (...) {
        return -1;
    }
}

}  // namespace

int cpp_yield_2(struct meter *m, long ops) {
    return code_of([&](crib::nursery_ref n) {
        n.start_soon("lead", lead(m, ops / 2));
        n.start_soon("follow", follow(ops / 2));
    });
}

int cpp_channel_0(struct meter *m, long ops) {
    meter_start(m);
    const int rc = code_of([&](crib::nursery_ref n) {
        crib::channel<long> ch;
        n.start_soon("producer", produce(std::move(ch.tx), ops));
        n.start_soon("consumer", consume(std::move(ch.rx), ops));
    });
    meter_stop(m);
    return rc;
}

int cpp_await(struct meter *m, long ops) {
    return code_of([&](crib::nursery_ref n) { n.start_soon("caller", call_nested(m, ops)); });
}

#else

int cpp_yield_2(struct meter *, long) { return -1; }
int cpp_channel_0(struct meter *, long) { return -1; }
int cpp_await(struct meter *, long) { return -1; }

#endif
