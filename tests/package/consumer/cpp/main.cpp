/* A first program in C++: a fiber and a coroutine, one channel. Its second file includes the header too. */
#include <crib.hpp>

#include <cstdio>

using namespace std::chrono_literals;

int received_by_other_file(crib::receiver<int> rx);

int main() {
    const int sum = crib::run([] {
        return crib::fail_after(10s, [] {
            crib::channel<int> ch;
            return crib::nursery([&](crib::nursery_ref n) {
                n.start_soon("sends", [tx = std::move(ch.tx)]() -> crib::task<> {
                    for (int i = 0; i < 4; i++) co_await tx.send(i);
                });
                return received_by_other_file(std::move(ch.rx));
            });
        });
    });
    std::printf("crib %s: %d\n", crib_version(), sum);
    return sum != 6;
}
