//! Nurseries: what they wait for, what they cancel, what they report.

mod support;

use crib::{Error, ErrorKind, Nursery, Policy};
use std::cell::Cell;
use std::rc::Rc;
use support::{Alive, Log, ms, quiet_panics, run, took};

#[test]
fn a_nursery_waits_for_all_its_tasks() {
    let (result, time) = run(async {
        Ok(took(crib::nursery(async |n| {
            n.start_soon("short", crib::sleep(ms(10)));
            n.start_soon("long", crib::sleep(ms(50)));
            Ok("body")
        }))
        .await)
    })
    .unwrap();
    assert_eq!((result.unwrap(), time), ("body", ms(50)));
}

#[test]
fn tasks_start_in_order_after_their_starter_waits() {
    let log = Log::new();
    run(crib::nursery(async |n| {
        for i in 0..3 {
            let log = log.clone();
            n.start_soon("task", async move {
                log.add(i);
                Ok(())
            });
        }
        log.add("body");
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.lines(), ["body", "0", "1", "2"]);
}

#[test]
fn the_first_failure_cancels_the_rest_and_all_errors_are_reported() {
    let log = Log::new();
    let e = run(crib::nursery(async |n| {
        n.start_soon("first", async { Err(Error::msg("first failed")) });
        let told = log.clone();
        n.start_soon("second", async move {
            let e = crib::sleep_forever().await.unwrap_err();
            told.add(e.is_cancelled());
            Err(Error::msg("second failed in its cleanup"))
        });
        n.start_soon("third", crib::sleep_forever());
        Ok(())
    }))
    .unwrap_err();
    assert_eq!(log.lines(), ["true"]);
    let leaves: Vec<_> = e.leaves().map(|l| (l.task_name().unwrap(), l.message())).collect();
    let expected = [("first", "first failed"), ("second", "second failed in its cleanup")];
    assert_eq!(leaves, expected.map(|(t, m)| (t.to_string(), m.to_string())));
    assert_eq!(e.to_string(), "first failed (and 1 more error)");
}

#[test]
fn a_failing_body_cancels_the_children() {
    let alive = Alive::new();
    let e = run(crib::nursery(async |n| {
        let held = alive.make();
        n.start_soon("child", async move {
            let _held = held;
            crib::sleep_forever().await
        });
        crib::checkpoint().await?;
        Err::<(), _>(Error::msg("the body failed"))
    }))
    .unwrap_err();
    assert_eq!((e.to_string().as_str(), alive.count()), ("the body failed", 0));
}

#[test]
fn a_panicking_child_is_an_error_of_the_nursery() {
    quiet_panics();
    let e = run(crib::nursery(async |n| {
        n.start_soon("clumsy", async {
            crib::checkpoint().await?;
            panic!("on purpose {}", 7)
        });
        crib::sleep_forever().await
    }))
    .unwrap_err();
    assert_eq!(e.find(ErrorKind::Panic).unwrap().task_name().as_deref(), Some("clumsy"));
}

#[test]
fn a_panicking_body_waits_for_its_children_too() {
    quiet_panics();
    let log = Log::new();
    let told = log.clone();
    let e = run(async {
        let result: crib::Result<()> = crib::nursery(async |n| {
            n.start_soon("child", async move {
                let _ = crib::sleep_forever().await;
                crib::shield(crib::sleep(ms(5))).await?;
                told.add("cleaned up");
                Ok(())
            });
            crib::checkpoint().await?;
            panic!("on purpose")
        })
        .await;
        log.add("after");
        result
    })
    .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Panic);
    assert_eq!(log.lines(), ["cleaned up", "after"]);
}

#[derive(Debug)]
struct Full(u32);

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "disk {} is full", self.0)
    }
}

impl std::error::Error for Full {}

