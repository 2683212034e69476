//! 6xx: the kin of locks: events, semaphores, conditions, limiters, barriers.

use crate::stage::*;
use crib::{Barrier, Condition, ErrorKind, Event, Limiter, Lock, LockGuard, Result, Semaphore};

scenarios! {
    602 => semaphore,
    603 => condition,
    611 => notification_goes_on,
    612 => one_token_each,
    613 => barrier,
    699 => event,
}

// ---- 602

async fn semaphore() -> Result<()> {
    let semaphore = Semaphore::with_most(2, 2)?;
    let stays_a_second = async || {
        let _permit = semaphore.acquire().await?;
        say!("in");
        sleep(1000).await?;
        say!("out");
        Ok(())
    };
    crib::scope(async |s| {
        for name in ["a", "b", "c"] {
            s.start_soon(name, stays_a_second());
        }
        Ok(())
    })
    .await?;
    say!("one permit more: {}", outcome(&semaphore.release(1)));
    Ok(())
}

// ---- 603, 611

/// Whether the calling task holds the lock: then it cannot acquire it once more.
fn is_held(lock: &Lock<()>) -> &'static str {
    yes(lock
        .try_lock()
        .is_err_and(|e| e.kind() == ErrorKind::Misuse))
}

async fn condition() -> Result<()> {
    let (lock, other_lock) = (Lock::new(())?, Lock::new(())?);
    let changed = Condition::new(&lock)?;
    let waits = async || {
        let mut guard = lock.lock().await?;
        changed.wait(&mut guard).await?;
        say!("goes on, with the lock: {}", is_held(&lock));
        Ok(())
    };
    crib::scope(async |s| {
        for name in ["a", "b", "c"] {
            s.start_soon(name, waits());
        }
        crib::checkpoint().await?;
        // It takes a guard, but may be that of another lock.
        say!(
            "without the lock: {}",
            outcome(&changed.notify_one(&other_lock.try_lock()?))
        );
        let notified = changed.notify_one(&lock.lock().await?)?;
        say!("notifies one: {}", usize::from(notified));
        sleep(1000).await?;
        say!("notifies all: {}", changed.notify_all(&lock.lock().await?)?);
        Ok(())
    })
    .await
}

async fn notification_goes_on() -> Result<()> {
    let lock = Lock::new(())?;
    let changed = Condition::new(&lock)?;
    let waits = async || {
        let mut guard: LockGuard<'_, ()> = lock.lock().await?;
        let result = changed.wait(&mut guard).await;
        say!("{}, with the lock: {}", outcome(&result), is_held(&lock));
        result
    };
    crib::scope(async |s| {
        let a = s.spawn("a", waits());
        s.start_soon("b", waits());
        sleep(1000).await?;
        let guard = lock.lock().await?;
        say!(
            "notifies one: {}, cancels a",
            usize::from(changed.notify_one(&guard)?)
        );
        a.cancel("not needed");
        Ok(())
    })
    .await
}

// ---- 612

async fn one_token_each() -> Result<()> {
    let limiter = Limiter::new(0)?;
    let guest = "a guest";
    let waits_for_the_guest = async || {
        say!("{}", outcome(&limiter.acquire_for(guest).await));
        Ok(())
    };
    crib::scope(async |s| {
        s.start_soon("a", waits_for_the_guest());
        s.start_soon("b", waits_for_the_guest());
        sleep(1000).await?;
        say!("total 2");
        limiter.set_total(2)
    })
    .await
}

// ---- 613

async fn barrier() -> Result<()> {
    let barrier = Barrier::new(3)?;
    let comes_twice = async |n| {
        for _ in 0..2 {
            sleep(n).await?;
            let last = barrier.wait().await?;
            say!("goes on, was last: {}", yes(last));
        }
        Ok(())
    };
    crib::scope(async |s| {
        s.start_soon("a", comes_twice(100));
        s.start_soon("b", comes_twice(200));
        s.start_soon("c", comes_twice(300));
        Ok(())
    })
    .await
}

// ---- 699

async fn event() -> Result<()> {
    let event = Event::new()?;
    let waits = async || {
        say!("waits");
        event.wait().await?;
        say!("goes on");
        Ok(())
    };
    crib::scope(async |s| {
        s.start_soon("a", waits());
        s.start_soon("b", waits());
        sleep(1000).await?;
        say!("is it set: {}", yes(event.is_set()));
        event.set();
        event.set();
        say!("is it set: {}", yes(event.is_set()));
        say!("waiting: {}", outcome(&event.wait().await));
        Ok(())
    })
    .await
}
