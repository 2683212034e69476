//! Events, locks, semaphores, limiters, conditions, barriers, read-write locks.

mod support;

use crib::{Barrier, Condition, ErrorKind, Event, Limiter, Lock, RwLock, Semaphore};
use std::cell::{Cell, RefCell};
use support::{Either, either, ms, quiet_panics, run, took};

#[test]
fn setting_an_event_wakes_everybody() {
    let woken = Cell::new(0);
    run(async {
        let event = Event::new()?;
        crib::scope(async |s| {
            for _ in 0..3 {
                s.start_soon("waits", async {
                    event.wait().await?;
                    woken.set(woken.get() + 1);
                    Ok(())
                });
            }
            crib::sleep(ms(10)).await?;
            assert_eq!(woken.get(), 0);
            event.set();
            Ok(())
        })
        .await
    })
    .unwrap();
    assert_eq!(woken.get(), 3);
}

#[test]
fn a_lock_is_handed_to_the_oldest_waiter() {
    let order = RefCell::new(Vec::new());
    run(async {
        let lock = Lock::new(())?;
        crib::scope(async |s| {
            let (lock, order) = (&lock, &order);
            let held = lock.lock().await?;
            for i in 0..3 {
                s.start_soon("waits", async move {
                    let _guard = lock.lock().await?;
                    order.borrow_mut().push(i);
                    crib::checkpoint().await
                });
            }
            crib::sleep(ms(10)).await?;
            drop(held);
            assert_eq!(lock.try_lock().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody barges in");
            Ok(())
        })
        .await
    })
    .unwrap();
    assert_eq!(*order.borrow(), [0, 1, 2]);
}

#[test]
fn one_task_has_a_lock_once() {
    run(async {
        let lock = Lock::new(0)?;
        let _guard = lock.lock().await?;
        assert_eq!(lock.lock().await.unwrap_err().kind(), ErrorKind::Misuse);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_cancelled_acquire_has_nothing() {
    run(async {
        let lock = Lock::new(0)?;
        crib::scope(async |s| {
            let held = lock.lock().await?;
            s.start_soon("gives up", async {
                assert!(crib::move_on_after(ms(10), lock.lock()).await?.is_none());
                Ok(())
            });
            crib::sleep(ms(20)).await?;
            drop(held);
            *lock.try_lock()? += 1;
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn a_panic_while_it_is_held_breaks_a_lock() {
    quiet_panics();
    run(async {
        let lock = Lock::new(1)?;
        let result = crib::scope(async |s| {
            s.start_soon("clumsy", async {
                let mut guard = lock.lock().await?;
                *guard = 99;
                panic!("on purpose");
            });
            Ok(())
        })
        .await;
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Panic);
        assert_eq!(lock.lock().await.unwrap_err().kind(), ErrorKind::Broken);
        assert_eq!(lock.try_lock().unwrap_err().kind(), ErrorKind::Broken);
        let mut guard = lock.recover().await?;
        assert_eq!(std::mem::replace(&mut *guard, 1), 99);
        drop(guard);
        assert_eq!(*lock.lock().await?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_guard_that_is_forgotten_breaks_its_lock_for_good() {
    run(async {
        let lock = Lock::new(1)?;
        crib::scope(async |s| {
            s.start_soon("forgets", async {
                std::mem::forget(lock.lock().await?);
                Ok(())
            });
            Ok(())
        })
        .await?;
        assert_eq!(lock.lock().await.unwrap_err().kind(), ErrorKind::Broken);
        // Somebody may still have the guard: nobody else ever gets one.
        assert_eq!(lock.recover().await.unwrap_err().kind(), ErrorKind::Broken);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_guard_that_outlives_its_task_is_the_only_one() {
    run(async {
        let lock = Lock::new(1)?;
        crib::scope(async |s| {
            let lock = &lock;
            let task = s.spawn("lends", async move { lock.lock().await });
            let mut guard = task.join().await?; // its task has ended: the library takes the lock for broken
            assert_eq!(lock.recover().await.unwrap_err().kind(), ErrorKind::Broken);
            *guard = 2;
            drop(guard);
            assert_eq!(*lock.recover().await?, 2);
            assert_eq!(*lock.lock().await?, 2);
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn permits_are_given_back_when_dropped() {
    let most = Cell::new(0);
    let now = Cell::new(0);
    let (result, time) = run(async {
        let s = Semaphore::new(2)?;
        Ok(took(crib::scope(async |scope| {
            for _ in 0..6 {
                scope.start_soon("worker", async {
                    let _permit = s.acquire().await?;
                    now.set(now.get() + 1);
                    most.set(most.get().max(now.get()));
                    crib::sleep(ms(10)).await?;
                    now.set(now.get() - 1);
                    Ok(())
                });
            }
            Ok(())
        }))
        .await)
    })
    .unwrap();
    result.unwrap();
    assert_eq!((most.get(), time), (2, ms(30)));
}

#[test]
fn a_limiter_knows_its_borrowers_and_can_grow() {
    run(async {
        let limiter = Limiter::new(1)?;
        let token = limiter.acquire().await?;
        let (a, b) = (1, 2);
        assert!(crib::move_on_after(ms(1), limiter.acquire_for(&a)).await?.is_none());
        limiter.set_total(3)?;
        let first = limiter.acquire_for(&a).await?;
        let second = limiter.acquire_for(&b).await?;
        assert_eq!(limiter.borrowed()?, 3);
        drop((token, first, second));
        assert_eq!(limiter.borrowed()?, 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_token_that_outlives_its_task_was_given_back() {
    run(async {
        let limiter = Limiter::new(1)?;
        crib::scope(async |s| {
            let limiter = &limiter;
            let token = s.spawn("lends", async move { limiter.acquire().await }).join().await?;
            assert_eq!(limiter.borrowed()?, 0);
            drop(token);
            assert_eq!(limiter.borrowed()?, 0);
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn a_condition_wakes_whoever_waits_with_the_lock() {
    let got = RefCell::new(Vec::new());
    run(async {
        let queue = Lock::new(Vec::new())?;
        let changed = Condition::new(&queue)?;
        crib::scope(async |s| {
            for i in 0..2 {
                let (queue, changed, got) = (&queue, &changed, &got);
                s.start_soon("consumer", async move {
                    let mut items = queue.lock().await?;
                    changed.wait_while(&mut items, |items| items.is_empty()).await?;
                    got.borrow_mut().push((i, items.remove(0)));
                    Ok(())
                });
            }
            crib::sleep(ms(10)).await?;
            let mut items = queue.lock().await?;
            items.extend(["first", "second"]);
            assert_eq!(changed.notify_all(&items)?, 2);
            Ok(())
        })
        .await
    })
    .unwrap();
    assert_eq!(*got.borrow(), [(0, "first"), (1, "second")]);
}

#[test]
fn a_cancelled_wait_ends_with_the_lock_held() {
    run(async {
        let lock = Lock::new(0)?;
        let changed = Condition::new(&lock)?;
        let mut guard = lock.lock().await?;
        assert!(crib::move_on_after(ms(10), changed.wait(&mut guard)).await?.is_none());
        *guard = 1;
        drop(guard);
        assert_eq!(*lock.try_lock()?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_wait_that_is_dropped_leaves_a_guard_without_its_lock() {
    quiet_panics();
    run(async {
        let lock = Lock::new(0)?;
        let changed = Condition::new(&lock)?;
        let mut guard = lock.lock().await?;
        assert!(matches!(either(changed.wait(&mut guard), crib::checkpoint()).await, Either::Right(Ok(()))));
        assert_eq!(format!("{guard:?}"), "(not held)");
        assert_eq!(changed.wait(&mut guard).await.unwrap_err().kind(), ErrorKind::Misuse);
        *lock.try_lock()? = 5; // free for others
        drop(guard);
        assert_eq!(*lock.lock().await?, 5);
        // Also while somebody else has it.
        crib::scope(async |s| {
            let (lock, changed) = (&lock, &changed);
            let mut guard = lock.lock().await?;
            s.start_soon("has it", async move {
                let _guard = lock.lock().await?;
                crib::sleep(ms(20)).await
            });
            let waited = either(changed.wait(&mut guard), crib::sleep(ms(10))).await;
            assert!(matches!(waited, Either::Right(Ok(()))));
            drop(guard);
            crib::sleep(ms(20)).await?;
            *lock.try_lock()? = 6;
            Ok(())
        })
        .await
    })
    .unwrap();
}

#[test]
fn a_condition_is_used_with_its_own_lock() {
    run(async {
        let (lock, other) = (Lock::new(0)?, Lock::new(0)?);
        let changed = Condition::new(&lock)?;
        let mut guard = other.lock().await?;
        assert_eq!(changed.wait(&mut guard).await.unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(changed.notify_all(&guard).unwrap_err().kind(), ErrorKind::Misuse);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_barrier_lets_all_go_when_the_last_has_come() {
    let leaders = Cell::new(0);
    let (result, time) = run(async {
        let barrier = Barrier::new(3)?;
        Ok(took(crib::scope(async |s| {
            for i in 0..3 {
                let (barrier, leaders) = (&barrier, &leaders);
                s.start_soon("party", async move {
                    crib::sleep(ms(i * 10)).await?;
                    if barrier.wait().await? {
                        leaders.set(leaders.get() + 1);
                    }
                    Ok(())
                });
            }
            Ok(())
        }))
        .await)
    })
    .unwrap();
    result.unwrap();
    assert_eq!((leaders.get(), time), (1, ms(20)));
}

#[test]
fn many_read_or_one_writes() {
    let log = RefCell::new(Vec::new());
    run(async {
        let lock = RwLock::new(0)?;
        crib::scope(async |s| {
            let (lock, log) = (&lock, &log);
            for _ in 0..2 {
                s.start_soon("reads", async move {
                    let value = lock.read().await?;
                    crib::sleep(ms(10)).await?;
                    log.borrow_mut().push(("read", *value));
                    Ok(())
                });
            }
            s.start_soon("writes", async move {
                let mut value = lock.write().await?;
                *value += 1;
                crib::sleep(ms(10)).await?;
                log.borrow_mut().push(("wrote", *value));
                Ok(())
            });
            Ok(())
        })
        .await
    })
    .unwrap();
    assert_eq!(*log.borrow(), [("read", 0), ("read", 0), ("wrote", 1)]);
}

#[test]
fn a_panicking_writer_breaks_it_and_a_reader_does_not() {
    quiet_panics();
    run(async {
        let lock = RwLock::new(0)?;
        let panics = async |write: bool| {
            let result = crib::scope(async |s| {
                s.start_soon("clumsy", async {
                    if write {
                        let _guard = lock.write().await?;
                        panic!("on purpose");
                    }
                    let _guard = lock.read().await?;
                    panic!("on purpose");
                });
                Ok(())
            });
            result.await.unwrap_err();
        };
        panics(false).await;
        assert_eq!(*lock.read().await?, 0);
        panics(true).await;
        assert_eq!(lock.read().await.err().unwrap().kind(), ErrorKind::Broken);
        assert_eq!(lock.write().await.err().unwrap().kind(), ErrorKind::Broken);
        *lock.recover().await? = 1;
        assert_eq!(*lock.read().await?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_lock_is_taken_over_without_waiting_only_if_it_is_broken() {
    quiet_panics();
    run(async {
        let lock = Lock::new(1)?;
        let kind = |lock: &Lock<i32>| lock.try_recover().map(|_| ()).map_err(|e| e.kind());
        assert_eq!(kind(&lock), Err(ErrorKind::Busy), "it is whole");
        let left = RefCell::new(None);
        crib::scope(async |s| {
            s.start_soon("owner", async {
                left.replace(Some(lock.lock().await?));
                crib::sleep(ms(1)).await
            });
            crib::checkpoint().await?;
            assert_eq!(kind(&lock), Err(ErrorKind::Busy), "somebody has it");
            Ok(())
        })
        .await?;
        assert_eq!(kind(&lock), Err(ErrorKind::Broken), "its guard is still there");
        left.replace(None);
        assert_eq!(kind(&lock), Ok(()));
        let poisoned = crib::scope(async |s| {
            s.start_soon("clumsy", async {
                let _guard = lock.lock().await?;
                panic!("on purpose")
            });
            Ok(())
        });
        assert!(poisoned.await.is_err());
        assert_eq!(kind(&lock), Ok(()), "a panic broke it");
        assert_eq!(*lock.try_lock()?, 1);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_semaphore_never_has_more_permits_than_it_may() {
    run(async {
        assert!(Semaphore::with_most(2, 1).is_err());
        assert!(Semaphore::with_most(0, 0).is_err());
        let semaphore = Semaphore::with_most(0, 2)?;
        assert!(semaphore.release(3).is_err());
        assert_eq!(semaphore.permits()?, 2);
        Ok(())
    })
    .unwrap();
}

#[test]
fn what_is_taken_without_waiting_belongs_to_the_task_that_asks() {
    // In a scope that somebody else polls, the library takes another task for the current one.
    run(async {
        let (shared, limiter) = (RwLock::new(0)?, Limiter::new(2)?);
        let take = async || {
            let (guard, token) = (shared.try_write()?, limiter.try_acquire()?);
            assert_eq!(shared.try_read().err().map(|e| e.kind()), Some(ErrorKind::Misuse));
            assert_eq!(limiter.acquire().await.err().map(|e| e.kind()), Some(ErrorKind::Misuse));
            crib::sleep(ms(1)).await?;
            drop((guard, token));
            let reads = [shared.try_read()?];
            assert!(shared.try_write().is_err());
            drop(reads);
            Ok(())
        };
        let mut many = support::Many::new();
        many.push(crib::scope(async |s| {
            s.start_soon("child", async {
                crib::checkpoint().await?;
                take().await
            });
            Ok(())
        }));
        assert!(many.all().await.iter().all(Result::is_ok));
        take().await?;
        assert_eq!(limiter.borrowed()?, 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn each_tells_how_many_wait_for_it() {
    run(async {
        let (lock, shared) = (Lock::new(0)?, RwLock::new(0)?);
        let changed = Condition::new(&lock)?;
        let (semaphore, limiter) = (Semaphore::new(0)?, Limiter::new(0)?);
        let (barrier, event) = (Barrier::new(3)?, Event::new()?);
        let (held, written) = (lock.lock().await?, shared.write().await?);
        let waiting = || -> crib::Result<[usize; 6]> {
            let [a, b, c] = [lock.waiting()?, shared.waiting_tasks()?, changed.waiting()?];
            Ok([a + b, c, semaphore.waiting()?, limiter.waiting()?, barrier.waiting()?, event.waiting()?])
        };
        let all = crib::scope(async |s| {
            s.start_soon("notified", async { changed.wait(&mut lock.lock().await?).await });
            s.start_soon("reader", async { shared.read().await.map(drop) });
            s.start_soon("permit", async { semaphore.acquire().await.map(drop) });
            s.start_soon("token", async { limiter.acquire().await.map(drop) });
            s.start_soon("party", async { barrier.wait().await.map(drop) });
            s.start_soon("event", async { event.wait().await });
            crib::testing::wait_all_tasks_blocked(std::time::Duration::ZERO).await?;
            assert_eq!(waiting()?, [2, 0, 1, 1, 1, 1]);
            drop((held, written));
            crib::sleep(ms(1)).await?;
            assert_eq!(waiting()?, [0, 1, 1, 1, 1, 1]);
            s.cancel("enough");
            Ok(())
        });
        all.await?;
        assert_eq!(waiting()?, [0; 6]);
        Ok(())
    })
    .unwrap();
}
