// Exceptions thrown and caught across interleaved switches keep their state, fiber by fiber.
#include "fiber_support.hpp"

#ifndef __cpp_exceptions

int main() { return skip("built without exceptions"); }

#else

#include <cxxabi.h>
#include <exception>

#include "fiber/exceptions.hpp"

namespace {

crib::StackPool pool;
crib::Context loop;
crib::ExceptionState loop_state;
void *globals = nullptr;

struct Task {
    Fiber fiber;
    crib::ExceptionState state;
    int id = 0;
    int caught = 0;
    bool done = false;
};

void suspend(Task &task) {
    crib::exception_save(globals, task.state);
    crib::exception_restore(globals, loop_state);
    crib::context_switch(task.fiber.context, loop);
    crib::exception_restore(globals, task.state);
}

void resume(Task &task) {
    crib::exception_save(globals, loop_state);
    crib::exception_restore(globals, task.state);
    crib::context_switch(loop, task.fiber.context);
}

// Waits while the exception is on its way.
struct SwitchesInDestructor {
    Task &task;
    ~SwitchesInDestructor() {
        int before = std::uncaught_exceptions();
        suspend(task);
        CHECK_EQ_INT(std::uncaught_exceptions(), before);
        CHECK_EQ_INT(before, 1);
    }
};

void round(Task &task) {
    try {
        SwitchesInDestructor guard{task};
        throw task.id;
    } catch (int id) {
        CHECK_EQ_INT(id, task.id);
        suspend(task);  // waits while the exception is being handled
        try {
            throw;  // the current one is still this fiber's
        } catch (int again) {
            CHECK_EQ_INT(again, task.id);
            suspend(task);
            ++task.caught;
        }
    }
    CHECK_EQ_INT(std::uncaught_exceptions(), 0);
    CHECK(std::current_exception() == nullptr);
}

void body(void *arg) {
    Task &task = *static_cast<Task *>(arg);
    for (int i = 0; i < 20; ++i) {
        round(task);
    }
    task.done = true;
    suspend(task);
}

constexpr int task_count = 7;
Task tasks[task_count];

}  // namespace

int main() {
    globals = crib::exception_globals();
    CHECK(globals == abi::__cxa_get_globals());
    CHECK_EQ_INT(pool.init(0), 0);
    crib::context_init_thread(loop);
    for (int i = 0; i < task_count; ++i) {
        tasks[i].id = i;
        fiber_start(pool, tasks[i].fiber, body, &tasks[i]);
    }
    unsigned next = 1;
    for (int running = task_count; running > 0;) {
        next = next * 1103515245u + 12345u;
        Task &task = tasks[(next >> 16) % task_count];
        if (task.done) {
            continue;
        }
        resume(task);
        CHECK_EQ_INT(std::uncaught_exceptions(), 0);
        running -= task.done;
    }
    for (Task &task : tasks) {
        CHECK_EQ_INT(task.caught, 20);
        fiber_end(pool, task.fiber);
    }
    pool.destroy();
    return 0;
}

#endif
