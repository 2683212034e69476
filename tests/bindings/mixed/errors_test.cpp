/* Errors that cross: of Lua, of C and of C++, through nurseries of each. */
#include "lua_state.hpp"

#include <stdexcept>

namespace {

const std::exception *thrown_at = nullptr;

struct clumsy : std::runtime_error {
    Counted carried{5};
    clumsy() : runtime_error("thrown in C++") {}
    clumsy(const clumsy &other) : runtime_error(other), carried(other.carried.number) {}
};

crib::task<> co_fails() {
    co_await crib::sleep(10ms);
    try {
        throw clumsy();
    } catch (const clumsy &e) {
        thrown_at = &e;
        throw;
    }
}

/* What starts a task in the nursery of a Lua function that calls it. */
auto starter(void (*start)(crib_nursery *)) {
    return [start](lua_State *L) {
        crib_nursery *n = crib_lua_to_nursery(L, 1);
        CHECK(n != nullptr);
        start(n);
        return 0;
    };
}

void start_cpp(crib_nursery *n) { crib::nursery_ref(n).start_soon("c++", co_fails()); }
void start_c(crib_nursery *n) { CHECK_EQ_INT(crib_nursery_start_soon(n, "c", c_fails, nullptr, nullptr), 0); }

}  // namespace

CLAIM(a_table_raised_in_lua_comes_back_through_a_nursery_of_c) {
    const lua_state lua;
    run_virtual([&] {
        crib_error *e = c_nursery(
            [](crib_nursery *n, void *state) {
                static seen unused;
                static_cast<const lua_state *>(state)->start(n, "fails");
                crib_nursery_start_soon(n, "waits", c_waits, &unused, nullptr);
            },
            const_cast<lua_state *>(&lua));
        CHECK_EQ_INT(crib_error_code(e), CRIB_EFOREIGN);
        lua.call("expects_its_failure", lua_error_of(e));
    });
}

CLAIM(a_table_raised_in_lua_comes_back_through_a_nursery_of_cpp) {
    const lua_state lua;
    run_virtual([&] {
        try {
            crib::nursery([&](crib::nursery_ref n) {
                lua.start(n, "fails");
                n.start_soon("waits", []() -> crib::task<> { co_await crib::sleep_forever(); });
            });
            CHECK(!"it went on");
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.failures().size(), 1);
            lua.call("expects_its_failure", lua_error_of(crib_error_ref(g.get())));
        }
    });
}

CLAIM(an_exception_of_cpp_comes_back_through_a_nursery_of_lua) {
    const lua_state lua;
    auto start = starter(start_cpp);
    run_virtual([&] {
        for (const char *host : {"hosts", "hosts_and_looks"}) {
            try {
                lua.call(host, lua_function(&start));
                CHECK(!"it went on");
            } catch (const crib::error_group &g) {
                const auto e = g.find<clumsy>();
                CHECK(e != nullptr && e.get() == thrown_at);
                CHECK_EQ_INT(e->carried.number, 5);
                CHECK_EQ_INT(g.failures().size(), 1);
            }
        }
    });
}

CLAIM(a_code_of_c_is_a_code_in_lua_and_a_crib_error_in_cpp) {
    const lua_state lua;
    auto start = starter(start_c);
    run_virtual([&] {
        try {
            lua.call("hosts", lua_function(&start));
            CHECK(!"it went on");
        } catch (const crib::error_group &g) {
            const auto e = g.find<crib::error>();
            CHECK(e != nullptr);
            CHECK_EQ_INT(e->code(), C_HAS_FAILED);
            CHECK(std::string(e->what()) == "there is nothing left in C");
            CHECK(std::string(e->task_name()) == "c");
            lua.call("expects_the_code_of_c", lua_error_of(crib_error_ref(g.get())));
        }
    });
}

CLAIM(three_failures_of_three_languages_are_one_group_in_each) {
    const lua_state lua;
    run_virtual([&] {
        try {
            crib::nursery([&](crib::nursery_ref n) {
                lua.start(n, "fails");
                start_c(n.get());
                start_cpp(n.get());
            });
            CHECK(!"it went on");
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.failures().size(), 3);
            CHECK(g.has<clumsy>());
            CHECK(crib_error_find(g.get(), C_HAS_FAILED) != nullptr);
            CHECK(crib_error_find(g.get(), CRIB_EFOREIGN) != nullptr);
            lua.call("expects_three", lua_error_of(crib_error_ref(g.get())));
        }
    });
}

CLAIM(a_channel_closed_with_an_error_of_lua_ends_with_it_everywhere) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<int> ch(1);
        auto other = ch.rx.clone();
        lua.call("closes_with_its_failure", lua_end(ch.tx));
        CHECK(throws<crib::error>([&] { (void)*ch.rx.receive(); }));
        lua.call("expects_its_failure_at_the_end", lua_end(other));
    });
}

CLAIM(an_error_made_of_a_lua_value_is_that_value_again) {
    const lua_state lua;
    run_virtual([&] {
        lua_newtable(lua);
        crib_error *e = crib_lua_to_error(lua, -1, nullptr);
        CHECK_EQ_INT(crib_error_code(e), CRIB_EFOREIGN);
        crib_lua_push_error(lua, e);
        CHECK(lua_rawequal(lua, -1, -2));
        lua_settop(lua, 0);
        lua_pushnil(lua);
        CHECK(crib_lua_to_error(lua, -1, nullptr) == nullptr);
        crib_lua_push_error(lua, nullptr);
        CHECK(lua_isnil(lua, -1));
        crib_lua_push_error(lua, crib_error_new(CRIB_ETOOSLOW, nullptr));
        e = crib_lua_to_error(lua, -1, nullptr);
        CHECK_EQ_INT(crib_error_code(e), CRIB_ETOOSLOW);
        crib_unref(e);
        lua_settop(lua, 0);
    });
}

CLAIM(groups_that_are_kept_are_not_taken_for_later_ones) {
    const lua_state lua;
    run_virtual([&] { lua.call("keeps_groups_apart"); });
}
