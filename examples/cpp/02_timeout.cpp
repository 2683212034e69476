// Timeout: a scope around something, whatever is inside. One ends silently, the other fails, and cleanup that must
// wait is shielded from both.
#include <crib.hpp>

#include <iostream>
#include <optional>
#include <string>

using namespace std::chrono_literals;

static std::string fetch(std::chrono::milliseconds latency) {
    try {
        crib::sleep(latency);
        return "the page";
    } catch (const crib::cancelled &) {
        crib::shield([] { crib::sleep(20ms); });
        std::cout << "  (hung up politely)\n";
        throw;  // always goes on
    }
}

int main() {
    crib::run([] {
        for (auto latency : {300ms, 800ms}) {
            const std::optional<std::string> page = crib::move_on_after(500ms, [&] { return fetch(latency); });
            std::cout << latency.count() << " ms: " << page.value_or("nothing, moved on") << "\n";
        }
        try {
            std::cout << crib::fail_after(500ms, [] { return fetch(800ms); }) << "\n";
        } catch (const crib::too_slow &e) {
            std::cout << "failed: " << e.what() << "\n";
        }
    });
}
