//! Cancel tokens, portals, select, task locals.

mod support;

use crib::{CancelScope, CancelToken, ErrorKind, Event, Local, Lock, Portal, Select, Semaphore};
use std::cell::Cell;
use support::{Alive, Either, either, ms, run, took};

#[test]
fn a_token_wakes_whoever_waits_for_it() {
    run(async {
        let stop = CancelToken::new("stop")?;
        crib::scope(async |s| {
            s.start_soon("waits", async { stop.wait().await });
            crib::sleep(ms(10)).await?;
            stop.trigger();
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn chains_are_triggered_by_their_parts_and_not_back() {
    run(async {
        let (a, b) = (CancelToken::new("a")?, CancelToken::new("b")?);
        let chain = CancelToken::chain(&a, &b)?;
        assert_eq!(chain.name(), "a:b");
        chain.trigger();
        assert!(!a.is_triggered() && !b.is_triggered());
        let chain = CancelToken::chain(&CancelToken::chain(&a, &b)?, &CancelToken::new("c")?)?;
        b.trigger();
        assert_eq!(chain.triggered_by().unwrap().name(), "b");
        assert_eq!(chain.check().unwrap_err().message(), "Cancellation requested by b token");
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_token_ends_what_it_guards() {
    run(async {
        let stop = CancelToken::new("stop")?;
        let alive = Alive::new();
        crib::scope(async |s| {
            s.start_soon("work", async {
                let e = stop
                    .guard(async {
                        let _held = alive.make();
                        crib::sleep_forever().await
                    })
                    .await
                    .unwrap_err();
                assert_eq!(e.kind(), ErrorKind::TokenFired);
                assert_eq!(e.message(), "Cancellation requested by stop token");
                Ok(())
            });
            crib::sleep(ms(10)).await?;
            stop.trigger();
            Ok(())
        })
        .await?;
        assert_eq!(alive.count(), 0);
        assert_eq!(CancelToken::new("other")?.guard(async { Ok(1) }).await?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_token_links_to_a_scope_and_a_scope_to_a_token() {
    run(async {
        let stop = CancelToken::new("stop")?;
        let result = CancelScope::new()
            .run_with(async |scope| {
                scope.link_token(&stop)?;
                let of_scope = CancelToken::of_scope(&scope, "scope")?;
                stop.trigger();
                assert!(of_scope.is_triggered());
                assert_eq!((scope.source(), scope.reason().as_deref()), (Some("link"), Some("stop")));
                crib::checkpoint().await
            })
            .await?;
        assert!(result.is_none());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_token_is_triggered_from_another_thread() {
    crib::run(async {
        let stop = CancelToken::external("stop")?;
        let remote = stop.clone();
        let thread = std::thread::spawn(move || {
            assert!(!remote.is_triggered());
            remote.trigger();
        });
        stop.wait().await?;
        thread.join().unwrap();
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_token_outlives_its_run() {
    let token = run(async { CancelToken::new("kept") }).unwrap();
    std::thread::spawn(move || {
        assert_eq!(token.name(), "kept");
        token.trigger();
        drop(token);
    })
    .join()
    .unwrap();
}

#[test]
fn posted_functions_run_in_the_runs_thread() {
    crib::run(async {
        let portal = Portal::open()?;
        let home = std::thread::current().id();
        let (tx, rx) = std::sync::mpsc::channel();
        let remote = portal.clone();
        let thread = std::thread::spawn(move || {
            let wake = remote.clone();
            remote.post(move || {
                tx.send(std::thread::current().id()).unwrap();
                wake.wake().unwrap();
            })
        });
        portal.wait().await?;
        thread.join().unwrap()?;
        assert_eq!(rx.recv().unwrap(), home);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_portal_to_a_run_that_is_over_refuses_and_drops_what_is_posted() {
    let alive = Alive::new();
    let portal = run(async { Portal::open() }).unwrap();
    let held = alive.make();
    let e = portal.post(move || drop(held)).unwrap_err();
    assert_eq!((e.kind(), alive.count()), (ErrorKind::RunFinished, 0));
    assert_eq!(portal.wake().unwrap_err().kind(), ErrorKind::RunFinished);
}

#[test]
fn a_select_carries_out_exactly_one_of_its_clauses() {
    run(async {
        let (tx_a, a) = crib::channel(1)?;
        let (tx_b, b) = crib::channel(1)?;
        tx_a.send("a").await?;
        tx_b.send("b").await?;
        let got = Select::new().recv(&a, |v| v).recv(&b, |v| v).wait().await?.unwrap();
        let left = a.try_recv().or_else(|_| b.try_recv()).unwrap();
        assert_ne!(got, left);
        assert!(a.try_recv().is_err() && b.try_recv().is_err());
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_select_waits_until_one_is_possible() {
    let (what, time) = run(async {
        let event = Event::new()?;
        let (_tx, rx) = crib::channel::<i32>(0)?;
        crib::scope(async |s| {
            s.start_soon("sets", async {
                crib::sleep(ms(10)).await?;
                event.set();
                Ok(())
            });
            let select = Select::new()
                .event(&event, || Ok("event"))
                .recv(&rx, |_| Ok("received"))
                .deadline(crib::now() + ms(100), || Ok("late"));
            Ok(took(select.wait()).await)
        })
        .await
    })
    .unwrap();
    assert_eq!((what.unwrap(), time), ("event", ms(10)));
}

#[test]
fn a_select_gives_back_what_it_did_not_send() {
    let alive = Alive::new();
    run(async {
        let (tx, rx) = crib::channel(0)?;
        let mut item = Some(alive.make());
        let late = crib::now() + ms(10);
        let sent = Select::new().send(&tx, &mut item, |r| r.map(|()| true)).deadline(late, || Ok(false));
        assert!(!sent.wait().await?);
        assert!(item.is_some());
        // Cancelled.
        let sending = Select::new().send(&tx, &mut item, |r| r).wait();
        assert!(crib::move_on_after(ms(10), sending).await?.is_none());
        assert!(item.is_some());
        // Refused.
        drop(rx);
        let e = Select::new().send(&tx, &mut item, |r| r).wait().await.unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Broken);
        assert!(item.is_some());
        assert_eq!(alive.count(), 1);
        drop(item);
        // Sent.
        let (tx, rx) = crib::channel(1)?;
        let mut item = Some(alive.make());
        Select::new().send(&tx, &mut item, |r| r).wait().await?;
        assert!(item.is_none());
        drop(rx.recv().await?);
        // Given up while it waits.
        let (tx, _rx) = crib::channel(0)?;
        let mut item = Some(alive.make());
        let sending = Select::new().send(&tx, &mut item, |r| r).wait();
        assert!(matches!(either(sending, crib::checkpoint()).await, Either::Right(Ok(()))));
        assert!(item.is_none());
        Ok(())
    })
    .unwrap();
    assert_eq!(alive.count(), 0);
}

#[test]
fn a_select_sees_ends_of_channels_locks_permits_tokens_and_tasks() {
    run(crib::nursery(async |n| {
        let (tx, rx) = crib::channel::<i32>(0)?;
        drop(tx);
        assert_eq!(Select::new().recv(&rx, |v| v).wait().await?, None);
        let lock = Lock::new(1)?;
        assert_eq!(*Select::new().lock(&lock, |g| g).wait().await?, 1);
        *lock.try_lock()? = 2;
        let permits = Semaphore::new(1)?;
        let permit = Select::new().acquire(&permits, |p| p).wait().await?;
        assert_eq!(permits.permits()?, 0);
        drop(permit);
        let stop = CancelToken::new("stop")?;
        stop.trigger();
        assert!(Select::new().token(&stop, || Ok(true)).wait().await?);
        let task = n.spawn("work", async { Ok(7) });
        Select::new().task(&task, || Ok(())).wait().await?;
        assert_eq!(task.join().await?, 7);
        let held = lock.lock().await?;
        assert_eq!(Select::new().lock(&lock, |g| g).wait().await.unwrap_err().kind(), ErrorKind::Misuse);
        drop(held);
        Ok(())
    }))
    .unwrap();
}

#[test]
fn a_select_without_clauses_waits_until_it_is_cancelled() {
    assert!(run(crib::move_on_after(ms(10), Select::<()>::new().wait())).unwrap().is_none());
}

#[test]
fn a_fair_select_takes_each_clause_now_and_then() {
    let (a, b) = (Cell::new(0), Cell::new(0));
    run(async {
        let events = (Event::new()?, Event::new()?);
        events.0.set();
        events.1.set();
        for _ in 0..100 {
            let count = |c: &Cell<i32>| {
                c.set(c.get() + 1);
                Ok(())
            };
            Select::new().event(&events.0, || count(&a)).event(&events.1, || count(&b)).wait().await?;
        }
        Ok(())
    })
    .unwrap();
    assert!(a.get() > 20 && b.get() > 20, "{} and {}", a.get(), b.get());
}

#[test]
fn locals_are_inherited_at_the_start_and_are_each_tasks_own() {
    static NAME: Local<String> = Local::new();
    static DEPTH: Local<u32> = Local::new();
    run(crib::nursery(async |n| {
        assert!(NAME.get().is_none());
        NAME.set("main".into())?;
        DEPTH.set(0)?;
        n.start_soon("child", async {
            NAME.set("child".into())?;
            crib::scope(async |s| {
                s.start_soon("grandchild", async {
                    assert_eq!(NAME.get().unwrap().as_str(), "child");
                    assert_eq!(*DEPTH.get().unwrap(), 0);
                    DEPTH.set(2)
                });
                Ok(())
            })
            .await?;
            assert_eq!(*DEPTH.get().unwrap(), 0);
            Ok(())
        });
        n.wait_idle().await?;
        assert_eq!(NAME.get().unwrap().as_str(), "main");
        Ok(())
    }))
    .unwrap();
    assert!(NAME.get().is_none() && NAME.set("x".into()).is_err());
}

#[test]
fn a_select_that_does_not_wait_takes_a_lock_for_the_task_that_asks() {
    // In a scope that somebody else polls, the library takes another task for the current one.
    run(async {
        let lock = crib::Lock::new(0)?;
        let take = async || {
            let guard = Select::new().lock(&lock, |guard| guard).try_now()?;
            crib::sleep(ms(1)).await?;
            assert_eq!(lock.try_lock().unwrap_err().kind(), ErrorKind::Misuse, "it is this task's");
            drop(guard);
            Ok(())
        };
        let taken = crib::scope(async |s| {
            s.start_soon("child", async {
                crib::checkpoint().await?;
                take().await
            });
            Ok(())
        });
        let mut many = support::Many::new();
        many.push(taken);
        assert!(many.all().await.iter().all(Result::is_ok));
        take().await
    })
    .unwrap();
}
