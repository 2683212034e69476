/* runner NUMBER prints what that scenario prints; runner --list, the numbers there are. */
#include "groups.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>

/* How a run of this main body ends, as text. */
template <class F>
static std::string end_of(F body) {
    crib::runtime_options options;
    options.mock_clock = crib::runtime_options::clock_kind::mock_autojump;
    try {
        return crib::run(options, [&]() -> task<std::string> {
            begin_scenario();
            crib::this_task::set_name("main");
            co_return co_await body();
        });
    } catch (...) {
        return text_of(std::current_exception());
    }
}

static std::string play(const scenario &s) {
    if (s.gives == nullptr) {
        return end_of([&]() -> task<std::string> {
            co_await s.main();
            co_return "ok";
        });
    }
    return end_of([&]() -> task<std::string> { co_return std::to_string(co_await s.gives()); });
}

int main(int argc, char **argv) {
    const std::string what = argc == 2 ? argv[1] : "";
    for (const auto &group : groups) {
        for (const scenario &s : group) {
            if (what == "--list") std::printf("%03d\n", s.number);
            if (std::atoi(what.c_str()) != s.number) continue;
            const std::string end = play(s);
            std::cout << "end: " << end << std::endl;
            return 0;
        }
    }
    if (what == "--list") return 0;
    std::cerr << "usage: " << argv[0] << " NUMBER | --list\n";
    return 2;
}
