/* One cancel for all; locks, events and so on that all hold; runs of each language's making. */
#include "lua_state.hpp"

namespace {

/* Tasks of each kind that wait, and what was seen of them. */
struct three {
    seen c{}, cpp{}, lua{};

    auto note() {
        return [this](lua_State *L) {
            const std::string what = lua_tostring(L, 1);
            lua.waiting += what == "waiting";
            lua.cancelled += what == "cancelled";
            lua.told += what == "told";
            lua.finished += what == "finished";
            return 0;
        };
    }
    bool all(int seen::*field, int count) const {
        return c.*field == count && cpp.*field == count && lua.*field == count;
    }
};

crib::task<> co_waits(seen *s) {
    s->waiting++;
    try {
        co_await crib::sleep_forever();
    } catch (const crib::cancelled &) {
        s->cancelled++;
        throw;
    }
}

crib::task<> co_serves(seen *s) {
    s->waiting++;
    const bool told = co_await crib::graceful([]() -> crib::task<> { co_await crib::sleep_forever(); });
    s->told += told;
    co_await crib::sleep(1s);
    s->finished++;
}

template <class Note>
void start_three(crib::nursery_ref n, const lua_state &lua, three &t, Note &note) {
    crib_nursery_start_soon(n.get(), "c", c_waits, &t.c, nullptr);
    n.start_soon("c++", co_waits(&t.cpp));
    lua.start(n, "waits", lua_function(&note));
}

template <class Note>
void serve_three(crib::nursery_ref n, const lua_state &lua, three &t, Note &note) {
    crib_nursery_start_soon(n.get(), "c", c_serves, &t.c, nullptr);
    n.start_soon("c++", co_serves(&t.cpp));
    lua.start(n, "serves", lua_function(&note));
}

}  // namespace

CLAIM(one_cancel_reaches_tasks_of_all_three) {
    const lua_state lua;
    three t;
    auto note = t.note();
    run_virtual([&] {
        crib::nursery([&](crib::nursery_ref n) {
            for (int i = 0; i < 3; i++) start_three(n, lua, t, note);
            crib::sleep(1s);
            CHECK(t.all(&seen::waiting, 3) && t.all(&seen::cancelled, 0));
            n.cancel("enough");
        });
        CHECK(t.all(&seen::cancelled, 3));
    });
}

CLAIM(a_deadline_reaches_tasks_of_all_three_in_time) {
    const lua_state lua;
    three t;
    auto note = t.note();
    run_virtual([&] {
        const auto begin = crib::clock::now();
        CHECK(throws<crib::too_slow>([&] {
            crib::fail_after(250ms, [&] { crib::nursery([&](crib::nursery_ref n) { start_three(n, lua, t, note); }); });
        }));
        CHECK_EQ_INT(ms_since(begin), 250);
        CHECK(t.all(&seen::cancelled, 1));
    });
}

CLAIM(a_soft_cancel_ends_what_is_graceful_in_all_three_and_lets_them_finish) {
    const lua_state lua;
    three t;
    auto note = t.note();
    run_virtual([&] {
        const auto begin = crib::clock::now();
        crib::nursery([&](crib::nursery_ref n) {
            serve_three(n, lua, t, note);
            crib::sleep(1s);
            n.scope().cancel_soft(crib::soft::drain, 5s, "shutdown");
        });
        CHECK_EQ_INT(ms_since(begin), 2000);
        CHECK(t.all(&seen::told, 1) && t.all(&seen::finished, 1));
    });
}

CLAIM(when_the_grace_is_over_all_three_are_cut_off) {
    const lua_state lua;
    three t;
    auto note = t.note();
    run_virtual([&] {
        const auto begin = crib::clock::now();
        crib::nursery([&](crib::nursery_ref n) {
            serve_three(n, lua, t, note);
            crib::sleep(1s);
            n.scope().cancel_soft(crib::soft::drain, 500ms, "shutdown");
        });
        CHECK_EQ_INT(ms_since(begin), 1500);
        CHECK(t.all(&seen::told, 1) && t.all(&seen::finished, 0));
    });
}

CLAIM(a_lock_is_held_by_one_of_all) {
    const lua_state lua;
    run_virtual([&] {
        owned_by_lua<crib::lock> lock;
        guarded g{lock.get(), 0};
        auto read = [&](lua_State *L) {
            lua_pushinteger(L, static_cast<lua_Integer>(g.count));
            return 1;
        };
        auto write = [&](lua_State *L) {
            g.count = lua_tointeger(L, 1);
            return 0;
        };
        crib::nursery([&](crib::nursery_ref n) {
            crib_nursery_start_soon(n.get(), "c", c_adds_to_the_lock, &g, nullptr);
            n.start_soon("c++", [&]() -> crib::task<> {
                for (int i = 0; i < 10; i++) {
                    auto guard = co_await lock.acquire();
                    const int64_t before = g.count;
                    co_await crib::sleep(1ms);
                    g.count = before + 1;
                }
            });
            lua.start(n, "adds_to_the_lock", lock.pushed_by(crib_lua_push_lock), lua_function(&read),
                      lua_function(&write));
        });
        CHECK_EQ_INT(g.count, 30);
    });
}

