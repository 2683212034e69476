/* All three together, cancelled at each of their cancel points in turn, and without memory at each allocation of the
 * library: whatever happens, it ends, nothing is left, nothing is misused. */
#include "../cpp/sweeps.hpp"
#include "lua_state.hpp"

namespace {

crib::task<> passes_on(crib::receiver<crib::value> rx, crib::sender<crib::value> tx) {
    while (auto v = co_await rx.receive()) co_await tx.send(std::move(*v));
}

struct ends_of_c {
    crib::receiver<crib::value> rx;
    crib::sender<crib::value> tx;
};

int passes_on_in_c(void *data) {
    const auto *of_c = static_cast<ends_of_c *>(data);
    ends ends{of_c->rx.get(), of_c->tx.get()};
    return c_passes_on(&ends);
}

/* Counted objects and values of Lua go round through all three. */
void ring(const lua_state &lua) {
    crib::channel<crib::value> to_c(1), to_cpp, to_lua, back(2);
    crib::nursery([&](crib::nursery_ref n) {
        auto of_c = std::make_unique<ends_of_c>(ends_of_c{std::move(to_c.rx), std::move(to_cpp.tx)});
        if (crib_nursery_start_soon(n.get(), "c", passes_on_in_c, of_c.release(),
                                    [](void *p) { delete static_cast<ends_of_c *>(p); }) < 0)
            throw std::bad_alloc();
        n.start_soon("c++", passes_on(std::move(to_cpp.rx), std::move(to_lua.tx)));
        lua.start(n, "echoes", lua_end(to_lua.rx), lua_end(back.tx));
        n.start_soon("begins", [tx = std::move(to_c.tx)]() -> crib::task<> {
            for (int i = 0; i < 3; i++) co_await tx.send(crib::value(crib::detail::box(Counted(i))));
        });
        while (auto v = back.rx.receive()) CHECK(*v);
    });
}

int body(void *data) {
    const auto &lua = *static_cast<const lua_state *>(data);
    const int rc = crib::detail::guarded([&] { ring(lua); });
    lua_gc(lua, LUA_GCCOLLECT, 0);
    lua_gc(lua, LUA_GCCOLLECT, 0);
    return rc;
}

void swept_with_lua(int (*sweeps)(const crib_sweep *, crib_sweep_report *), uint64_t seed = 0) {
    lua_state lua;
    swept(sweeps, body, seed, &lua);
}

}  // namespace

CLAIM(undisturbed_it_works) {
    const lua_state lua;
    run_virtual([&] { ring(lua); });
}

CLAIM(cancelled_anywhere_it_ends_cleanly) {
    swept_with_lua(crib_sweep_cancels);
    swept_with_lua(crib_sweep_cancels, 7);
}

CLAIM(without_memory_anywhere_it_ends_cleanly) { swept_with_lua(crib_sweep_allocations); }
