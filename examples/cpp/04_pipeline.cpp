// Pipeline: each stage is a coroutine that owns its ends of the channels. When a stage returns its sender is closed,
// so the end runs down the line, and nobody has to say "done".
#include <crib.hpp>

#include <iostream>
#include <string>

using namespace std::chrono_literals;

static crib::task<> read(crib::sender<std::string> out) {
    for (const char *word : {"to", "be", "or", "not", "to", "be"}) {
        co_await crib::sleep(10ms);
        co_await out.send(word);
    }
}

static crib::task<> measure(crib::receiver<std::string> in, crib::sender<size_t> out) {
    while (auto word = co_await in.receive()) co_await out.send(word->size());
}

static crib::task<size_t> add_up(crib::receiver<size_t> in) {
    size_t sum = 0;
    while (auto length = co_await in.receive()) sum += *length;
    co_return sum;
}

int main() {
    const size_t letters = crib::run([]() -> crib::task<size_t> {
        crib::channel<std::string> words(4);
        crib::channel<size_t> lengths(4);
        co_return co_await crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("read", read(std::move(words.tx)));
            n.start_soon("measure", measure(std::move(words.rx), std::move(lengths.tx)));
            return add_up(std::move(lengths.rx));
        });
    });
    std::cout << letters << " letters\n";
}
