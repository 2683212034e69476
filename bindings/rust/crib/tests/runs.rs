//! Runs: results, borrowing, deadlock, several runs.

mod support;

use crib::{Error, ErrorKind, MockClock, Runtime};
use std::cell::Cell;
use support::{ms, quiet_panics, run, took};

#[test]
fn a_run_gives_the_result_of_its_main_future() {
    assert_eq!(run(async { Ok("done") }).unwrap(), "done");
}

#[test]
fn main_may_borrow_from_around_the_run() {
    let count = Cell::new(0);
    run(async {
        crib::checkpoint().await?;
        count.set(count.get() + 1);
        Ok(())
    })
    .unwrap();
    assert_eq!(count.get(), 1);
}

#[test]
fn what_main_fails_with_is_what_the_run_fails_with() {
    let e = run(async { Err::<(), _>(Error::with_code(-1_000_007, "no luck")) }).unwrap_err();
    assert_eq!((e.code(), e.message().as_str()), (-1_000_007, "no luck"));
    assert_eq!(e.task_name().as_deref(), Some("main"));
}

#[test]
fn a_panic_in_main_is_an_error_of_the_run() {
    quiet_panics();
    let e = run(async {
        crib::checkpoint().await?;
        if true {
            panic!("on purpose");
        }
        Ok(())
    })
    .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Panic);
    assert_eq!(e.message(), "panicked: on purpose");
    assert_eq!(*e.take_panic().unwrap().downcast_ref::<&str>().unwrap(), "on purpose");
    assert!(e.take_panic().is_none());
}

#[test]
fn one_runtime_serves_one_run_after_another() {
    let rt = Runtime::builder().mock_clock(MockClock::AutoJump).build().unwrap();
    for i in 0..3 {
        let (result, time) = rt
            .run(async {
                let (slept, time) = took(crib::sleep(ms(100))).await;
                slept?;
                Ok((i, time))
            })
            .unwrap();
        assert_eq!((result, time), (i, ms(100)));
    }
}

#[test]
fn a_run_inside_a_run_is_refused_and_its_future_dropped() {
    let alive = support::Alive::new();
    let inner = alive.make();
    let e = run(async {
        let result = crib::run(async move {
            let _inner = inner;
            Ok(())
        });
        Ok(result.unwrap_err())
    })
    .unwrap();
    assert_eq!(e.kind(), ErrorKind::Misuse);
    assert_eq!(alive.count(), 0);
}

#[test]
fn a_run_in_which_nobody_can_go_on_is_deadlocked() {
    let e = run(async {
        let (_tx, rx) = crib::channel::<i32>(0)?;
        rx.recv().await?;
        Ok(())
    })
    .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Deadlock);
}

#[test]
fn a_task_that_waits_for_nothing_is_ended_by_the_deadlock() {
    let alive = support::Alive::new();
    let held = alive.make();
    let e = run(crib::nursery(async |n| {
        n.start_soon("stuck", async move {
            let _held = held;
            std::future::pending::<()>().await;
            Ok(())
        });
        Ok(())
    }))
    .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Deadlock);
    assert_eq!(alive.count(), 0, "the library ended the task, and its future was dropped");
}

#[test]
fn operations_outside_a_run_are_misuse() {
    assert_eq!(crib::Event::new().err().unwrap().kind(), ErrorKind::Misuse);
    let waker = std::task::Waker::noop();
    let mut sleep = std::pin::pin!(crib::checkpoint());
    let polled = sleep.as_mut().poll(&mut std::task::Context::from_waker(waker));
    assert!(matches!(polled, std::task::Poll::Ready(Err(e)) if e.kind() == ErrorKind::Misuse));
}

#[test]
fn virtual_time_jumps_to_the_next_deadline() {
    let (_, time) = run(async { Ok(took(crib::sleep(std::time::Duration::from_secs(86_400))).await) }).unwrap();
    assert_eq!(time, std::time::Duration::from_secs(86_400));
}

#[test]
fn a_seed_decides_the_order_of_tasks() {
    let order = |seed| {
        let log = support::Log::new();
        let rt = Runtime::builder().mock_clock(MockClock::AutoJump).seed(seed).build().unwrap();
        rt.run(crib::scope(async |s| {
            let log = &log;
            for i in 0..8 {
                s.start_soon("task", async move {
                    crib::checkpoint().await?;
                    log.add(i);
                    Ok(())
                });
            }
            Ok(())
        }))
        .unwrap();
        log.lines().join(" ")
    };
    assert_eq!(order(0), "0 1 2 3 4 5 6 7");
    assert_eq!(order(5), order(5));
    assert!((1..20).any(|seed| order(seed) != order(0)));
}

#[test]
fn a_task_is_known_by_the_name_it_gives_itself() {
    run(crib::nursery(async |n| {
        let task = n.spawn("first", async {
            crib::set_task_name("second\0")?;
            assert_eq!(crib::task_name().as_deref(), Some("second\u{fffd}"));
            crib::sleep(ms(1)).await?;
            Err::<(), _>(crib::Error::msg("named"))
        });
        assert_eq!(task.name(), "first");
        crib::checkpoint().await?;
        assert_eq!(task.name(), "second\u{fffd}");
        let failed = task.wait().await;
        assert!(failed.is_err(), "the failure cancels this body");
        Ok(())
    }))
    .map_err(|e| e.leaves().next().and_then(|e| e.task_name()))
    .unwrap_err()
    .inspect(|name| assert_eq!(name, "second\u{fffd}"));
    assert!(crib::set_task_name("nobody").is_err());
}
