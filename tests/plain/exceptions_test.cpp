/* Claim: C++ exceptions work inside fibers. Each fiber has its own chain of exceptions being handled, so that a fiber
 * may wait inside a catch block while others throw and catch; destructors run on the way out, also of a cancelled one. */
#include <crib.h>

#include <exception>
#include <stdexcept>
#include <string>

#include "support/plain.h"

namespace {

struct Counted {
    static int alive;
    Counted() { alive++; }
    ~Counted() { alive--; }
};
int Counted::alive = 0;

struct Cancelled {};

void sleep_or_throw(int64_t ns) {
    Counted counted;
    int rc = crib_sleep(ns);
    if (rc == CRIB_ECANCELLED) throw Cancelled{};
    CHECK_EQ_INT(rc, 0);
}

struct Fiber {
    int number;
    int caught;
};

/* Throws at its own pace, waits inside the catch block, and rethrows what it holds there. */
int thrower(void *data) {
    auto *self = static_cast<Fiber *>(data);
    for (int i = 0; i < 20; i++) {
        const std::string text = "fiber " + std::to_string(self->number) + ", round " + std::to_string(i);
        try {
            try {
                Counted counted;
                sleep_or_throw(CRIB_MS(self->number));
                throw std::runtime_error(text);
            } catch (const std::exception &) {
                CHECK_EQ_INT(std::uncaught_exceptions(), 0);
                sleep_or_throw(CRIB_MS(7)); /* others throw, catch and rethrow meanwhile */
                throw;                      /* must be the one that this fiber handles */
            }
        } catch (const std::runtime_error &e) {
            CHECK(text == e.what());
            self->caught++;
        }
    }
    CHECK(std::current_exception() == nullptr);
    return self->number;
}

/* Waits inside a destructor that runs because of an exception: uncaught_exceptions() is the fiber's own. */
struct WaitsWhenDestroyed {
    ~WaitsWhenDestroyed() {
        CHECK_EQ_INT(std::uncaught_exceptions(), 1);
        CHECK_EQ_INT(crib_sleep(CRIB_MS(3)), 0);
        CHECK_EQ_INT(std::uncaught_exceptions(), 1);
    }
};

int unwinder(void *data) {
    for (int i = 0; i < 20; i++) {
        try {
            WaitsWhenDestroyed waits;
            throw i;
        } catch (int n) {
            CHECK_EQ_INT(n, i);
        }
        CHECK_EQ_INT(std::uncaught_exceptions(), 0);
        ++*static_cast<int *>(data);
    }
    return 0;
}

/* Turns a cancel into an exception, as C++ code likes it, and back at the outer edge. */
int cancelled(void *data) {
    try {
        Counted counted;
        sleep_or_throw(CRIB_FOREVER);
    } catch (const Cancelled &) {
        ++*static_cast<int *>(data);
        return CRIB_ECANCELLED;
    }
    return 0;
}

/* An exception that must not cross into C becomes an error there. */
int failing(void *) {
    try {
        sleep_or_throw(CRIB_SECONDS(10));
        throw std::runtime_error("as agreed");
    } catch (const std::exception &e) {
        return crib_fail(-1000001, e.what());
    }
}

int cancelled_count, unwound;
Fiber fibers[10];

int app(void *) {
    crib_nursery *n = crib_nursery_open();
    for (int i = 0; i < 10; i++) {
        fibers[i].number = i + 1;
        CHECK_EQ_INT(crib_nursery_start_soon(n, "thrower", thrower, &fibers[i], nullptr), 0);
        CHECK_EQ_INT(crib_nursery_start_soon(n, "cancelled", cancelled, &cancelled_count, nullptr), 0);
    }
    CHECK_EQ_INT(crib_nursery_start_soon(n, "unwinder", unwinder, &unwound, nullptr), 0);
    CHECK_EQ_INT(crib_nursery_start_soon(n, "failing", failing, nullptr, nullptr), 0);
    return crib_nursery_close(n, 0);
}

}  // namespace

int main() {
    crib_runtime *rt = mock_runtime();
    CHECK_EQ_INT(crib_runtime_run(rt, app, nullptr, nullptr), -1000001);
    CHECK_EQ_INT(strcmp(crib_error_message(crib_error_find(crib_error_current(), -1000001)), "as agreed"), 0);
    for (Fiber &fiber : fibers) CHECK_EQ_INT(fiber.caught, 20);
    CHECK_EQ_INT(cancelled_count, 10);
    CHECK_EQ_INT(unwound, 20);
    CHECK_EQ_INT(Counted::alive, 0);
    crib_unref(rt);
    return 0;
}
