//! 3xx: nurseries with policies and limits, and handles of tasks.

use crate::stage::*;
use crib::{Nursery, Policy, Result};

scenarios! {
    301 => room_for_two,
    302 => wait_until_idle,
    303 => first_done,
    304 => first_success,
    305 => supervise,
    306 => service_nursery,
    307 => drain,
    308 => wait_for_one_task,
    309 => cancel_one_task,
}

// ---- 301, 302

async fn room_for_two() -> Result<()> {
    let jobs = Nursery::builder().max_children(2).run(async |n| {
        n.start_soon("job 1", sleep(1000));
        n.start_soon("job 2", sleep(1000));
        let third = async || {
            say!("begins");
            sleep(1000).await
        };
        say!(
            "job 3 is refused: {}",
            yes(n.try_start_soon("job 3", third()).is_err())
        );
        n.wait_room().await?;
        say!("there is room");
        n.start_soon("job 3", async move { third().await });
        Ok(())
    });
    jobs.await?;
    say!("all done");
    Ok(())
}

async fn wait_until_idle() -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("short", sleep(1000));
        n.start_soon("long", sleep(2000));
        n.wait_idle().await?;
        say!("no children, starts another");
        n.start_soon("another", sleep(1000));
        Ok(())
    })
    .await?;
    say!("closed");
    Ok(())
}

// ---- 303, 304, 305

async fn ends_after(n: u64) -> Result<()> {
    sleep(n).await?;
    say!("ends");
    Ok(())
}

async fn first_done() -> Result<()> {
    let first = Nursery::builder().policy(Policy::FirstDone).run(async |n| {
        n.start_soon("quick", ends_after(1000));
        n.start_soon("slow", sleep_and_tell(10_000));
        Ok(())
    });
    say!("the nursery: {}", outcome(&first.await));
    Ok(())
}

async fn first_success() -> Result<()> {
    let first = Nursery::builder()
        .policy(Policy::FirstSuccess)
        .run(async |n| {
            n.start_soon("fails", fails_after(500));
            n.start_soon("quick", ends_after(1000));
            n.start_soon("slow", sleep_and_tell(10_000));
            Ok(())
        });
    say!("the nursery: {}", outcome(&first.await));
    let nobody = Nursery::builder()
        .policy(Policy::FirstSuccess)
        .run(async |n| {
            n.start_soon("fails", fails_after(500));
            n.start_soon("fails too", async {
                sleep(1000).await?;
                say!("fails");
                fail("bang")
            });
            Ok(())
        });
    say!("the nursery: {}", outcome(&nobody.await));
    Ok(())
}

async fn supervise() -> Result<()> {
    let builder = Nursery::builder().policy(Policy::Supervise);
    let supervised = builder
        .on_failure(|_, error| say!("heard of {}", text(&error)))
        .run(async |n| {
            n.start_soon("failing", fails_after(500));
            n.start_soon("sibling", ends_after(1000));
            Ok(())
        });
    say!("the nursery: {}", outcome(&supervised.await));
    Ok(())
}

// ---- 306

async fn service_nursery() -> Result<()> {
    let served = Nursery::builder().service().run(async |n| {
        n.start_soon("service", sleep_and_tell(10_000));
        let result = sleep(5000).await;
        say!("the body is cancelled, cleans up");
        crib::shield(sleep(500)).await?;
        say!("the body ends");
        result
    });
    let done = crib::move_on_after(ms(1000), served).await?;
    say!("timed out: {}", yes(done.is_none()));
    Ok(())
}

// ---- 307

async fn drain() -> Result<()> {
    let drained = Nursery::builder().drain().run(async |n| {
        let refused = |name| yes(n.try_start_soon(name, sleep_and_tell(10_000)).is_err());
        say!("not cancelled, refused: {}", refused("child"));
        n.cancel("closing time");
        say!("cancelled, refused: {}", refused("another"));
        Ok(())
    });
    say!("the nursery: {}", outcome(&drained.await));
    Ok(())
}

// ---- 308, 309

async fn wait_for_one_task() -> Result<()> {
    let tasks = crib::nursery(async |n| {
        let worker = n.spawn("worker", async {
            sleep(1000).await?;
            Ok(42)
        });
        n.start_soon("sibling", sleep(2000));
        say!("the worker has ended: {}", outcome(&worker.wait().await));
        Ok(worker)
    });
    let result = tasks.await;
    say!("the nursery: {}", outcome(&result));
    say!("its result is {}", result?.join().await?);
    Ok(())
}

async fn cancel_one_task() -> Result<()> {
    let tasks = crib::nursery(async |n| {
        let one = n.spawn("one", sleep_and_tell(1000));
        n.start_soon("two", sleep_and_tell(1000));
        sleep(500).await?;
        say!("cancels one");
        one.cancel("not needed");
        Ok(())
    });
    say!("the nursery: {}", outcome(&tasks.await));
    Ok(())
}