#[test]
fn errors_of_the_program_pass_through_nurseries_as_they_are() {
    let e = run(crib::nursery(async |outer| {
        outer.start_soon(
            "outer",
            crib::nursery(async |inner| {
                inner.start_soon("writer", async { Err(Error::new(Full(3))) });
                inner.start_soon("other", async { Err(Error::msg("broke")) });
                Ok(())
            }),
        );
        Ok(())
    }))
    .unwrap_err();
    assert_eq!(e.downcast_ref::<Full>().unwrap().0, 3);
    assert_eq!(e.kind(), ErrorKind::User);
    assert_eq!(e.leaves().count(), 2);
    assert!(format!("{e:?}").contains("disk 3 is full"), "{e:?}");
    let sent: Box<dyn std::error::Error + Send + Sync> = e.into();
    assert!(sent.to_string().starts_with("disk 3 is full"));
}

#[test]
fn children_may_start_more_children() {
    let count = Rc::new(Cell::new(0));
    fn grow(n: &Nursery, depth: u32, count: Rc<Cell<u32>>) {
        count.set(count.get() + 1);
        if depth == 0 {
            return;
        }
        for _ in 0..2 {
            let (n2, count) = (n.clone(), count.clone());
            n.start_soon("node", async move {
                crib::checkpoint().await?;
                grow(&n2, depth - 1, count);
                Ok(())
            });
        }
    }
    run(crib::nursery(async |n| {
        grow(&n, 4, count.clone());
        Ok(())
    }))
    .unwrap();
    assert_eq!(count.get(), 31);
}

#[test]
fn a_nursery_that_has_closed_takes_no_more() {
    let e = run(async {
        let kept = crib::nursery(async |n| Ok(n)).await?;
        Ok(kept.try_start_soon("late", async { Ok(()) }).unwrap_err())
    })
    .unwrap();
    assert_eq!(e.kind(), ErrorKind::Closed);
}

#[test]
fn a_refused_child_is_dropped_and_start_soon_panics() {
    quiet_panics();
    let alive = Alive::new();
    let e = run(async {
        let kept = crib::nursery(async |n| Ok(n)).await?;
        let held = alive.make();
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            kept.start_soon("late", async move {
                let _held = held;
                Ok(())
            });
        }));
        Ok(result.unwrap_err().downcast_ref::<String>().unwrap().clone())
    })
    .unwrap();
    assert!(e.starts_with("the nursery does not take 'late'"), "{e}");
    assert_eq!(alive.count(), 0);
}

#[test]
fn a_limited_nursery_lets_whoever_waits_in_when_there_is_room() {
    let most = Cell::new(0);
    let now = Cell::new(0);
    run(Nursery::builder().max_children(2).scope(async |s| {
        for _ in 0..6 {
            s.wait_room().await?;
            s.start_soon("job", async {
                now.set(now.get() + 1);
                most.set(most.get().max(now.get()));
                crib::sleep(ms(10)).await?;
                now.set(now.get() - 1);
                Ok(())
            });
        }
        Ok(())
    }))
    .unwrap();
    assert_eq!(most.get(), 2);
}

#[test]
fn policies_decide_which_end_cancels_the_rest() {
    let forever = async || crib::sleep_forever().await;
    run(Nursery::builder().policy(Policy::FirstDone).run(async |n| {
        n.start_soon("first", async { Ok(()) });
        n.start_soon("forever", forever());
        Ok(())
    }))
    .unwrap();
    run(Nursery::builder().policy(Policy::FirstSuccess).run(async |n| {
        n.start_soon("fails", async { Err(Error::msg("no")) });
        n.start_soon("succeeds", crib::sleep(ms(1)));
        n.start_soon("forever", forever());
        Ok(())
    }))
    .unwrap();
}

#[test]
fn a_supervisor_is_told_of_each_failure_and_goes_on() {
    let told = Rc::new(std::cell::RefCell::new(Vec::new()));
    let seen = told.clone();
    let on_failure = move |task: &str, e: Error| seen.borrow_mut().push(format!("{task}: {e}"));
    let finished = Cell::new(false);
    run(async {
        let supervised = Nursery::builder().policy(Policy::Supervise).on_failure(on_failure);
        supervised
            .scope(async |s| {
                s.start_soon("a", async { Err(Error::msg("one")) });
                s.start_soon("b", async { Err(Error::msg("two")) });
                s.start_soon("c", async {
                    crib::sleep(ms(10)).await?;
                    finished.set(true);
                    Ok(())
                });
                Ok(())
            })
            .await
    })
    .unwrap();
    assert_eq!(*told.borrow(), ["a: one", "b: two"]);
    assert!(finished.get());
}

