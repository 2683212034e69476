//! 0xx: the cells of the introductory notebook (S2).

use crate::stage::*;
use crib::{CancelScope, Result};
use std::cell::Cell;

scenarios! {
    11 => run_returns,
    12 => double_sleep,
    14 => parent_and_children,
    15 => failure_reaches_the_parent,
    17 => ten_thousand_tasks,
    19 => computing_loop,
    20 => cancelled_until_handled,
    21 => catch_all,
    22 => fail_after,
}

// ---- 011, 012

async fn doubled(x: i64) -> Result<i64> {
    Ok(2 * x)
}

async fn run_returns() -> Result<i64> {
    doubled(3).await
}

async fn double_sleep() -> Result<()> {
    say!("sleeps");
    sleep(2 * 3000).await?;
    say!("slept");
    Ok(())
}

// ---- 014

async fn child(n: u64) -> Result<()> {
    say!("started, sleeping");
    sleep(n).await?;
    say!("exiting");
    Ok(())
}

async fn parent_and_children() -> Result<()> {
    say!("started");
    crib::nursery(async |n| {
        say!("starting child1");
        n.start_soon("child1", child(3000));
        say!("starting child2");
        n.start_soon("child2", child(1000));
        say!("waiting for both");
        Ok(())
    })
    .await?;
    say!("all done");
    Ok(())
}

// ---- 015

async fn failure_reaches_the_parent() -> Result<()> {
    let result = crib::nursery(async |n| {
        n.start_soon("child", async {
            sleep(1000).await?;
            say!("fails");
            fail("a child's trouble")
        });
        say!("waits for the child");
        Ok(())
    });
    say!("the nursery: {}", outcome(&result.await));
    say!("goes on");
    Ok(())
}

// ---- 017

async fn ten_thousand_tasks() -> Result<()> {
    let slept = Cell::new(0);
    crib::scope(async |s| {
        say!("starts 10000 tasks");
        for _ in 0..10_000 {
            s.start_soon("sleeper", async {
                sleep(1000).await?;
                slept.set(slept.get() + 1);
                Ok(())
            });
        }
        Ok(())
    })
    .await?;
    say!("{} have slept", slept.get());
    Ok(())
}

// ---- 019

async fn computes(yields: bool) -> Result<()> {
    let mut rounds = 0;
    let done = crib::move_on_after(ms(2000), async {
        while rounds < 40 {
            compute(100)?;
            rounds += 1;
            if yields {
                sleep(0).await?;
            }
        }
        Ok(())
    });
    let done = done.await?;
    say!("{rounds} rounds, timed out: {}", yes(done.is_none()));
    Ok(())
}

async fn computing_loop() -> Result<()> {
    say!("computes, with sleep(0) in each round");
    computes(true).await?;
    say!("computes, without");
    computes(false).await
}

// ---- 020

async fn cancelled_until_handled() -> Result<()> {
    let done = crib::move_on_after(ms(1000), async {
        say!("sleeps");
        let mut result = Ok(());
        for _ in 0..3 {
            result = sleep(10_000).await;
            say!("sleep: {}", outcome(&result));
        }
        result
    });
    say!("timed out: {}", yes(done.await?.is_none()));
    say!("sleep: {}", outcome(&sleep(1000).await));
    Ok(())
}

// ---- 021

async fn catch_all() -> Result<()> {
    let done = crib::move_on_after(ms(1000), async {
        say!("handles {}", outcome(&boom::<()>()));
        say!("handles {}", outcome(&sleep(10_000).await));
        say!("handles {}", outcome(&sleep(10_000).await));
        say!("gives up");
        Ok(())
    });
    say!("timed out: {}", yes(done.await?.is_none()));
    Ok(())
}

// ---- 022

async fn fail_after() -> Result<()> {
    say!(
        "in time: {}",
        outcome(&crib::fail_after(ms(2000), sleep(1000)).await)
    );
    say!(
        "too late: {}",
        outcome(&crib::fail_after(ms(2000), sleep(10_000)).await)
    );
    let by_hand = CancelScope::new()
        .timeout(ms(2000))
        .fails()
        .run_with(async |scope| {
            sleep(1000).await?;
            scope.cancel("by hand");
            sleep(1000).await
        });
    say!("cancelled by hand: {}", outcome(&by_hand.await));
    Ok(())
}
