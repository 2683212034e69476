// Claim: opening and closing leaves no descriptor behind, every descriptor is close-on-exec, and what others left on
// the loop is closed with it.
#include <cstring>

#include "base/diag.hpp"
#include "loop_support.hpp"

static int initial_fds[64];
static int n_initial;
static int reports;
static int user_closed;

static bool is_initial(int fd) {
    for (int i = 0; i < n_initial; i++) {
        if (initial_fds[i] == fd) return true;
    }
    return false;
}

static void check_cloexec(int fd) {
    if (!is_initial(fd)) CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
}

static void count_report(int, const char *message, void *) {
    CHECK(strstr(message, "timer") != nullptr);
    reports++;
}

// Closed by the user just before the end, opened again in the close callback.
static void on_user_closed(uv_handle_t *handle) {
    if (++user_closed == 3) return;
    uv_timer_init(handle->loop, reinterpret_cast<uv_timer_t *>(handle));
    uv_close(handle, on_user_closed);
}

static void test_strays() {
    crib::UvDriver *d = open_driver();
    uv_loop_t *loop = crib::uv_driver_loop(d);
    uv_timer_t active, inactive, closing;
    uv_timer_init(loop, &active);
    uv_timer_init(loop, &inactive);
    uv_timer_init(loop, &closing);
    uv_timer_start(
        &active, [](uv_timer_t *) {}, 1, 1);
    uv_close(reinterpret_cast<uv_handle_t *>(&closing), on_user_closed);
    uv_stop(loop);
    crib::uv_driver_close(d);
    CHECK_EQ_INT(user_closed, 3);
    CHECK_EQ_INT(reports, 2);
}

int main() {
    each_fd([](int fd) {
        CHECK(n_initial < 64);
        initial_fds[n_initial++] = fd;
    });
    open_process_wide_things();
    int before = count_fds();
    for (int i = 0; i < 100; i++) {
        crib::UvDriver *d = open_driver();
        if (i == 0) each_fd(check_cloexec);
        if (i % 2 == 1) crib::driver_poll(d, crib::driver_now(d) + 10 * k_us);
        if (i % 3 == 1) crib::driver_wake(d);
        if (i % 5 == 1) crib::driver_kick(d);
        if (i % 7 == 1) crib::uv_driver_set_deadline(d, crib::driver_now(d) + k_sec);
        crib::uv_driver_close(d);
    }
    CHECK_EQ_INT(count_fds(), before);

    setenv("CRIB_DEBUG", "1", 1);
    crib::diag_set(count_report, nullptr);
    test_strays();
    CHECK_EQ_INT(count_fds(), before);
}