#[test]
fn cancelling_a_nursery_is_no_failure() {
    let result = run(crib::nursery(async |n| {
        n.start_soon("forever", crib::sleep_forever());
        n.cancel("enough");
        Ok("body")
    }));
    assert_eq!(result.unwrap(), "body");
}

#[test]
fn a_body_cut_by_its_own_nursery_has_no_result() {
    let e = run(crib::nursery(async |n| {
        n.cancel("enough");
        crib::checkpoint().await?;
        Ok(())
    }))
    .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Aborted);
}

#[test]
fn the_result_of_a_task_is_waited_for() {
    let sum = run(crib::nursery(async |n| {
        let slow = n.spawn("slow", async {
            crib::sleep(ms(10)).await?;
            Ok(40)
        });
        let quick = n.spawn("quick", async { Ok(2) });
        Ok(slow.join().await? + quick.join().await?)
    }))
    .unwrap();
    assert_eq!(sum, 42);
}

#[test]
fn cancelling_one_task_does_not_fail_its_nursery() {
    let alive = Alive::new();
    run(crib::nursery(async |n| {
        let held = alive.make();
        let task = n.spawn("forever", async move {
            let _held = held;
            crib::sleep_forever().await
        });
        crib::checkpoint().await?;
        task.cancel("not needed");
        task.wait().await?;
        assert!(task.is_finished());
        assert_eq!(task.join().await.unwrap_err().kind(), ErrorKind::Aborted);
        Ok(())
    }))
    .unwrap();
    assert_eq!(alive.count(), 0);
}

#[test]
fn a_failing_task_tells_its_code_to_who_joins_and_its_error_to_the_nursery() {
    let e = run(crib::nursery(async |n| {
        let task = n.spawn("fails", async { Err::<(), _>(Error::with_code(-1_000_001, "broke")) });
        let joined = crib::shield(task.join()).await.unwrap_err();
        assert_eq!((joined.code(), joined.message().as_str()), (-1_000_001, "task '(ended)' failed"));
        Ok(())
    }))
    .unwrap_err();
    assert_eq!(e.to_string(), "broke");
}

#[test]
fn start_waits_until_the_child_is_ready() {
    let log = Log::new();
    run(crib::nursery(async |n| {
        let told = log.clone();
        let port = n
            .start("server", async move |started| {
                crib::sleep(ms(10)).await?;
                told.add("ready");
                started.set(8080);
                crib::sleep(ms(10)).await?;
                told.add("served");
                Ok(())
            })
            .await?;
        log.add(port);
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.lines(), ["ready", "8080", "served"]);
}

#[test]
fn a_child_that_fails_before_it_is_ready_fails_its_starter() {
    let e = run(crib::nursery(async |n| {
        let result: crib::Result<()> = n.start("server", async |_started| Err(Error::msg("no port"))).await;
        Ok(result.unwrap_err())
    }))
    .unwrap();
    assert_eq!(e.message(), "no port");
    let e = run(crib::nursery(async |n| {
        let result: crib::Result<()> = n.start("server", async |_started| Ok(())).await;
        Ok(result.unwrap_err())
    }))
    .unwrap();
    assert_eq!(e.kind(), ErrorKind::NotStarted);
}

#[test]
fn a_service_runs_until_the_body_has_ended() {
    let log = Log::new();
    let told = log.clone();
    run(Nursery::builder().service().run(async |n| {
        n.start_soon("service", async move {
            let e = crib::sleep_forever().await.unwrap_err();
            told.add("service ends");
            Err(e)
        });
        crib::sleep(ms(10)).await?;
        log.add("body ends");
        Ok(())
    }))
    .unwrap();
    assert_eq!(log.lines(), ["body ends", "service ends"]);
}
