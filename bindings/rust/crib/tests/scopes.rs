//! Scopes: children that borrow.

mod support;

use crib::{Error, ErrorKind, Event, Nursery};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use support::{Alive, Log, Many, ms, quiet_panics, run, took};

#[test]
fn children_borrow_what_lives_around_the_scope() {
    let words = vec!["a".to_string(), "bb".into()];
    let total = Cell::new(0);
    let time = run(async {
        let (result, time) = took(crib::scope(async |s| {
            for word in &words {
                s.start_soon("count", async {
                    crib::sleep(ms(10)).await?;
                    total.set(total.get() + word.len());
                    Ok(())
                });
            }
            Ok(())
        }))
        .await;
        result.map(|()| time)
    })
    .unwrap();
    assert_eq!((total.get(), time), (3, ms(10)));
}

#[test]
fn children_change_what_they_borrow_alone() {
    let (mut a, mut b) = (1, 1);
    run(crib::scope(async |s| {
        s.start_soon("a", async {
            crib::checkpoint().await?;
            a += 1;
            Ok(())
        });
        s.start_soon("b", async {
            crib::checkpoint().await?;
            b += 2;
            Ok(())
        });
        Ok(())
    }))
    .unwrap();
    assert_eq!((a, b), (2, 3));
}

#[test]
fn children_start_siblings_through_the_scope() {
    let count = Cell::new(0);
    run(crib::scope(async |s| {
        s.start_soon("first", async {
            for _ in 0..3 {
                s.start_soon("more", async {
                    crib::checkpoint().await?;
                    count.set(count.get() + 1);
                    Ok(())
                });
            }
            Ok(())
        });
        Ok(())
    }))
    .unwrap();
    assert_eq!(count.get(), 3);
}

#[test]
fn results_may_borrow_too() {
    let words = ["pear", "fig"];
    let shortest = run(crib::scope(async |s| {
        let tasks: Vec<_> = words.iter().map(|w| s.spawn("measure", async move { Ok(w) })).collect();
        let mut found = Vec::new();
        for t in tasks {
            found.push(t.join().await?);
        }
        Ok(*found.into_iter().min_by_key(|w| w.len()).unwrap())
    }))
    .unwrap();
    assert_eq!(shortest, "fig");
}

#[test]
fn each_child_is_a_task_of_its_own() {
    let lock = RefCell::new(None);
    let names = RefCell::new(Vec::new());
    run(async {
        *lock.borrow_mut() = Some(crib::Lock::new(0)?);
        let lock = lock.take().unwrap();
        let (lock, names) = (&lock, &names);
        crib::scope(async |s| {
            for name in ["ann", "bob"] {
                s.start_soon(name, async move {
                    let mut guard = lock.lock().await?; // the owner is the task
                    crib::checkpoint().await?;
                    *guard += 1;
                    names.borrow_mut().push(crib::task_name().unwrap());
                    Ok(())
                });
            }
            Ok(())
        })
        .await
    })
    .unwrap();
    assert_eq!(*names.borrow(), ["ann", "bob"]);
}

#[test]
fn a_failing_child_cancels_its_siblings_and_the_body() {
    let alive = Alive::new();
    let e = run(crib::scope(async |s| {
        s.start_soon("fails", async { Err(Error::msg("broke")) });
        s.start_soon("forever", async {
            let _held = alive.make();
            crib::sleep_forever().await
        });
        crib::sleep_forever().await
    }))
    .unwrap_err();
    assert_eq!((e.to_string().as_str(), alive.count()), ("broke", 0));
    assert_eq!(e.leaves().next().unwrap().task_name().as_deref(), Some("fails"));
}

#[test]
fn a_panicking_child_is_an_error_of_the_scope() {
    quiet_panics();
    let e = run(crib::scope(async |s| {
        s.start_soon("clumsy", async { panic!("on purpose") });
        Ok(())
    }))
    .unwrap_err();
    assert_eq!(e.find(ErrorKind::Panic).unwrap().task_name().as_deref(), Some("clumsy"));
}

#[test]
fn a_timeout_around_a_scope_ends_it() {
    let alive = Alive::new();
    let result = run(crib::move_on_after(
        ms(50),
        crib::scope(async |s| {
            s.start_soon("forever", async {
                let _held = alive.make();
                crib::sleep_forever().await
            });
            Ok(())
        }),
    ));
    assert_eq!((result.unwrap(), alive.count()), (None, 0));
}

#[test]
fn scopes_nest_and_children_have_timeouts_of_their_own() {
    let log = RefCell::new(Vec::new());
    run(crib::scope(async |outer| {
        for i in 1..=3 {
            let log = &log;
            outer.start_soon("outer", async move {
                crib::scope(async |inner| {
                    inner.start_soon("inner", async {
                        let slept = crib::move_on_after(ms(20), crib::sleep(ms(10 * i))).await?;
                        log.borrow_mut().push((i, slept.is_some()));
                        Ok(())
                    });
                    Ok(())
                })
                .await
            });
        }
        Ok(())
    }))
    .unwrap();
    log.borrow_mut().sort_unstable();
    // At 20 ms the sleep and the deadline are due together; which comes first is not the point.
    assert_eq!(log.borrow()[0], (1, true));
    assert_eq!(log.borrow()[2], (3, false));
}

