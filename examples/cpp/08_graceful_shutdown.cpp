// Graceful shutdown: a soft cancel ends at once what only waits for work, gives requests in flight the time they need, and
// cuts off what takes longer than the grace.
#include <crib.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

static void answer(int id, std::chrono::milliseconds work) {
    try {
        crib::sleep(work);
        std::cout << "request " << id << ": answered\n";
    } catch (const crib::cancelled &) {
        std::cout << "request " << id << ": cut off\n";
        throw;
    }
}

static void serve(const crib::receiver<int> &requests) {
    crib::nursery([&](crib::nursery_ref n) {
        const bool told = crib::graceful([&] {  // only this loop ends when it is asked to
            for (int id : requests) n.start_soon("request", answer, id, id * 300ms);
        });
        if (told) std::cout << "no more requests are taken\n";
    });
}

int main() {
    crib::run([] {
        crib::channel<int> requests;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("server", serve, std::move(requests.rx));
            for (int id = 1; id <= 4; id++) requests.tx.send(id);
            crib::sleep(100ms);
            std::cout << "shutting down, one second at most\n";
            n.scope().cancel_soft(crib::soft::drain, 1s, "shutdown");
        });
        std::cout << "down\n";
    });
}
