//! 6xx: locks. A guard releases its lock, and nobody else can.

use crate::stage::*;
use crib::{Limiter, Lock, LockGuard, Result, RwLock, Semaphore};
use std::cell::{Cell, RefCell};

scenarios! {
    600 => lock_is_handed_over,
    601 => owner_ends,
    605 => one_at_a_time,
    606 => waiters_in_order,
    610 => recover,
    614 => read_write_lock,
}

// ---- 600

async fn lock_is_handed_over() -> Result<()> {
    let lock = Lock::new(())?;
    let hold_it_a_little = async || {
        let _guard = lock.lock().await?;
        say!("has it");
        sleep(100).await
    };
    crib::scope(async |s| {
        let guard = lock.lock().await?;
        s.start_soon("a", hold_it_a_little());
        s.start_soon("b", hold_it_a_little());
        crib::checkpoint().await?;
        say!("releases it");
        drop(guard);
        say!("acquiring without waiting: {}", outcome(&lock.try_lock()));
        say!("acquiring: {}", outcome(&lock.lock().await));
        Ok(())
    })
    .await
}

// ---- 601, 610

/// Where an owner leaves his guard when he ends.
type LeftBehind<'a> = RefCell<Option<LockGuard<'a, ()>>>;

async fn ends_with_the_lock<'a>(lock: &'a Lock<()>, left: &LeftBehind<'a>, n: u64) -> Result<()> {
    left.replace(Some(lock.lock().await?));
    sleep(n).await?;
    say!("ends");
    Ok(())
}

async fn owner_ends() -> Result<()> {
    let lock = Lock::new(())?;
    let left = RefCell::new(None);
    crib::scope(async |s| {
        s.start_soon("owner", ends_with_the_lock(&lock, &left, 1000));
        s.start_soon("waiter", async {
            say!("{}", outcome(&lock.lock().await));
            Ok(())
        });
        s.wait_idle().await?;
        say!("acquiring: {}", outcome(&lock.lock().await));
        say!("acquiring without waiting: {}", outcome(&lock.try_lock()));
        Ok(())
    })
    .await
}

async fn recover() -> Result<()> {
    let lock = Lock::new(())?;
    let left = RefCell::new(None);
    crib::scope(async |s| {
        say!(
            "taking over what is not broken: {}",
            outcome(&lock.try_recover())
        );
        s.start_soon("owner", ends_with_the_lock(&lock, &left, 0));
        s.wait_idle().await?;
        left.replace(None);
        let guard = lock.try_recover();
        say!("taking over: {}", outcome(&guard));
        drop(guard);
        s.start_soon("other", async {
            say!("acquiring: {}", outcome(&lock.lock().await));
            Ok(())
        });
        Ok(())
    })
    .await
}

// ---- 605

async fn three_stay<G>(what: &str, enter: impl AsyncFn() -> Result<G>) -> Result<()> {
    let order = RefCell::new(String::new());
    let (inside, most) = (Cell::new(0), Cell::new(0));
    let stay_a_little = async |name| {
        let _guard = enter().await?;
        order.borrow_mut().push_str(name);
        inside.set(inside.get() + 1);
        most.set(most.get().max(inside.get()));
        sleep(100).await?;
        inside.set(inside.get() - 1);
        Ok(())
    };
    crib::scope(async |s| {
        for name in ["a", "b", "c"] {
            s.start_soon(name, stay_a_little(name));
        }
        Ok(())
    })
    .await?;
    say!("{what}: {}, at most {} inside", order.borrow(), most.get());
    Ok(())
}

async fn one_at_a_time() -> Result<()> {
    let (lock, semaphore, limiter) = (Lock::new(())?, Semaphore::new(1)?, Limiter::new(1)?);
    three_stay("lock", async || lock.lock().await).await?;
    three_stay("semaphore", async || semaphore.acquire().await).await?;
    three_stay("limiter", async || limiter.acquire().await).await
}

// ---- 606

async fn waiters_in_order() -> Result<()> {
    let lock = Lock::new(())?;
    let takes_its_turn = async || match lock.lock().await {
        Ok(_guard) => {
            say!("has it");
            Ok(())
        }
        Err(e) => {
            say!("{}", text(&e));
            Err(e)
        }
    };
    crib::scope(async |s| {
        let guard = lock.lock().await?;
        s.start_soon("a", takes_its_turn());
        let b = s.spawn("b", takes_its_turn());
        s.start_soon("c", takes_its_turn());
        sleep(500).await?;
        b.cancel("not needed");
        sleep(500).await?;
        say!("releases it");
        drop(guard);
        Ok(())
    })
    .await
}

// ---- 614

async fn read_write_lock() -> Result<()> {
    let lock = RwLock::new(())?;
    let reads = async || {
        let _guard = lock.read().await?;
        say!("reads");
        sleep(1000).await
    };
    let writes = async || {
        let _guard = lock.write().await?;
        say!("writes");
        sleep(1000).await
    };
    crib::scope(async |s| {
        s.start_soon("r1", reads());
        s.start_soon("r2", reads());
        sleep(100).await?;
        s.start_soon("writer", writes());
        sleep(100).await?;
        s.start_soon("r3", reads());
        Ok(())
    })
    .await
}
