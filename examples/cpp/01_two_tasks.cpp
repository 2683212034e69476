// Two tasks: a nursery starts them, waits for both, and goes on when nothing is left running.
#include <crib.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

static void work(const std::string &name, std::chrono::milliseconds pace) {
    for (int step = 1; step <= 3; step++) {
        crib::sleep(pace);  // waits without blocking the other
        std::cout << name << ": step " << step << "\n";
    }
}

int main() {
    crib::run([] {
        crib::nursery([](crib::nursery_ref n) {
            n.start_soon("ann", work, "ann", 100ms);
            n.start_soon("bob", work, "bob", 150ms);
            std::cout << "both are started\n";
        });
        std::cout << "both have ended\n";
    });
}