CLAIM(lua_waits_for_what_c_and_cpp_do_and_they_for_lua) {
    const lua_state lua;
    run_virtual([&] {
        owned_by_lua<crib::event> there, back;
        owned_by_lua<crib::token> token("t");
        owned_by_lua<crib::semaphore> places(0);
        const auto begin = crib::clock::now();
        crib::nursery([&](crib::nursery_ref n) {
            auto sleeper = n.spawn("sleeper", []() -> crib::task<> { co_await crib::sleep(400ms); });
            lua.start(
                n, "waits_for_all", there.pushed_by(crib_lua_push_event), token.pushed_by(crib_lua_push_token),
                places.pushed_by(crib_lua_push_semaphore),
                [&](lua_State *L) { crib_lua_push_task(L, sleeper.release()); }, back.pushed_by(crib_lua_push_event));
            crib::sleep(100ms);
            there.set();
            crib::sleep(100ms);
            token.trigger();
            crib::sleep(100ms);
            crib_semaphore_release(places.get());
            back.wait();
            CHECK_EQ_INT(ms_since(begin), 400);
        });
    });
}

CLAIM(handles_come_out_of_lua_as_they_went_in) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<int> ch;
        owned_by_lua<crib::event> event;
        crib_sender *tx = ch.tx.get();
        crib_receiver *rx = ch.rx.get();
        lua_end(ch.tx)(lua);
        lua_end(ch.rx)(lua);
        event.pushed_by(crib_lua_push_event)(lua);
        CHECK(crib_lua_to_sender(lua, 1) == tx);
        CHECK(crib_lua_to_receiver(lua, 2) == rx);
        CHECK(crib_lua_to_event(lua, -1) == event.get());
        CHECK(crib_lua_to_event(lua, 1) == nullptr);
        CHECK(crib_lua_to_lock(lua, 3) == nullptr);
        CHECK(crib_lua_to_nursery(lua, 3) == nullptr);
        CHECK(crib_lua_to_scope(lua, 3) == nullptr);
        lua_pushliteral(lua, "text");
        CHECK(crib_lua_to_sender(lua, -1) == nullptr);
        lua_settop(lua, 0);
    });
}

namespace {

/* What a function of C that waits was called with; the count says whether it was given back. */
struct request {
    int code;
    Counted counted{1};
};

int waits_in_c(void *data) {
    const auto *r = static_cast<request *>(data);
    const int rc = crib_sleep(r->code > 1000 ? CRIB_MS(r->code) : CRIB_MS(1));
    return rc < 0 ? rc : r->code;
}

int l_wait_in_c(lua_State *L) {
    auto *r = new request{static_cast<int>(luaL_checkinteger(L, 1))};
    return crib_lua_call(L, waits_in_c, r, [](void *p) { delete static_cast<request *>(p); });
}

}  // namespace

CLAIM(lua_calls_a_function_of_c_that_waits) {
    const lua_state lua;
    run_virtual([&] {
        lua.call(
            "calls", [](lua_State *L) { lua_pushcfunction(L, l_wait_in_c); },
            [](lua_State *L) { lua_pushinteger(L, 7); });
        CHECK_EQ_INT(Counted::alive, 0);
    });
}

CLAIM(the_main_task_may_be_one_of_lua) {
    const lua_state lua;
    crib_runtime_options options{};
    options.size = sizeof options;
    options.mock_clock = 2;
    crib_runtime *rt = crib_runtime_new(&options);
    for (int round = 0; round < 2; round++) {
        ends of_all{};
        auto start_c = [&](lua_State *L) {
            crib_nursery *n = crib_lua_to_nursery(L, 1);
            CHECK_EQ_INT(crib_channel_open(0, &of_all.tx, &of_all.rx), 0);
            crib_lua_push_receiver(L, of_all.rx);
            auto sends = [](void *tx) { return crib_sender_send(static_cast<crib_sender *>(tx), crib_value_int(5)); };
            CHECK_EQ_INT(crib_nursery_start_soon(n, "c", sends, of_all.tx, nullptr), 0);
            return 1;
        };
        auto start_cpp = [&](lua_State *L) {
            crib::nursery_ref(crib_lua_to_nursery(L, 1))
                .start_soon("c++", [tx = crib::sender<int>(of_all.tx)]() -> crib::task<> {
                    co_await crib::sleep(1s);
                    co_await tx.send(6);
                });
            return 0;
        };
        lua_getglobal(lua, "main");
        lua_function (&start_c)(lua);
        lua_function (&start_cpp)(lua);
        CHECK_EQ_INT(crib_lua_run(rt, lua, 2), 0);
        CHECK_EQ_INT(lua_gettop(lua), 0);
        lua_getglobal(lua, "sum");
        CHECK_EQ_INT(lua_tointeger(lua, -1), 11 * (round + 1));
        lua_settop(lua, 0);
    }
    crib_unref(rt);
}

CLAIM(a_run_of_lua_that_fails_gives_its_code_and_its_error) {
    const lua_state lua;
    crib_runtime *rt = crib_runtime_new(nullptr);
    lua_getglobal(lua, "fails");
    CHECK_EQ_INT(crib_lua_run(rt, lua, 0), CRIB_EFOREIGN);
    crib_error *e = crib_error_ref(crib_error_current());
    crib_unref(rt);
    run_virtual([&] { lua.call("expects_its_failure", lua_error_of(e)); });
}
