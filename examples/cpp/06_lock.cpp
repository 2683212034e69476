// Lock: it guards what must not be seen half done across a wait, and a condition says that it has changed. Guards
// give back on every way out.
#include <crib.hpp>

#include <iostream>

using namespace std::chrono_literals;

struct account {
    int cents = 0;
    crib::lock lock;
    crib::condition paid_in{lock};

    void pay_in(int amount) {
        auto guard = lock.acquire();
        const int before = cents;
        crib::sleep(10ms);  // asks the bank; nobody sees the account meanwhile
        cents = before + amount;
        paid_in.notify_all();
    }

    void withdraw(int amount) {
        auto guard = lock.acquire();
        while (cents < amount) paid_in.wait();  // lets go of the lock while it waits
        cents -= amount;
        std::cout << "withdrew " << amount << ", " << cents << " left\n";
    }
};

int main() {
    crib::run([] {
        account a;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("buys", [&] { a.withdraw(500); });
            for (int i = 0; i < 10; i++) n.start_soon("pays", [&] { a.pay_in(100); });
        });
        std::cout << a.cents << " cents in the end\n";
    });
}
