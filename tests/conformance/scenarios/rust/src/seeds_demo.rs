//! 0xx: the demo with two producers and a consumer, and what is told about it (S0).

use crate::stage::*;
use crib::{Receiver, Result, Sender};
use std::cell::Cell;

scenarios! {
    1 => five_seconds,
    2 => ends_early,
    3 => descendants_are_cancelled,
    4 => one_child_fails,
    5 => full_buffer,
    6 => task_names,
    7 => fixed_sleeps,
}

// ---- 001, 002

async fn produce(tx: Sender<u64>, items: u64, pause: impl Fn(u64) -> u64) -> Result<()> {
    let work = async {
        for i in 1..=items {
            tx.send(i * i).await?;
            say!("generated item {i}");
            sleep(pause(i)).await?;
        }
        Ok(())
    };
    work.await.inspect_err(|_| say!("cancelled"))
}

async fn consume(rx: Receiver<u64>) -> Result<()> {
    let work = async {
        while let Some(value) = rx.recv().await? {
            say!("processed value {value}");
            sleep(500).await?;
        }
        say!("no more");
        Ok(())
    };
    work.await.inspect_err(|_| say!("cancelled"))
}

async fn demo(items: u64) -> Result<()> {
    say!("App started.");
    let (tx, rx) = crib::channel(10)?;
    let workers = crib::nursery(async |n| {
        n.start_soon(
            "Prod 1",
            produce(tx.clone(), items, |i| 500 + 300 * (i % 4)),
        );
        n.start_soon("Prod 2", produce(tx, items, |i| 500 + 170 * (i % 6)));
        n.start_soon("Consumer", consume(rx));
        Ok(())
    });
    let done = crib::move_on_after(ms(5000), workers).await?;
    say!("timed out: {}", yes(done.is_none()));
    say!("App exiting.");
    Ok(())
}

async fn five_seconds() -> Result<()> {
    demo(20).await
}

async fn ends_early() -> Result<()> {
    demo(2).await
}

// ---- 003

async fn sleeps_and_cleans_up() -> Result<()> {
    let result = crib::sleep_forever().await;
    say!("cleans up");
    result
}

async fn has_two_children(name: &str) -> Result<()> {
    let result = crib::nursery(async |n| {
        for i in 1..=2 {
            n.start_soon(&format!("{name}.{i}"), sleeps_and_cleans_up());
        }
        Ok(())
    });
    let result = result.await;
    say!("cleans up");
    result
}

async fn descendants_are_cancelled() -> Result<()> {
    let done = crib::move_on_after(ms(5000), async {
        say!("starts");
        let result = crib::nursery(async |n| {
            n.start_soon("one", has_two_children("one"));
            n.start_soon("two", has_two_children("two"));
            Ok(())
        });
        let result = result.await;
        say!("the nursery is closed");
        result
    });
    say!("timed out: {}", yes(done.await?.is_none()));
    Ok(())
}

// ---- 004

async fn sibling() -> Result<()> {
    say!("begins");
    sleep_and_tell(60_000).await
}

async fn latecomer() -> Result<()> {
    say!("begins");
    let result = crib::checkpoint().await;
    say!("{}", outcome(&result));
    result
}

async fn one_child_fails() -> Result<()> {
    let (result, caught) = crib::CancelScope::new()
        .timeout(ms(5000))
        .run_caught(async |_| {
            let result = crib::scope(async |s| {
                s.start_soon("sibling", sibling());
                s.start_soon("failing", async {
                    sleep(1000).await?;
                    say!("fails");
                    s.start_soon("latecomer", latecomer());
                    boom()
                });
                Ok(())
            });
            let result = result.await;
            say!("the nursery: {}", outcome(&result));
            result
        })
        .await;
    say!("timed out: {}", yes(caught));
    result.map(|_| ())
}

// ---- 005

async fn full_buffer() -> Result<()> {
    let (tx, rx) = crib::channel(10)?;
    crib::nursery(async |n| {
        n.start_soon("sender", async move {
            for i in 1..=10 {
                tx.send(i).await?;
            }
            say!("sent 10 items");
            tx.send(11).await?;
            say!("sent one more");
            Ok(())
        });
        sleep(3000).await?;
        say!("{}", received(&rx.recv().await));
        Ok(())
    })
    .await
}

// ---- 006

async fn task_names() -> Result<()> {
    crib::nursery(async |n| {
        let task = n.spawn("Prod 1", async {
            say!("begins");
            say!("gets another name");
            crib::set_task_name("Prod 2")?;
            say!("goes on");
            sleep(1000).await
        });
        say!("its name is {}", task.name());
        crib::checkpoint().await?;
        say!("now its name is {}", task.name());
        Ok(())
    })
    .await
}

// ---- 007

async fn generates(tx: Sender<u64>, generated: &Cell<u32>) -> Result<()> {
    for i in 1..=20 {
        tx.send(i * i).await?;
        generated.set(generated.get() + 1);
        sleep(700).await?;
    }
    Ok(())
}

async fn fixed_sleeps() -> Result<()> {
    say!("App started.");
    let (one, two, processed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let (tx, rx) = crib::channel(10)?;
    let workers = crib::scope(async |s| {
        s.start_soon("Prod 1", generates(tx.clone(), &one));
        s.start_soon("Prod 2", generates(tx, &two));
        s.start_soon("Consumer", async {
            while rx.recv().await?.is_some() {
                processed.set(processed.get() + 1);
                sleep(500).await?;
            }
            Ok(())
        });
        Ok(())
    });
    crib::move_on_after(ms(5000), workers).await?;
    say!(
        "generated {} and {}, processed {}",
        one.get(),
        two.get(),
        processed.get()
    );
    say!("App exiting.");
    Ok(())
}
