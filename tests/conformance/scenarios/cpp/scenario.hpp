/* Scenarios in C++, on coroutines: lines with time and task, and what has become of something as text. */
#ifndef SCENARIOS_CPP_SCENARIO_HPP
#define SCENARIOS_CPP_SCENARIO_HPP

#include <crib.hpp>

#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using std::chrono::milliseconds;

using crib::nursery_ref;
using crib::scope_ref;
using crib::task;

/* A scenario's own failure, shown by its message. */
struct trouble : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct scenario {
    int number;
    task<> (*main)();
    task<int> (*gives)() = nullptr; /* in place of main: one that gives a number */
};

/* Times count from here: the first thing in the main task. */
void begin_scenario();
long long ms_since_begin(crib::time_point t);

void say_line(const std::string &text);

/* Prints a line: time, name of the task, text. */
template <class... Parts>
void say(const Parts &...parts) {
    std::ostringstream line;
    (line << ... << parts);
    say_line(line.str());
}

/* Says something on every way out of a block. */
struct says_on_exit {
    const char *what;
    ~says_on_exit() { say(what); }
};

inline const char *yes(bool b) { return b ? "yes" : "no"; }

/* A failure as a scenario shows it: a group in brackets, one of the scenario's own by its message, others by the name of
 * their code. */
std::string text_of(const std::exception_ptr &failed);
std::string text_of(const crib::failure &f);

/* What scopes say. A deadline is told in milliseconds since the scenario began. */
const char *text_of(crib::source s);
const char *text_of(crib::scope_state s);
std::string text_of(crib::time_point deadline);
std::string reason_of(scope_ref scope);
inline long long grace_left(scope_ref scope) { return scope.remaining_grace() / 1ms; }

/* What has become of something that was tried, to be told and then passed on. */
class outcome {
  public:
    outcome() = default;
    explicit outcome(std::exception_ptr failed) : failed_(std::move(failed)) {}
    [[nodiscard]] bool ok() const { return failed_ == nullptr; }
    [[nodiscard]] std::string text() const { return failed_ ? text_of(failed_) : "ok"; }
    void pass() const {
        if (failed_) std::rethrow_exception(failed_);
    }
    friend std::ostream &operator<<(std::ostream &out, const outcome &o) { return out << o.text(); }

  private:
    std::exception_ptr failed_;
};

/* Awaits something, whose result does not matter. */
template <class A>
task<outcome> attempt(A awaited) {
    try {
        static_cast<void>(co_await std::move(awaited));
    } catch (...) {
        co_return outcome(std::current_exception());
    }
    co_return outcome();
}

/* The same for a call that does not wait. */
template <class F>
outcome attempt_now(F call) {
    try {
        static_cast<void>(call());
    } catch (...) {
        return outcome(std::current_exception());
    }
    return outcome();
}

/* An operation that did not happen because it would have had to wait. */
inline const char *would_block(bool happened) { return happened ? "ok" : "CRIB_EWOULDBLOCK"; }

/* Says what a receive gives; false once there is nothing more. */
task<bool> receive_and_tell(const crib::receiver<int> &rx);

/* Sleeps, and says how that went. */
task<> sleep_and_tell(milliseconds d);

/* Numbers, each with a blank before it. */
std::string listed(const std::vector<int> &numbers);

#endif
