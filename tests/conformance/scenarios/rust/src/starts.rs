//! 4xx: start and started. A child that says so gives its [`Started`] up, so that nobody says it twice.

use crate::stage::*;
use crib::{Nursery, Result, Started};

scenarios! {
    402 => target_is_cancelled,
    475 => start_waits_until_started,
    476 => scopes_before_and_after,
    477 => fails_before_started,
    478 => never_started,
    480 => start_is_cancelled,
    481 => started_too_late,
    482 => pending_start,
    483 => subtree_moves,
}

// ---- 475

async fn service(started: Started<i32>) -> Result<()> {
    say!("prepares");
    sleep(1000).await?;
    say!("says that it is started");
    started.set(42);
    say!("goes on");
    sleep(1000).await?;
    say!("ends");
    Ok(())
}

async fn start_waits_until_started() -> Result<()> {
    crib::nursery(async |n| {
        say!("waits for the service to start");
        let number = n.start("service", service).await?;
        say!("the service started with {number}");
        Ok(())
    })
    .await?;
    say!("the nursery is closed");
    Ok(())
}

// ---- 476, 483

async fn works_after_it_is_started(started: Started<()>) -> Result<()> {
    sleep(500).await?;
    started.set(());
    sleep(2000).await?;
    say!("ends");
    Ok(())
}

async fn has_a_helper_when_started(started: Started<()>) -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("helper", async {
            sleep(2000).await?;
            say!("ends");
            Ok(())
        });
        sleep(500).await?;
        started.set(());
        Ok(())
    })
    .await?;
    say!("ends");
    Ok(())
}

async fn started_in_time(
    body: impl AsyncFnOnce(Started<()>) -> Result<()> + 'static,
) -> Result<()> {
    let around = crib::nursery(async |n| {
        let in_time = crib::move_on_after(ms(1000), async {
            let result = n.start("service", body).await;
            say!("start: {}", outcome(&result));
            result?;
            let result = sleep(10_000).await;
            say!("its own sleep: {}", outcome(&result));
            result
        });
        in_time.await.map(|_| ())
    });
    say!("the nursery: {}", outcome(&around.await));
    Ok(())
}

async fn scopes_before_and_after() -> Result<()> {
    started_in_time(works_after_it_is_started).await
}

async fn subtree_moves() -> Result<()> {
    started_in_time(has_a_helper_when_started).await
}

// ---- 477, 478

async fn fails_before_started() -> Result<()> {
    let around = crib::nursery(async |n| {
        n.start_soon("sibling", async {
            sleep(1000).await?;
            say!("ends");
            Ok(())
        });
        let broken = n.start("broken", async |_: Started<()>| fails_after(500).await);
        say!("start: {}", outcome(&broken.await));
        Ok(())
    });
    say!("the nursery: {}", outcome(&around.await));
    Ok(())
}

async fn never_started() -> Result<()> {
    let around = crib::nursery(async |n| {
        let child = n.start("child", async |_: Started<()>| {
            say!("ends");
            Ok(())
        });
        say!("start: {}", outcome(&child.await));
        Ok(())
    });
    say!("the nursery: {}", outcome(&around.await));
    Ok(())
}

// ---- 480, 481

async fn never_ready(_: Started<()>) -> Result<()> {
    let result = sleep(10_000).await;
    say!("{}, cleans up", outcome(&result));
    crib::shield(sleep(500)).await?;
    say!("ends");
    result
}

async fn ready_too_late(started: Started<()>) -> Result<()> {
    crib::shield(sleep(1500)).await?;
    started.set(()); // which cannot fail
    say!("started: ok");
    let result = crib::checkpoint().await;
    say!("checkpoint: {}", outcome(&result));
    result
}

async fn start_within_a_second(
    body: impl AsyncFnOnce(Started<()>) -> Result<()> + 'static,
) -> Result<()> {
    let around = crib::nursery(async |n| {
        let in_time = crib::move_on_after(ms(1000), async {
            let result = n.start("service", body).await;
            say!("start: {}", outcome(&result));
            result
        });
        say!("absorbed: {}", yes(in_time.await?.is_none()));
        Ok(())
    });
    say!("the nursery: {}", outcome(&around.await));
    Ok(())
}

async fn start_is_cancelled() -> Result<()> {
    start_within_a_second(never_ready).await
}

async fn started_too_late() -> Result<()> {
    start_within_a_second(ready_too_late).await
}

// ---- 402, 482

async fn starts(
    n: Nursery,
    service: impl AsyncFnOnce(Started<()>) -> Result<()> + 'static,
) -> Result<()> {
    let result = n.start("service", service).await;
    say!("start: {}", outcome(&result));
    Ok(())
}

async fn target_is_cancelled() -> Result<()> {
    crib::nursery(async |outer| {
        crib::nursery(async |n| {
            let prepares_long = async |_: Started<()>| sleep_and_tell(10_000).await;
            outer.start_soon("starter", starts(n.clone(), prepares_long));
            sleep(1000).await?;
            say!("cancels the nursery");
            n.cancel("closing time");
            Ok(())
        })
        .await
    })
    .await?;
    say!("all closed");
    Ok(())
}

async fn prepares_and_works(started: Started<()>) -> Result<()> {
    sleep(1000).await?;
    say!("is started");
    started.set(());
    sleep(1000).await?;
    say!("ends");
    Ok(())
}

async fn pending_start() -> Result<()> {
    crib::nursery(async |outer| {
        crib::nursery(async |n| {
            outer.start_soon("starter", starts(n.clone(), prepares_and_works));
            crib::checkpoint().await?;
            say!("the body ends");
            Ok(())
        })
        .await?;
        say!("the nursery is closed");
        Ok(())
    })
    .await
}
