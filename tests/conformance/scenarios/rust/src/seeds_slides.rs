//! 0xx: the slides "Synchronous / Concurrent / Parallel" (S3).

use crate::stage::*;
use crib::{CancelScope, Lock, Nursery, Receiver, Result};
use std::cell::Cell;

scenarios! {
    31 => one_then_two,
    32 => nursery_as_parameter,
    33 => failure_of_a_started_task,
    34 => both_finished,
    35 => no_lock,
    36 => with_lock,
    37 => receive_until_closed,
    38 => iterate,
    39 => given_away,
    40 => move_on,
    42 => never_yields,
}

// ---- 031

async fn count(name: &str) -> Result<()> {
    for i in 0..5 {
        say!("{name} {i}");
        sleep(1000).await?;
    }
    Ok(())
}

async fn one_then_two() -> Result<()> {
    count("first").await?;
    say!("DONE!");
    crib::nursery(async |n| {
        n.start_soon("second", count("second"));
        n.start_soon("third", count("third"));
        Ok(())
    })
    .await
}

// ---- 032

async fn hello() -> Result<()> {
    say!("hello");
    Ok(())
}

fn schedule(n: &Nursery) {
    n.start_soon("hello 1", hello());
    let same = n.clone();
    n.start_soon("helper", async move {
        say!("schedules one too");
        same.start_soon("hello 3", hello());
        Ok(())
    });
    n.start_soon("hello 2", hello());
}

async fn nursery_as_parameter() -> Result<()> {
    crib::nursery(async |n| {
        schedule(&n);
        say!("scheduled");
        Ok(())
    })
    .await?;
    say!("closed");
    Ok(())
}

// ---- 033

async fn failure_of_a_started_task() -> Result<()> {
    let result = crib::nursery(async |n| {
        n.start_soon("raising", async {
            say!("raises");
            fail("raised in a started task")
        });
        say!("works");
        let result = sleep(60_000).await;
        say!("its work: {}", outcome(&result));
        result
    });
    say!("the nursery: {}", outcome(&result.await));
    Ok(())
}

// ---- 034

async fn finishes_after(n: u64) -> Result<()> {
    sleep(n).await?;
    say!("finished");
    Ok(())
}

async fn both_finished() -> Result<()> {
    crib::nursery(async |n| {
        n.start_soon("coroutine1", finishes_after(1000));
        n.start_soon("coroutine2", async {
            crib::nursery(async |n| {
                n.start_soon("innermost", finishes_after(2000));
                Ok(())
            })
            .await?;
            say!("finished");
            Ok(())
        });
        Ok(())
    })
    .await?;
    say!("both have finished");
    Ok(())
}

// ---- 035

async fn render_at_will(players: &Cell<u32>) -> Result<()> {
    let drawn = players.get();
    for _ in 0..drawn {
        sleep(20).await?;
        if players.get() != drawn {
            say!("draws {drawn} players, but there are {}", players.get());
            return fail("the world changed");
        }
    }
    Ok(())
}

async fn no_lock() -> Result<()> {
    let players = Cell::new(5);
    say!("plays without a lock");
    let game = crib::scope(async |s| {
        s.start_soon("render", render_at_will(&players));
        s.start_soon("update", async {
            sleep(50).await?;
            say!("p1 leaves");
            players.set(players.get() - 1);
            crib::sleep_forever().await
        });
        Ok(())
    });
    say!("the game: {}", outcome(&game.await));
    Ok(())
}

// ---- 036

async fn render(players: &Lock<u32>) -> Result<()> {
    loop {
        let players = players.lock().await?;
        for _ in 0..*players {
            sleep(22).await?;
        }
        say!("drew {} players", *players);
    }
}

async fn update(players: &Lock<u32>) -> Result<()> {
    for i in 1..=2 {
        sleep(50).await?;
        let mut players = players.lock().await?;
        say!("p{i} leaves");
        *players -= 1;
    }
    Ok(())
}

async fn with_lock() -> Result<()> {
    let players = Lock::new(5)?;
    say!("plays with a lock");
    let game = crib::scope(async |s| {
        s.start_soon("render", render(&players));
        s.start_soon("update", update(&players));
        Ok(())
    });
    let done = crib::move_on_after(ms(300), game).await?;
    say!("timed out: {}", yes(done.is_none()));
    let free = players.try_lock().is_ok();
    say!(
        "{} players are left, the lock is free: {}",
        players.into_inner(),
        yes(free)
    );
    Ok(())
}

// ---- 037, 038

async fn receives_thrice(rx: Receiver<&'static str>) -> Result<()> {
    for time in ["first", "second", "third"] {
        match rx.recv().await? {
            Some(text) => say!("{time} {text}"),
            None => say!("{time} CRIB_EENDOFCHANNEL"),
        }
    }
    Ok(())
}

async fn iterates(rx: Receiver<&'static str>) -> Result<()> {
    while let Some(text) = rx.recv().await? {
        say!("got {text}");
    }
    say!("channel closed!");
    Ok(())
}

async fn hello_and_bye(
    receiver: impl AsyncFnOnce(Receiver<&'static str>) -> Result<()>,
) -> Result<()> {
    let (tx, rx) = crib::channel(0)?;
    crib::scope(async |s| {
        s.start_soon("sender", async {
            tx.send("hello").await?;
            tx.send("bye bye").await?;
            tx.close();
            Ok(())
        });
        s.start_soon("receiver", receiver(rx));
        Ok(())
    })
    .await
}

async fn receive_until_closed() -> Result<()> {
    hello_and_bye(receives_thrice).await
}

async fn iterate() -> Result<()> {
    hello_and_bye(iterates).await
}

// ---- 039

async fn given_away() -> Result<()> {
    let (tx, rx) = crib::channel(5)?;
    for i in 1..=3 {
        tx.send(i).await?;
    }
    say!("{}", received(&rx.recv().await));
    rx.close();
    say!("dropped {}", tx.statistics()?.dropped);
    say!("sending another: {}", outcome(&tx.send(4).await));
    Ok(())
}

// ---- 040, 042

async fn move_on() -> Result<()> {
    let done = crib::move_on_after(ms(2000), async {
        sleep(10_000)
            .await
            .inspect_err(|_| say!("coroutine cancelled!"))
    });
    say!("timed out: {}", yes(done.await?.is_none()));
    Ok(())
}

async fn never_yields() -> Result<()> {
    let called = Cell::new(false);
    let (_, caught) = CancelScope::new()
        .timeout(ms(2000))
        .run_caught(async |scope| {
            compute(4000)?;
            called.set(scope.is_cancelled());
            Ok(())
        })
        .await;
    say!(
        "cancelled: {}, absorbed: {}",
        yes(called.get()),
        yes(caught)
    );
    say!(
        "checkpoint behind it: {}",
        outcome(&crib::checkpoint().await)
    );
    Ok(())
}
