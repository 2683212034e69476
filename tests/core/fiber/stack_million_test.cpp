// A million guarded stacks live at once, at a page each, in few mappings. Takes 5 GiB: only with "--long".
#include "fiber_support.hpp"

namespace {

constexpr std::size_t count = 1000000;

std::size_t mappings() {
    std::FILE *file = std::fopen("/proc/self/maps", "r");
    CHECK(file != nullptr);
    std::size_t lines = 0;
    for (int c = 0; (c = std::getc(file)) != EOF;) {
        lines += c == '\n';
    }
    std::fclose(file);
    return lines;
}

std::size_t resident_bytes() {
    std::FILE *file = std::fopen("/proc/self/statm", "r");
    CHECK(file != nullptr);
    unsigned long pages[2] = {};
    CHECK(std::fscanf(file, "%lu %lu", &pages[0], &pages[1]) == 2);
    std::fclose(file);
    return pages[1] * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace

int main(int argc, char **argv) {
    if (argc < 2 || std::strcmp(argv[1], "--long") != 0) {
        return skip("needs --long");
    }
    crib::StackPool pool;
    CHECK_EQ_INT(pool.init(0), 0);
    crib::Stack **stacks = static_cast<crib::Stack **>(std::malloc(count * sizeof *stacks));
    CHECK(stacks != nullptr);
    std::size_t before = resident_bytes();
    for (std::size_t i = 0; i < count; ++i) {
        stacks[i] = pool.acquire(0);
        CHECK(stacks[i] != nullptr);
        stacks[i]->top[-1] = 1;
    }
    crib::StackStatistics all = pool.statistics();
    std::size_t each = (resident_bytes() - before) / count;
    std::size_t maps = mappings();
    std::printf("%zu mappings, %zu bytes a stack, %zu slabs, %zu + %zu guards, %zu canaries\n", maps, each, all.slabs,
                all.guards_lightweight, all.guards_protect, all.canaries);
    CHECK(each < 4300);
    CHECK(maps < 65000);
    for (std::size_t i = 0; i < count; ++i) {
        pool.release(stacks[i]);
    }
    while (pool.trim(1000)) {}
    CHECK(pool.statistics().mapped_bytes < all.mapped_bytes / 10);
    pool.destroy();
    std::free(stacks);
    return 0;
}
