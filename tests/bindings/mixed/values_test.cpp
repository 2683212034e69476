/* Values on channels between tasks of Lua, fibers of C and coroutines of C++. */
#include "lua_state.hpp"

static crib::task<> passes_on(crib::receiver<crib::value> rx, crib::sender<crib::value> tx) {
    while (auto v = co_await rx.receive()) co_await tx.send(std::move(*v));
}

CLAIM(values_of_lua_pass_through_c_and_cpp_unchanged) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<crib::value> to_c, to_cpp, back;
        ends of_c{to_c.rx.release(), to_cpp.tx.release()};
        crib::nursery([&](crib::nursery_ref n) {
            lua.start(n, "sends_values", lua_end(to_c.tx));
            crib_nursery_start_soon(n.get(), "c", c_passes_on, &of_c, nullptr);
            n.start_soon("c++", passes_on(std::move(to_cpp.rx), std::move(back.tx)));
            lua.start(n, "expects_values", lua_end(back.rx));
        });
        crib_unref(of_c.rx);
        crib_unref(of_c.tx);
    });
}

CLAIM(integers_are_the_same_in_all) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<crib::value> to_c;
        crib::channel<int64_t> to_lua;
        crib::channel<int> numbers;
        std::vector<int> seen;
        ends of_c{to_c.rx.release(), to_lua.tx.release()};
        crib::nursery([&](crib::nursery_ref n) {
            lua.start(n, "sends_integers", lua_end(to_c.tx));
            crib_nursery_start_soon(n.get(), "c", c_adds_ten, &of_c, nullptr);
            lua.start(n, "adds_thousand", lua_end(to_lua.rx), lua_end(numbers.tx));
            for (int number : numbers.rx) seen.push_back(number);
        });
        CHECK((seen == std::vector<int>{1011, 1009, 1010, 1000001017}));
        crib_unref(of_c.rx);
        crib_unref(of_c.tx);
    });
}

CLAIM(what_is_no_integer_is_refused_where_one_is_wanted) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<int> numbers;
        crib::nursery([&](crib::nursery_ref n) {
            lua.start(n, "sends_a_fraction", lua_end(numbers.tx));
            CHECK(throws<crib::foreign_value>([&] { (void)*numbers.rx.receive(); }));
            CHECK(!numbers.rx.receive());
        });
    });
}

CLAIM(c_refuses_a_fraction_where_it_wants_integers) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<crib::value> to_c, back;
        ends of_c{to_c.rx.get(), back.tx.get()};
        try {
            crib::nursery([&](crib::nursery_ref n) {
                lua.start(n, "sends_a_fraction", lua_end(to_c.tx));
                crib_nursery_start_soon(n.get(), "c", c_adds_ten, &of_c, nullptr);
            });
            CHECK(!"it went on");
        } catch (const crib::error_group &g) {
            CHECK_EQ_INT(g.code(), C_WANTS_INTEGERS);
        }
    });
}

CLAIM(objects_of_cpp_pass_through_lua_untouched) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<Counted> there;
        crib::channel<Counted> back;
        crib::nursery([&](crib::nursery_ref n) {
            lua.start(n, "passes_on", lua_end(there.rx), lua_end(back.tx));
            n.start_soon("sends", [tx = std::move(there.tx)]() -> crib::task<> {
                for (int i = 1; i <= 3; i++) co_await tx.send(Counted(i));
            });
            for (int i = 1; i <= 3; i++) CHECK_EQ_INT(back.rx.receive()->number, i);
            CHECK(!back.rx.receive());
        });
        CHECK_EQ_INT(Counted::alive, 0);
    });
}

CLAIM(objects_of_cpp_that_lua_keeps_are_dropped_with_the_garbage) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<Counted> there;
        crib::nursery([&](crib::nursery_ref n) {
            lua.start(n, "keeps_what_it_gets", lua_end(there.rx));
            for (int i = 1; i <= 3; i++) there.tx.send(Counted(i));
            there.tx = {};
        });
        CHECK_EQ_INT(Counted::alive, 3);
        lua.call("lets_go_of_what_it_kept");
        CHECK_EQ_INT(Counted::alive, 0);
    });
}

CLAIM(objects_of_cpp_that_lua_keeps_are_dropped_with_its_state) {
    auto lua = std::make_unique<lua_state>();
    run_virtual([&] {
        crib::channel<Counted> there;
        crib::nursery([&](crib::nursery_ref n) {
            lua->start(n, "keeps_what_it_gets", lua_end(there.rx));
            there.tx.send(Counted(1));
            there.tx = {};
        });
    });
    CHECK_EQ_INT(Counted::alive, 1);
    lua.reset();
    CHECK_EQ_INT(Counted::alive, 0);
}

CLAIM(values_that_nobody_receives_are_dropped_once) {
    const lua_state lua;
    run_virtual([&] {
        crib::channel<crib::value> of_lua(100);
        crib::channel<Counted> of_cpp(100);
        crib::nursery([&](crib::nursery_ref n) { lua.start(n, "sends_values", lua_end(of_lua.tx)); });
        const std::optional<crib::value> first = of_lua.rx.receive();
        CHECK(first && *first);
        of_cpp.tx.send(Counted(1));
        of_cpp.tx.send(Counted(2));
    });
}

CLAIM(c_makes_values_of_what_is_on_the_stack_and_pushes_them_back) {
    const lua_state lua;
    run_virtual([&] {
        lua_newtable(lua);
        const crib_value table = crib_lua_to_value(lua, -1);
        crib_lua_push_value(lua, table);
        CHECK(lua_rawequal(lua, -1, -2));
        lua_pushinteger(lua, -5);
        CHECK_EQ_INT(crib_value_as_int(crib_lua_to_value(lua, -1), 0), -5);
        crib_lua_push_value(lua, crib_value_int(8));
        CHECK_EQ_INT(lua_tointeger(lua, -1), 8);
        lua_pushnil(lua);
        CHECK(crib_lua_to_value(lua, -1).vt == nullptr);
        crib_lua_push_value(lua, crib::detail::box(Counted(6)));
        const crib::value object(crib_lua_to_value(lua, -1));
        CHECK(crib::detail::holds<Counted>(object.get()));
        CHECK(crib_lua_to_value(lua, -1).vt == nullptr);  // it has been passed on
        lua_settop(lua, 0);
    });
}
