//! 3xx: nurseries.

use crate::stage::*;
use crib::{CancelScope, Result, Scope};

scenarios! {
    361 => close_waits_for_all,
    362 => child_fails,
    363 => body_fails,
    364 => groups_nest,
    365 => no_failure_is_lost,
    367 => whose_cancel,
    368 => close_adds_nothing,
    370 => start_in_a_cancelled_nursery,
    371 => task_tree,
    374 => main_fails,
}

// ---- 361

async fn close_waits_for_all() -> Result<()> {
    crib::scope(async |s| {
        s.start_soon("first", async {
            sleep(1000).await?;
            say!("starts a second");
            s.start_soon("second", async {
                sleep(1000).await?;
                say!("ends");
                Ok(())
            });
            say!("ends");
            Ok(())
        });
        say!("the body ends");
        Ok(())
    })
    .await?;
    say!("the nursery is closed");
    Ok(())
}

// ---- 362, 363

async fn child_fails() -> Result<()> {
    let failed = crib::nursery(async |n| {
        n.start_soon("sibling", sleep_and_tell(10_000));
        n.start_soon("failing", fails_after(1000));
        let result = sleep(10_000).await;
        say!("the body: {}", outcome(&result));
        result
    });
    say!("the nursery: {}", outcome(&failed.await));
    Ok(())
}

async fn body_fails() -> Result<()> {
    let failed = crib::nursery(async |n| {
        n.start_soon("child", sleep_and_tell(10_000));
        sleep(500).await?;
        say!("the body fails");
        boom::<()>()
    });
    say!("the nursery: {}", outcome(&failed.await));
    Ok(())
}

// ---- 364

async fn one_that_fails() -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("failing", async { boom() });
        Ok(())
    })
    .await
}

async fn groups_nest() -> Result<()> {
    say!(
        "nobody failed: {}",
        outcome(&crib::nursery(async |_| Ok(())).await)
    );
    say!("one nursery: {}", outcome(&one_that_fails().await));
    let two = crib::nursery(async |n| {
        n.start_soon("child", one_that_fails());
        Ok(())
    });
    say!("two nurseries: {}", outcome(&two.await));
    Ok(())
}

// ---- 365

async fn no_failure_is_lost() -> Result<()> {
    let cleans_up_and_fails = async |message: &str, cleanup: u64| {
        let _ = crib::sleep_forever().await;
        if cleanup > 0 {
            crib::shield(sleep(cleanup)).await?;
        }
        say!("fails");
        fail(message)
    };
    let failed = crib::scope(async |s| {
        s.start_soon("one", async {
            sleep(1000).await?;
            say!("fails");
            fail("one")
        });
        s.start_soon("two", cleans_up_and_fails("two", 0));
        s.start_soon("three", cleans_up_and_fails("three", 500));
        cleans_up_and_fails("body", 0).await
    });
    say!("the nursery: {}", outcome(&failed.await));
    Ok(())
}

// ---- 367

async fn whose_cancel() -> Result<()> {
    let own = crib::nursery(async |n| {
        n.start_soon("child", crib::sleep_forever());
        sleep(500).await?;
        n.cancel("enough");
        Ok(())
    });
    say!("the nursery's own: {}", outcome(&own.await));
    let around = CancelScope::new().run_caught(async |scope| {
        let result = crib::nursery(async |n| {
            n.start_soon("child", crib::sleep_forever());
            sleep(500).await?;
            scope.cancel("enough");
            Ok(())
        });
        let result = result.await;
        say!("the scope's: {}", outcome(&result));
        result
    });
    let (result, caught) = around.await;
    say!("absorbed by the scope: {}", yes(caught));
    result.map(|_| ())
}

// ---- 368

async fn close_adds_nothing() -> Result<()> {
    let done = crib::move_on_after(ms(1000), async {
        let result = crib::nursery(async |n| {
            n.start_soon("child", async {
                let _ = crib::sleep_forever().await;
                say!("ends well");
                Ok(())
            });
            Ok(())
        });
        let result = result.await;
        say!("the nursery: {}", outcome(&result));
        result
    });
    say!("absorbed: {}", yes(done.await?.is_none()));
    Ok(())
}

// ---- 370

async fn start_in_a_cancelled_nursery() -> Result<()> {
    let cancelled = crib::nursery(async |n| {
        n.cancel("enough");
        let started = n.try_start_soon("child", async {
            say!("runs");
            let result = crib::checkpoint().await;
            say!("checkpoint: {}", outcome(&result));
            result
        });
        say!("cancels, starts a child: {}", outcome(&started));
        Ok(())
    });
    say!("the nursery: {}", outcome(&cancelled.await));
    Ok(())
}

// ---- 371

fn count_children(s: &Scope<'_, '_>) {
    say!(
        "{} children, opened by {}",
        s.count(),
        or_none(s.opened_by())
    );
}

async fn task_tree() -> Result<()> {
    crib::scope(async |s| {
        s.start_soon("short", async {
            count_children(s);
            sleep(1000).await?;
            s.start_soon("third", sleep(2500));
            count_children(s);
            Ok(())
        });
        s.start_soon("long", sleep(3000));
        count_children(s);
        sleep(1500).await?;
        count_children(s);
        s.wait_idle().await?;
        count_children(s);
        Ok(())
    })
    .await
}

// ---- 374

async fn main_fails() -> Result<()> {
    say!("fails");
    boom()
}
