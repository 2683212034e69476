// First failure cancels: the other tasks end too. All that failed is thrown by the nursery, each exception as what it
// was.
#include <crib.hpp>

#include <iostream>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

struct disk_full : std::runtime_error {
    std::string disk;
    explicit disk_full(std::string which) : runtime_error("no space on " + which), disk(std::move(which)) {}
};

static void copy_to(const std::string &disk, std::chrono::milliseconds fails_after) {
    try {
        crib::sleep(fails_after);
    } catch (const crib::cancelled &) {
        std::cout << disk << ": cancelled, the partial copy is removed\n";
        throw;
    }
    throw disk_full(disk);
}

int main() {
    crib::run([] {
        try {
            crib::nursery([](crib::nursery_ref n) {
                n.start_soon("copy a", copy_to, "disk a", 100ms);
                n.start_soon("copy b", copy_to, "disk b", 100ms);
                n.start_soon("copy c", copy_to, "disk c", 1h);
            });
        } catch (const crib::error_group &group) {
            std::cout << group.what() << "\n";
            group.handle([](const disk_full &e) { std::cout << "to be emptied: " << e.disk << "\n"; });
        }
    });
}
