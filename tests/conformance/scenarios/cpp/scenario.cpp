#include "scenario.hpp"

#include <iostream>

static crib::time_point begun;

void begin_scenario() { begun = crib::clock::now(); }

long long ms_since_begin(crib::time_point t) { return (t - begun) / 1ms; }

void say_line(const std::string &text) {
    std::cout << ms_since_begin(crib::clock::now());
    if (crib_in_task()) std::cout << ' ' << crib::this_task::name() << ':';
    std::cout << ' ' << text << '\n';
}

std::string text_of(const std::exception_ptr &failed) {
    try {
        std::rethrow_exception(failed);
    } catch (const crib::cancelled &) {
        return "CRIB_ECANCELLED";
    } catch (const crib::error_group &group) {
        std::string members;
        for (const crib::failure &f : group.members()) members += (members.empty() ? "" : ", ") + text_of(f);
        return "[" + members + "]";
    } catch (const crib::error &e) {
        return e.name();
    } catch (const std::exception &e) {
        return e.what();
    }
}

std::string text_of(const crib::failure &f) { return text_of(f.exception()); }

const char *text_of(crib::source s) { return crib_source_name(static_cast<int>(s)); }

const char *text_of(crib::scope_state s) {
    switch (s) {
        case crib::scope_state::open: return "open";
        case crib::scope_state::soft_cancelled: return "soft";
        case crib::scope_state::cancelled: return "cancelled";
        default: return "closed";
    }
}

std::string text_of(crib::time_point deadline) {
    if (deadline == crib::forever) return "none";
    if (deadline <= crib::clock::now()) return "passed";
    return std::to_string(ms_since_begin(deadline));
}

std::string reason_of(scope_ref scope) {
    const std::string reason = scope.reason();
    return reason.empty() ? "none" : reason;
}

task<bool> receive_and_tell(const crib::receiver<int> &rx) {
    try {
        const auto item = co_await rx.receive();
        say(item ? "got " + std::to_string(*item) : "CRIB_EENDOFCHANNEL");
        co_return item.has_value();
    } catch (...) {
        say(text_of(std::current_exception()));
        throw;
    }
}

task<> sleep_and_tell(milliseconds d) {
    const outcome slept = co_await attempt(crib::sleep(d));
    say(slept);
    slept.pass();
}

std::string listed(const std::vector<int> &numbers) {
    std::string text;
    for (const int n : numbers) text += " " + std::to_string(n);
    return text;
}
