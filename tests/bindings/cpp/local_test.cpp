/* What belongs to a task: its locals and its name; and the clock of tests. */
#include "claims.hpp"

CLAIM(a_local_is_inherited_by_the_tasks_that_are_started) {
    const crib::local<std::string> user;
    run_virtual([&] {
        CHECK(user.find() == nullptr);
        CHECK(user.value_or("nobody") == "nobody");
        user.set("ann");
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("child", [&]() -> crib::task<> {
                CHECK(*user.find() == "ann");
                user.set("bob");
                CHECK(*user.find() == "bob");
                co_await crib::checkpoint();
                CHECK(*user.find() == "bob");
            });
            n.wait_idle();
            CHECK(*user.find() == "ann");
            user.set("eve");
            n.start_soon("another", [&] { CHECK(*user.find() == "eve"); });
        });
    });
    CHECK(user.find() == nullptr);
    CHECK(throws<crib::misuse>([&] { user.set("outside"); }));
    claims::said_something();
}

CLAIM(values_of_locals_are_destroyed_with_the_last_task_that_sees_them) {
    const crib::local<Counted> key;
    run_virtual([&] {
        key.set(Counted(1));
        key.set(Counted(2));
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("child", [&] {
                CHECK_EQ_INT(key.find()->number, 2);
                key.set(Counted(3));
            });
        });
        CHECK_EQ_INT(key.find()->number, 2);
    });
    CHECK_EQ_INT(Counted::alive, 0);
}

CLAIM(a_task_knows_its_name) {
    CHECK(crib::this_task::name().empty());
    run_virtual([] {
        CHECK(crib::this_task::name() == "main");
        crib::nursery([](crib::nursery_ref n) {
            CHECK(n.opener() == "main");
            const auto child = n.spawn("child", []() -> crib::task<> {
                CHECK(crib::this_task::name() == "child");
                crib::this_task::set_name("grown up");
                co_await crib::sleep(1s);
                CHECK(crib::this_task::name() == "old");
            });
            crib::checkpoint();
            CHECK(child.name() == "grown up");
            child.set_name("old");
        });
    });
}

CLAIM(the_clock_of_a_test_jumps) {
    run_virtual([] {
        const auto begin = crib::clock::now();
        crib::testing::jump(5s);
        CHECK_EQ_INT(ms_since(begin), 5000);
        bool blocked = false;
        crib::nursery([&](crib::nursery_ref n) {
            n.start_soon("busy", [] {
                for (int i = 0; i < 100; i++) crib::checkpoint();
            });
            n.start_soon("sleeper", []() -> crib::task<> { co_await crib::sleep(1h); });
            crib::testing::wait_all_tasks_blocked();
            CHECK_EQ_INT(n.count(), 1);
            blocked = true;
            n.cancel();
        });
        CHECK(blocked);
        CHECK_EQ_INT(ms_since(begin), 5000);
    });
    crib::run([] { CHECK(throws<crib::misuse>([] { crib::testing::jump(1s); })); }); /* no mock clock */
    claims::said_something();
}
