//! Operations as futures: dropping, combinators, wakers of other sources.

mod support;

use crib::{ErrorKind, Event, Semaphore};
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use support::{Alive, Either, Many, either, join, ms, run, took};

#[test]
fn several_operations_wait_in_one_task() {
    let (result, time) = run(async { Ok(took(join(crib::sleep(ms(30)), crib::sleep(ms(20)))).await) }).unwrap();
    result.0.and(result.1).unwrap();
    assert_eq!(time, ms(30));
}

#[test]
fn scopes_of_one_task_interleave() {
    run(async {
        let slow = crib::move_on_after(ms(20), crib::sleep_forever());
        let quick = crib::move_on_after(ms(50), async {
            crib::sleep(ms(10)).await?;
            crib::sleep(ms(20)).await?;
            Ok("done")
        });
        let (slow, quick) = join(slow, quick).await;
        assert!(slow?.is_none());
        assert_eq!(quick?, Some("done"));
        Ok(())
    })
    .unwrap();
}

#[test]
fn dropping_an_operation_undoes_it() {
    run(async {
        let (tx, rx) = crib::channel(0)?;
        // A receive that was given up takes nothing.
        assert!(matches!(either(rx.recv(), crib::checkpoint()).await, Either::Right(Ok(()))));
        assert!(tx.try_send(1).is_err());
        // Nor does a send that was given up leave anything.
        assert!(matches!(either(tx.send(2), crib::checkpoint()).await, Either::Right(Ok(()))));
        assert!(rx.try_recv().is_err());
        let s = Semaphore::new(0)?;
        assert!(matches!(either(s.acquire(), crib::checkpoint()).await, Either::Right(Ok(()))));
        s.release(1)?;
        assert_eq!(s.permits()?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_result_that_was_not_taken_goes_back() {
    run(async {
        let (tx, rx) = crib::channel(1)?;
        let mut receive = Box::pin(rx.recv());
        assert!(poll_fn(|cx| Poll::Ready(receive.as_mut().poll(cx).is_pending())).await);
        tx.send("item").await?;
        crib::checkpoint().await?; // the receive is done now, and nobody has looked at it
        drop(receive);
        assert_eq!(rx.recv().await?, Some("item"));

        let lock = crib::Lock::new(())?;
        let held = lock.try_lock()?;
        let lock_ref = &lock;
        crib::scope(async |s| {
            s.start_soon("waiter", async move {
                let mut acquire = Box::pin(lock_ref.lock());
                assert!(poll_fn(|cx| Poll::Ready(acquire.as_mut().poll(cx).is_pending())).await);
                crib::sleep(ms(10)).await?;
                drop(acquire); // it was handed over meanwhile
                crib::sleep(ms(10)).await
            });
            crib::sleep(ms(5)).await?;
            drop(held);
            crib::sleep(ms(10)).await?;
            drop(lock_ref.try_lock()?);
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn dropping_a_nursery_drops_its_children_at_once() {
    let alive = Alive::new();
    run(async {
        let nursery = crib::nursery(async |n| {
            for _ in 0..3 {
                let held = alive.make();
                n.start_soon(
                    "child",
                    crib::nursery(async move |inner| {
                        inner.start_soon("grandchild", async move {
                            let _held = held;
                            crib::sleep_forever().await
                        });
                        Ok(())
                    }),
                );
            }
            crib::sleep_forever().await
        });
        assert!(matches!(either(nursery, crib::sleep(ms(10))).await, Either::Right(Ok(()))));
        assert_eq!(alive.count(), 0);
        crib::sleep(ms(10)).await
    })
    .unwrap();
}

#[test]
fn dropping_a_nursery_drops_children_that_are_still_to_start() {
    let alive = Alive::new();
    run(async {
        let (not_run, starting) = (alive.make(), alive.make());
        let nursery = crib::nursery(async |n| {
            n.start("starting", async move |started: crib::Started<()>| {
                let _held = starting;
                crib::sleep(ms(50)).await?;
                started.set(());
                Ok(())
            })
            .await?;
            Ok(())
        });
        assert!(matches!(either(nursery, crib::sleep(ms(10))).await, Either::Right(Ok(()))));
        let nursery = crib::nursery(async |n| {
            n.start_soon("not run", async move {
                let _held = not_run;
                Ok(())
            });
            std::future::pending().await
        });
        let mut nursery: std::pin::Pin<Box<dyn Future<Output = crib::Result<()>>>> = Box::pin(nursery);
        assert!(poll_fn(|cx| Poll::Ready(nursery.as_mut().poll(cx).is_pending())).await);
        drop(nursery);
        assert_eq!(alive.count(), 0);
        crib::sleep(ms(100)).await
    })
    .unwrap();
}

#[test]
fn a_child_may_drop_the_nursery_it_runs_in() {
    let alive = Alive::new();
    run(async {
        type Slot = RefCell<Option<std::pin::Pin<Box<dyn Future<Output = crib::Result<()>>>>>>;
        let slot: Rc<Slot> = Rc::default();
        let (inner, held) = (slot.clone(), alive.make());
        *slot.borrow_mut() = Some(Box::pin(crib::nursery(async move |n| {
            n.start_soon("suicidal", async move {
                let held = held;
                crib::checkpoint().await?;
                let all = inner.borrow_mut().take();
                drop(all); // it goes with it, when it next waits
                crib::sleep_forever().await?;
                drop(held);
                Ok(())
            });
            crib::sleep_forever().await
        })));
        poll_fn(|cx| {
            if let Some(nursery) = slot.borrow_mut().as_mut() {
                assert!(nursery.as_mut().poll(cx).is_pending());
            }
            Poll::Ready(())
        })
        .await;
        crib::sleep(ms(10)).await?;
        assert!(slot.borrow().is_none());
        assert_eq!(alive.count(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn only_who_was_woken_is_polled_among_many() {
    let polls = run(async {
        let mut many = Many::new();
        for i in 0..50 {
            many.push(async move {
                crib::sleep(ms(i)).await?;
                crib::checkpoint().await?;
                crib::sleep(ms(i)).await
            });
        }
        let polls = many.polls.clone();
        for result in many.all().await {
            result?;
        }
        Ok(polls.get())
    })
    .unwrap();
    assert_eq!(polls, 200, "four for each: once to begin, once for each of three results");
}

/// A flag of somebody else's, which knows nothing of the library.
#[derive(Clone, Default)]
struct Signal(Arc<Mutex<(bool, Option<Waker>)>>);

impl Signal {
    fn set(&self) {
        let waker = {
            let mut state = self.0.lock().unwrap();
            state.0 = true;
            state.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    async fn wait(&self) {
        poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            if state.0 {
                return Poll::Ready(());
            }
            state.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

#[test]
fn a_task_is_woken_by_futures_of_other_crates() {
    let log = RefCell::new(Vec::new());
    run(crib::scope(async |s| {
        let (signal, log) = (Signal::default(), &log);
        let set = signal.clone();
        s.start_soon("waits", async move {
            signal.wait().await;
            log.borrow_mut().push("woken");
            Ok(())
        });
        s.start_soon("sets", async move {
            crib::sleep(ms(10)).await?;
            log.borrow_mut().push("sets");
            set.set();
            Ok(())
        });
        Ok(())
    }))
    .unwrap();
    assert_eq!(*log.borrow(), ["sets", "woken"]);
}

#[test]
fn a_task_is_woken_from_another_thread() {
    // On the real clock: another thread knows no other.
    crib::run(async {
        for _ in 0..20 {
            let signal = Signal::default();
            let set = signal.clone();
            let thread = std::thread::spawn(move || set.set());
            signal.wait().await;
            thread.join().unwrap();
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_waker_may_outlive_its_task_and_the_run() {
    let kept: Arc<Mutex<Vec<Waker>>> = Arc::default();
    run(crib::nursery(async |n| {
        let keep = kept.clone();
        n.start_soon("short", async move {
            poll_fn(|cx| {
                keep.lock().unwrap().push(cx.waker().clone());
                Poll::Ready(())
            })
            .await;
            Ok(())
        });
        n.wait_idle().await?;
        kept.lock().unwrap()[0].wake_by_ref();
        Ok(())
    }))
    .unwrap();
    let waker = kept.lock().unwrap().pop().unwrap();
    waker.wake_by_ref();
    std::thread::spawn(move || waker.wake()).join().unwrap();
}

#[test]
fn waking_itself_lets_the_others_run() {
    let log = RefCell::new(Vec::new());
    run(crib::scope(async |s| {
        let log = &log;
        for i in 0..2 {
            s.start_soon("yields", async move {
                for _ in 0..2 {
                    log.borrow_mut().push(i);
                    let mut yielded = false;
                    poll_fn(|cx| {
                        if std::mem::replace(&mut yielded, true) {
                            return Poll::Ready(());
                        }
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    })
                    .await;
                }
                Ok(())
            });
        }
        Ok(())
    }))
    .unwrap();
    assert_eq!(*log.borrow(), [0, 1, 0, 1]);
}

#[test]
fn an_operation_goes_on_when_another_task_polls_it() {
    run(async {
        let event = Rc::new(Event::new()?);
        let (waits, sets) = (event.clone(), event);
        let mut wait = Box::pin(async move { waits.wait().await });
        assert!(poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_pending())).await);
        let done = Rc::new(Cell::new(false));
        let seen = done.clone();
        crib::nursery(async |n| {
            n.start_soon("takes over", async move {
                wait.await?;
                seen.set(true);
                Ok(())
            });
            crib::sleep(ms(10)).await?;
            sets.set();
            crib::sleep(ms(10)).await?;
            assert!(done.get());
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn an_operation_whose_task_has_ended_says_so() {
    run(async {
        let event = Rc::new(Event::new()?);
        let wait = event.clone();
        let moved = Rc::new(RefCell::new(None));
        let out = moved.clone();
        crib::nursery(async |n| {
            n.start_soon("begins", async move {
                let mut wait = Box::pin(async move { wait.wait().await });
                assert!(poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx).is_pending())).await);
                *out.borrow_mut() = Some(wait);
                Ok(())
            });
            Ok(())
        })
        .await?;
        let wait = moved.borrow_mut().take().unwrap();
        assert_eq!(wait.await.unwrap_err().kind(), ErrorKind::Misuse);
        drop(event);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_future_that_is_forgotten_is_no_harm() {
    run(async {
        let (tx, rx) = crib::channel::<i32>(0)?;
        let rx = Rc::new(rx);
        let lost = rx.clone();
        let mut receive = Box::pin(async move { lost.recv().await });
        assert!(poll_fn(|cx| Poll::Ready(receive.as_mut().poll(cx).is_pending())).await);
        std::mem::forget(receive);
        tx.send(1).await?; // to the receive that nobody looks at
        assert!(rx.try_recv().is_err());
        crib::sleep(ms(1)).await
    })
    .unwrap();
}

#[test]
fn dropping_a_panicking_future_is_quiet() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("on purpose in drop");
            }
        }
    }
    support::quiet_panics();
    run(async {
        let nursery = crib::nursery(async |n| {
            n.start_soon("child", async {
                let _panics = Panics;
                crib::sleep_forever().await
            });
            crib::sleep_forever().await
        });
        assert!(matches!(either(nursery, crib::sleep(ms(1))).await, Either::Right(Ok(()))));
        let (tx, _rx) = crib::channel(1)?;
        tx.send(Panics).await?; // dropped by the library
        Ok(())
    })
    .unwrap();
    let mut future = pin!(async { Ok(()) });
    run(&mut future).unwrap();
}
