/* Claims about the C++ binding: CLAIM(name) { … } stands for a test, which runs in a process of all claims of its file.
 * Each must leave nothing behind: no Counted object alive, no message of misuse unread. */
#ifndef TESTS_BINDINGS_CPP_CLAIMS_HPP
#define TESTS_BINDINGS_CPP_CLAIMS_HPP

#include <crib.hpp>

#include <cstdio>
#include <string>
#include <vector>

#include "support/check.h"

using namespace std::chrono_literals;

namespace claims {

struct claim {
    const char *name;
    void (*run)();
};

inline std::vector<claim> &all() {
    static std::vector<claim> list;
    return list;
}

struct registration {
    registration(const char *name, void (*run)()) { all().push_back({name, run}); }
};

/* Messages of the library that nobody has asked for yet. */
inline std::vector<std::string> &messages() {
    static std::vector<std::string> list;
    return list;
}

/* Whether the library said something since the last time. */
inline bool said_something() {
    const bool any = !messages().empty();
    messages().clear();
    return any;
}

inline void listen(int, const char *message, void *) { messages().emplace_back(message); }

}  // namespace claims

#define CLAIM(name)                                                                                                    \
    static void name();                                                                                                \
    static const claims::registration name##_registration(#name, name);                                                \
    static void name()

/* Counts what is alive; can only be moved, and knows when it has been. */
struct Counted {
    static inline int alive = 0;
    int number;
    explicit Counted(int n) : number(n) { alive++; }
    Counted(Counted &&other) noexcept : number(std::exchange(other.number, -1)) { alive++; }
    Counted &operator=(Counted &&other) noexcept {
        number = std::exchange(other.number, -1);
        return *this;
    }
    ~Counted() { alive--; }
};

/* Runs in virtual time that jumps. */
template <class F>
auto run_virtual(F f, uint64_t seed = 0) {
    crib::runtime_options options;
    options.mock_clock = crib::runtime_options::clock_kind::mock_autojump;
    options.seed = seed;
    return crib::run(options, std::move(f));
}

template <class E, class F>
bool throws(F f) {
    try {
        f();
    } catch (const E &) {
        return true;
    }
    return false;
}

inline long long ms_since(crib::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(crib::clock::now() - begin).count();
}

int main() {
    crib_set_diagnostics(claims::listen, nullptr);
    for (const claims::claim &c : claims::all()) {
        printf("%s\n", c.name);
        fflush(stdout);
        try {
            c.run();
        } catch (const std::exception &e) {
            fprintf(stderr, "%s: threw: %s\n", c.name, e.what());
            return 1;
        }
        run_virtual([] {}); /* the library keeps the error of a thread's last run until the next one ends */
        CHECK_EQ_INT(Counted::alive, 0);
        for (const std::string &text : claims::messages()) fprintf(stderr, "%s: said: %s\n", c.name, text.c_str());
        if (!claims::messages().empty()) return 1;
    }
    return 0;
}

#endif