#[test]
fn a_forgotten_scope_never_runs_its_children_again() {
    let alive = Alive::new();
    let ran = Cell::new(0);
    let e = run(async {
        let scope = crib::scope(async |s| {
            s.start_soon("child", async {
                let _held = alive.make();
                loop {
                    ran.set(ran.get() + 1);
                    crib::sleep(ms(10)).await?;
                }
            });
            crib::sleep_forever().await
        });
        let mut scope = Box::pin(scope);
        // Polled until its child has run three times.
        let poll = std::future::poll_fn(|cx| {
            let _ = scope.as_mut().poll(cx);
            if ran.get() == 3 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        });
        poll.await;
        std::mem::forget(scope);
        crib::sleep(ms(100)).await?;
        assert_eq!(ran.get(), 3);
        Ok(())
    })
    .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Misuse, "a task ended with a nursery left open: {e:?}");
    assert_eq!(alive.count(), 1, "what was forgotten is never dropped");
}

#[test]
fn a_dropped_scope_drops_its_children_at_once() {
    let alive = Alive::new();
    run(async {
        let scope = crib::scope(async |s| {
            for _ in 0..3 {
                s.start_soon("child", async {
                    let _held = alive.make();
                    crib::sleep_forever().await
                });
            }
            crib::sleep_forever().await
        });
        let timeout = crib::sleep(ms(10));
        let first: support::Either<crib::Result<()>, _> = support::either(scope, timeout).await;
        assert!(matches!(first, support::Either::Right(Ok(()))));
        assert_eq!(alive.count(), 0);
        crib::checkpoint().await
    })
    .unwrap();
}

#[test]
fn scopes_work_below_combinators_with_wakers_of_their_own() {
    let done = Cell::new(0);
    let polls = run(async {
        let mut many = Many::new();
        for i in 0..10 {
            let done = &done;
            many.push(async move {
                crib::scope(async |s| {
                    for k in 0..3 {
                        s.start_soon("child", async move {
                            crib::sleep(ms(i * 10 + k)).await?;
                            done.set(done.get() + 1);
                            Ok(())
                        });
                    }
                    Ok(())
                })
                .await
            });
        }
        let polls = many.polls.clone();
        for result in many.all().await {
            result?;
        }
        Ok(polls.get())
    })
    .unwrap();
    assert_eq!(done.get(), 30);
    assert!(polls < 120, "each is polled when it is woken: {polls}");
}

#[test]
fn children_that_are_polled_out_of_their_turn_close_their_scopes() {
    run(async {
        let mut many = Many::new();
        for i in 1..=3 {
            many.push(crib::scope(async move |s| {
                s.start_soon("child", async move {
                    // Its end comes while the parent's task runs, for the parent is woken by another one's waker.
                    let slept = crib::move_on_after(ms(5), crib::sleep(ms(10 * i))).await?;
                    assert!(slept.is_none());
                    crib::fail_after(ms(50), crib::checkpoint()).await
                });
                Ok(())
            }));
        }
        many.all().await.into_iter().collect::<crib::Result<()>>()
    })
    .unwrap();
}

#[test]
fn a_scope_may_be_polled_by_another_task_than_opened_it() {
    let sum = Cell::new(0);
    run(async {
        let values = vec![1, 2, 3];
        let mut scope = Box::pin(crib::scope(async |s| {
            for v in &values {
                let sum = &sum;
                s.start_soon("child", async move {
                    crib::sleep(ms(10)).await?;
                    sum.set(sum.get() + v);
                    Ok(())
                });
            }
            crib::sleep(ms(5)).await
        }));
        // Opened here, then polled by a child of another scope to its end.
        std::future::poll_fn(|cx| std::task::Poll::Ready(scope.as_mut().poll(cx).is_pending())).await;
        crib::scope(async |s| {
            s.start_soon("poller", scope);
            Ok(())
        })
        .await
    })
    .unwrap();
    assert_eq!(sum.get(), 6);
}

#[test]
fn many_children_run_in_turn() {
    let log = RefCell::new(Vec::new());
    run(Nursery::builder().scope(async |s| {
        let log = &log;
        for i in 0..3 {
            s.start_soon("turn", async move {
                for _ in 0..2 {
                    log.borrow_mut().push(i);
                    crib::checkpoint().await?;
                }
                Ok(())
            });
        }
        Ok(())
    }))
    .unwrap();
    assert_eq!(*log.borrow(), [0, 1, 2, 0, 1, 2]);
}

/// Tasks of both kinds take their turns in the same order, and so do bodies.
#[test]
fn borrowing_children_run_in_the_order_in_which_they_got_ready() {
    async fn sets(event: &Event, log: &Log) -> crib::Result<()> {
        log.add("sets");
        event.set();
        Ok(())
    }
    async fn tells(name: &'static str, event: &Event, log: &Log) -> crib::Result<()> {
        log.add(format!("{name} waits"));
        event.wait().await?;
        for step in 0..3 {
            log.add(format!("{name} {step}"));
            crib::checkpoint().await?;
        }
        Ok(())
    }
    let in_nursery = run(async {
        let (event, log) = (Rc::new(Event::new()?), Log::new());
        crib::nursery(async |n| {
            for name in ["a", "b", "setter", "c", "d"] {
                let (event, log) = (event.clone(), log.clone());
                n.start_soon(name, async move {
                    if name == "setter" { sets(&event, &log).await } else { tells(name, &event, &log).await }
                });
            }
            tells("body", &event, &log).await
        })
        .await?;
        Ok(log.lines())
    });
    let in_scope = run(async {
        let (event, log) = (Event::new()?, Log::new());
        crib::scope(async |s| {
            for name in ["a", "b", "setter", "c", "d"] {
                if name == "setter" {
                    s.start_soon(name, sets(&event, &log));
                } else {
                    s.start_soon(name, tells(name, &event, &log));
                }
            }
            tells("body", &event, &log).await
        })
        .await?;
        Ok(log.lines())
    });
    assert_eq!(in_scope.unwrap(), in_nursery.unwrap());
}
