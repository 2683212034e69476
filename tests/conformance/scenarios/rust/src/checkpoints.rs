//! 2xx: checkpoints and the order of tasks.

use crate::stage::*;
use crib::{CancelScope, Event, Lock, Result, Semaphore};

scenarios! {
    243 => every_operation_looks,
    247 => halves_of_a_checkpoint,
    249 => what_blocks_schedule,
    250 => close_in_a_cancelled_scope,
    251 => sleep_of_no_length,
    254 => handed_over_is_handed_over,
    257 => in_order_of_getting_ready,
    259 => busy_task,
    260 => far_future,
}

// ---- 243

async fn every_operation_looks() -> Result<()> {
    let (tx, rx) = crib::channel(2)?;
    tx.send(1).await?;
    let (event, lock, semaphore) = (Event::new()?, Lock::new(())?, Semaphore::new(1)?);
    event.set();
    let cancelled = CancelScope::new().run_with(async |scope| {
        scope.cancel("enough");
        say!("send: {}", outcome(&tx.send(2).await));
        say!("receive: {}", received(&rx.recv().await));
        say!("wait for the event: {}", outcome(&event.wait().await));
        say!("acquire the lock: {}", outcome(&lock.lock().await));
        say!(
            "acquire the semaphore: {}",
            outcome(&semaphore.acquire().await)
        );
        say!("sleep no time: {}", outcome(&sleep(0).await));
        Ok(())
    });
    cancelled.await?;
    let (values, free) = (tx.statistics()?.buffered, lock.try_lock().is_ok());
    let permit = semaphore.try_acquire().is_some();
    say!(
        "values: {values}, the lock is free: {}, a permit is left: {}",
        yes(free),
        yes(permit)
    );
    Ok(())
}

// ---- 247, 249

async fn rounds(most: u32) -> Result<()> {
    for i in 1..most {
        say!("round {i}");
        crib::checkpoint().await?;
    }
    say!("round {most}");
    Ok(())
}

async fn three_checkpoints() {
    say!(
        "checkpoint_if_cancelled: {}",
        outcome(&crib::check_cancelled())
    );
    say!(
        "cancel_shielded_checkpoint: {}",
        outcome(&crib::cancel_shielded_checkpoint().await)
    );
    say!("checkpoint: {}", outcome(&crib::checkpoint().await));
}

async fn halves_of_a_checkpoint() -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("other", rounds(4));
        three_checkpoints().await;
        let cancelled = CancelScope::new().run_with(async |scope| {
            scope.cancel("enough");
            three_checkpoints().await;
            Ok(())
        });
        cancelled.await.map(|_| ())
    })
    .await
}

async fn what_blocks_schedule() -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("other", rounds(2));
        CancelScope::new().run(async { Ok(()) }).await?;
        say!("a scope was opened and closed");
        let empty = crib::nursery(async |_| {
            say!("a nursery was opened");
            Ok(())
        });
        say!("and closed: {}", outcome(&empty.await));
        let cancelled = CancelScope::new().run_caught(async |scope| {
            scope.cancel("enough");
            let result = crib::nursery(async |_| Ok(())).await;
            say!("a nursery in a cancelled scope: {}", outcome(&result));
            result
        });
        let (result, caught) = cancelled.await;
        say!("absorbed: {}", yes(caught));
        result.map(|_| ())
    })
    .await
}

// ---- 250

async fn close_in_a_cancelled_scope() -> Result<()> {
    let (tx, rx) = crib::channel::<u32>(0)?;
    crib::scope(async |s| {
        s.start_soon("receiver", async {
            say!("{}", received(&rx.recv().await));
            Ok(())
        });
        crib::checkpoint().await?;
        let cancelled = CancelScope::new().run_with(async |scope| {
            scope.cancel("enough");
            say!("closes");
            tx.close();
            say!("checkpoint: {}", outcome(&crib::check_cancelled()));
            Ok(())
        });
        cancelled.await.map(|_| ())
    })
    .await
}

// ---- 251

async fn sleep_of_no_length() -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("a", async {
            for i in 1..=3 {
                say!("{i}");
                sleep(0).await?;
            }
            Ok(())
        });
        n.start_soon("b", async {
            for i in 1..=3 {
                say!("{i}");
                crib::sleep_until(crib::now() - ms(1000)).await?;
            }
            Ok(())
        });
        Ok(())
    })
    .await
}

// ---- 254

async fn handed_over_is_handed_over() -> Result<()> {
    let event = Event::new()?;
    let (tx, rx) = crib::channel(0)?;
    let tell_checkpoint = async || {
        let result = crib::checkpoint().await;
        say!("checkpoint: {}", outcome(&result));
        result
    };
    crib::scope(async |s| {
        s.start_soon("a", async {
            say!("the event: {}", outcome(&event.wait().await));
            tell_checkpoint().await
        });
        s.start_soon("b", async {
            say!("{}", received(&rx.recv().await));
            tell_checkpoint().await
        });
        crib::checkpoint().await?;
        event.set();
        tx.send(7).await?;
        s.cancel("enough");
        say!("has cancelled");
        Ok(())
    })
    .await
}

// ---- 257

async fn in_order_of_getting_ready() -> Result<()> {
    let event = Event::new()?;
    let runs = async || {
        say!("runs");
        Ok(())
    };
    crib::scope(async |s| {
        s.start_soon("waiter", async {
            say!("waits");
            event.wait().await?;
            runs().await
        });
        crib::checkpoint().await?;
        say!("starts x, sets the event, starts y");
        s.start_soon("x", runs());
        event.set();
        s.start_soon("y", runs());
        say!("goes on");
        Ok(())
    })
    .await
}

// ---- 259

async fn busy_task() -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("sleeper", async {
            sleep(250).await?;
            say!("woke");
            Ok(())
        });
        n.start_soon("busy", async {
            for _ in 0..10 {
                compute(100)?;
                crib::checkpoint().await?;
            }
            say!("done");
            Ok(())
        });
        Ok(())
    })
    .await
}

// ---- 260

async fn far_future() -> Result<()> {
    say!("sleeps");
    sleep(100 * 24 * 3_600_000).await?;
    say!("woke");
    Ok(())
}
