// Claim: a wake from another thread ends a wait without a deadline, every time.
#include <pthread.h>

#include "loop_support.hpp"

static constexpr int k_rounds = 5000;
static constexpr int k_spins = 2000;
static crib::UvDriver *driver;
static int asked, answered;

static int load(int *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }
static void store(int *p, int v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }

static void *answer(void *) {
    for (int i = 1; i <= k_rounds; i++) {
        // Odd rounds: as close to the beginning of the wait as can be.
        for (int spins = i % 2 == 0 ? k_spins : 0; load(&asked) != i; spins++) {
            if (spins >= k_spins) sched_yield();
        }
        store(&answered, i);
        crib::driver_wake(driver);
    }
    return nullptr;
}

int main() {
    driver = open_driver();
    pthread_t thread;
    CHECK_EQ_INT(pthread_create(&thread, nullptr, answer, nullptr), 0);
    for (int i = 1; i <= k_rounds; i++) {
        store(&asked, i);
        while (load(&answered) != i) crib::driver_poll(driver, crib::k_forever);
    }
    CHECK_EQ_INT(pthread_join(thread, nullptr), 0);
    crib::uv_driver_close(driver);
}
