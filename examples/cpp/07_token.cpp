// Token: a named "stop" that is handed to whom it concerns, also in other threads. Here a search ends when the user
// gives up or the application closes, whichever is first.
#include <crib.hpp>

#include <iostream>
#include <thread>

using namespace std::chrono_literals;

static int search(const crib::token &stop) {
    for (int place = 1;; place++) {
        stop.check();
        crib::sleep(100ms);
        if (place == 50) return place;
    }
}

int main() {
    crib::run([] {
        crib::token user("user");
        const auto closing = crib::token::external("closing");
        const auto either = user | closing;

        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("the user", [&] {
                crib::sleep(350ms);
                user.trigger();
            });
            try {
                const int place = search(either);
                std::cout << "found in place " << place << "\n";
            } catch (const crib::op_cancelled &e) {
                std::cout << e.what() << "\n";
            }
        });

        std::thread elsewhere([stop = closing.clone()] { stop.trigger(); });
        const bool ended = crib::with_scope({}, [&](crib::scope_ref scope) {
            either.link(scope);  // as a scope it reaches everything inside, without being looked at
            closing.wait();
            crib::sleep(1h);
        });
        elsewhere.join();
        std::cout << (ended ? "ended by the token '" : "not ended by '") << closing.triggered_name() << "'\n";
    });
}
