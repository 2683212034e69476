// Claim: a host that closes every handle of its loop, ours too, with callbacks of its own, does no harm: calls that
// follow do nothing, detaching frees the driver whether the loop is through with it or not.
#include "host.hpp"
#include "poison.hpp"

static void use_everything(crib::UvDriver *d) {
    crib::driver_kick(d);
    crib::driver_wake(d);
    crib::uv_driver_set_deadline(d, crib::driver_now(d) + k_us);
    CHECK(crib::uv_driver_abandoned(d));
}

static void open_and_tear_down(Host *host) {
    host_open(host, nullptr);
    CHECK(!crib::uv_driver_abandoned(host->driver));
    uv_run(&host->loop, UV_RUN_NOWAIT);
    host_tear_down(&host->loop);
}

static void finish(Host *host) {
    CHECK_EQ_INT(uv_run(&host->loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ_INT(uv_loop_close(&host->loop), 0);
}

static void test_detached_at_once() {
    Host host;
    open_and_tear_down(&host);
    use_everything(host.driver);
    host_detach(&host);
    CHECK_EQ_INT(host.closed, 0);
    finish(&host);
    CHECK_EQ_INT(host.closed, 1);
}

static void test_detached_when_loop_is_gone() {
    Host host;
    open_and_tear_down(&host);
    crib::UvDriver *d = host.driver;
    finish(&host);
    use_everything(d);
    host_detach(&host);
    CHECK_EQ_INT(host.closed, 1);
}

// The host closes some of them only: every other one.
static void test_half() {
    Host host;
    host_open(&host, nullptr);
    uv_run(&host.loop, UV_RUN_NOWAIT);
    int n = 0;
    uv_walk(
        &host.loop,
        [](uv_handle_t *handle, void *arg) {
            if (++*static_cast<int *>(arg) % 2 == 0) uv_close(handle, nullptr);
        },
        &n);
    CHECK(crib::uv_driver_abandoned(host.driver));
    host_detach(&host);
    finish(&host);
    CHECK_EQ_INT(host.closed, 1);
}

// Inside a turn: the loop is on its way through our own callbacks.
static void test_in_turn(bool detach) {
    static bool detaches;
    detaches = detach;
    Host host;
    host_open(&host, [](Host *h) {
        host_tear_down(&h->loop);
        crib::driver_kick(h->driver);
        if (detaches) host_detach(h);
    });
    finish(&host);
    if (!detach) host_detach(&host);
    CHECK_EQ_INT(host.closed, 1);
    CHECK_EQ_INT(host.turns, 1);
}

static void detach_from_callback(uv_handle_t *handle) { host_detach(static_cast<Host *>(handle->loop->data)); }

// From a close callback of the host's: some of our handles are closed by then and some are not.
static void test_in_close_callback() {
    Host host;
    host_open(&host, nullptr);
    uv_run(&host.loop, UV_RUN_NOWAIT);
    int n = 0;
    uv_walk(
        &host.loop,
        [](uv_handle_t *handle, void *arg) {
            bool third = ++*static_cast<int *>(arg) == 3;
            uv_close(handle, third ? detach_from_callback : nullptr);
        },
        &n);
    finish(&host);
    CHECK_EQ_INT(host.closed, 1);
}

int main() {
    poison_freed_memory();
    open_process_wide_things();
    int before = count_fds();
    test_detached_at_once();
    test_detached_when_loop_is_gone();
    test_half();
    test_in_turn(true);
    test_in_turn(false);
    test_in_close_callback();
    CHECK_EQ_INT(count_fds(), before);
    CHECK_EQ_INT(release_poisoned(), 0);
}
