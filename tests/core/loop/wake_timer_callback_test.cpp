// Claim: a wake made inside a timer callback of a user's handle ends the wait that follows in the same uv_run.
#include "loop_support.hpp"

static crib::UvDriver *driver;
static int fired;

int main() {
    driver = open_driver();
    uv_loop_t *loop = crib::uv_driver_loop(driver);
    uv_timer_t timer;
    uv_timer_init(loop, &timer);
    for (int i = 0; i < 20; i++) {
        int before = fired;
        uv_update_time(loop);
        uv_timer_start(
            &timer,
            [](uv_timer_t *) {
                fired++;
                crib::driver_wake(driver);
            },
            1, 0);
        if (i % 2 == 1) usleep(2000);
        while (fired == before) crib::driver_poll(driver, crib::k_forever);
        crib::driver_poll(driver, 0);
    }
    uv_close(reinterpret_cast<uv_handle_t *>(&timer), nullptr);
    crib::uv_driver_close(driver);
}
