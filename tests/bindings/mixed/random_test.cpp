/* Random trees of nurseries of all three languages, with tasks of all three, in which things fail and are cancelled
 * anywhere. Every failure must come out at the top, exactly once, as what it was; every value is dropped. */
#include <algorithm>
#include <random>

#include "lua_state.hpp"

namespace {

constexpr int first_code = -1001000;

struct numbered : std::exception {
    int number;
    explicit numbered(int n) : number(n) {}
};

/* What the tasks share. Each failure has a number. */
struct world {
    const lua_state &lua;
    std::mt19937 random;
    crib::channel<crib::value> ch{1};
    int failures = 0, budget = 40;

    world(const lua_state &state, uint32_t seed) : lua(state), random(seed) {}
    int below(int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); }
    int64_t time() { return CRIB_MS(below(20)); }
    bool fails() { return below(5) == 0; }
};

world *now = nullptr; /* of the run */

void start_children(crib_nursery *n, int depth);

/* --- C: the public functions alone --- */

int c_acts(int depth);

int c_act(int depth) {
    crib_scope *scope = crib_move_on_after(now->time());
    crib_value v = crib_value_int(1);
    int rc = 0;
    switch (now->below(depth > 5 ? 4 : 6)) {
        case 0: rc = crib_sleep(now->time()); break;
        case 1: rc = crib_sender_send(now->ch.tx.get(), v); break;
        case 2:
            rc = crib_receiver_receive(now->ch.rx.get(), &v);
            if (rc == 0) crib_value_drop(v);
            break;
        case 3:
            if (now->fails()) rc = crib_fail(first_code - now->failures++, nullptr);
            break;
        case 4: rc = c_acts(depth + 1); break;
        default: {
            crib_nursery *n = crib_nursery_open();
            start_children(n, depth);
            rc = crib_nursery_close(n, c_acts(depth + 1));
        }
    }
    return crib_scope_close(scope, rc, nullptr);
}

int c_acts(int depth) {
    int rc = 0;
    for (int i = now->below(3); i >= 0 && rc >= 0; i--) rc = c_act(depth);
    return rc;
}

int c_body(void *depth) { return c_acts(static_cast<int>(reinterpret_cast<intptr_t>(depth))); }

/* --- C++ --- */

crib::task<> co_acts(int depth);

crib::task<> co_act(int depth) {
    const Counted local(depth);
    const auto time = std::chrono::nanoseconds(now->time());
    switch (now->below(depth > 5 ? 4 : 6)) {
        case 0: co_await crib::sleep(time); break;
        case 1: {
            auto send = [&]() -> crib::task<> { co_await now->ch.tx.send(crib::value(crib::detail::box(Counted(1)))); };
            (void)co_await crib::move_on_after(time, send);
            break;
        }
        case 2: co_await crib::select(crib::when(now->ch.rx, [](const auto &) {}), crib::when_after(time)); break;
        case 3:
            if (now->fails()) throw numbered(now->failures++);
            break;
        case 4: (void)co_await crib::move_on_after(time, [&] { return co_acts(depth + 1); }); break;
        default:
            co_await crib::nursery([&](crib::nursery_ref n) -> crib::task<> {
                start_children(n.get(), depth);
                co_await co_acts(depth + 1);
            });
    }
}

crib::task<> co_acts(int depth) {
    for (int i = now->below(3); i >= 0; i--) co_await co_act(depth);
}

/* --- Lua: what tasks.lua calls --- */

int l_below(lua_State *L) {
    lua_pushinteger(L, now->below(static_cast<int>(lua_tointeger(L, 1))));
    return 1;
}

int l_failure(lua_State *L) {
    lua_createtable(L, 0, 1);
    lua_pushinteger(L, now->failures++);
    lua_setfield(L, -2, "number");
    return 1;
}

int l_start_children(lua_State *L) {
    start_children(crib_lua_to_nursery(L, 1), static_cast<int>(lua_tointeger(L, 2)));
    return 0;
}

void give_to_lua(lua_State *L, world &w) {
    lua_register(L, "below", l_below);
    lua_register(L, "failure", l_failure);
    lua_register(L, "start_children", l_start_children);
    crib_lua_push_sender(L, crib_sender_clone(w.ch.tx.get()));
    lua_setglobal(L, "tx");
    crib_lua_push_receiver(L, crib_receiver_clone(w.ch.rx.get()));
    lua_setglobal(L, "rx");
}

void take_from_lua(lua_State *L) {
    for (const char *name : {"tx", "rx"}) {
        lua_pushnil(L);
        lua_setglobal(L, name);
    }
}

/* --- all --- */

void start_children(crib_nursery *n, int depth) {
    for (int i = now->below(4); i > 0 && now->budget > 0; i--) {
        now->budget--;
        switch (now->below(3)) {
            case 0:
                crib_nursery_start_soon(n, "c", c_body, reinterpret_cast<void *>(intptr_t{depth} + 1), nullptr);
                break;
            case 1: crib::nursery_ref(n).start_soon("c++", co_acts(depth + 1)); break;
            default: now->lua.start(n, "acts", [&](lua_State *L) { lua_pushinteger(L, depth + 1); });
        }
    }
}

int number_of(const lua_state &lua, const crib::failure &f) {
    if (const auto n = f.get_if<numbered>()) return n->number;
    if (f.code() <= first_code) return first_code - f.code();
    crib_lua_push_error(lua, crib_error_ref(f.get()));
    CHECK(lua_istable(lua, -1));
    lua_getfield(lua, -1, "number");
    if (lua_isnil(lua, -1)) fprintf(stderr, "%s\n", f.message());
    CHECK(lua_isnumber(lua, -1));
    const int number = static_cast<int>(lua_tointeger(lua, -1));
    lua_pop(lua, 2);
    return number;
}

uint32_t run_one(const lua_state &lua, uint32_t seed) {
    std::vector<int> numbers, expected;
    try {
        auto main = [&] {
            world w(lua, seed);
            struct at_end {
                world &w;
                std::vector<int> &expected;
                ~at_end() {
                    for (int i = 0; i < w.failures; i++) expected.push_back(i);
                    take_from_lua(w.lua);
                }
            } ends{w, expected};
            now = &w;
            give_to_lua(lua, w);
            (void)crib::move_on_after(200ms, [&] {
                crib::nursery([&](crib::nursery_ref n) {
                    start_children(n.get(), 0);
                    lua.start(n, "acts", [](lua_State *L) { lua_pushinteger(L, 0); });
                });
            });
        };
        run_virtual(main, seed);
    } catch (const crib::error_group &g) {
        for (const crib::failure &f : g.failures()) numbers.push_back(number_of(lua, f));
    }
    std::sort(numbers.begin(), numbers.end());
    if (numbers != expected) fprintf(stderr, "seed %u: %zu failed, %zu came\n", seed, expected.size(), numbers.size());
    CHECK(numbers == expected);
    return static_cast<uint32_t>(numbers.size());
}

}  // namespace

CLAIM(nothing_is_lost_whatever_happens) {
    const uint32_t seeds = getenv("CRIB_UNDER_VALGRIND") != nullptr ? 60 : 1000;
    uint32_t failed = 0;
    {
        const lua_state lua;
        for (uint32_t seed = 1; seed <= seeds; seed++) failed += run_one(lua, seed);
    }
    CHECK(failed > seeds / 4);
}
