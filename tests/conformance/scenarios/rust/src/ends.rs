//! 5xx: the ends of channels.

use crate::stage::*;
use crib::{Error, Receiver, Result, Sender};
use std::cell::Cell;

scenarios! {
    504 => close_with_an_error,
    590 => end_of_channel,
    591 => no_receiver,
    592 => own_end_closed,
    593 => clones,
    598 => each_value_once,
}

async fn receive_and_tell(rx: &Receiver<i32>) {
    say!("{}", received(&rx.recv().await));
}

// ---- 504

async fn close_with_an_error() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    tx.send(1).await?;
    tx.close_with(Error::msg("boom"))?;
    for _ in 0..3 {
        receive_and_tell(&rx).await;
    }
    Ok(())
}

// ---- 590

async fn end_of_channel() -> Result<()> {
    let (tx, rx) = crib::channel(2)?;
    tx.send(1).await?;
    tx.send(2).await?;
    drop(tx);
    for _ in 0..4 {
        receive_and_tell(&rx).await;
    }
    Ok(())
}

// ---- 591

async fn send_and_tell(tx: &Sender<i32>, value: i32) {
    say!("{value}: {}", outcome(&tx.send(value).await));
}

async fn no_receiver() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    crib::scope(async |s| {
        s.start_soon("sender", async {
            send_and_tell(&tx, 1).await;
            send_and_tell(&tx, 2).await;
            Ok(())
        });
        crib::checkpoint().await?;
        say!("closes the receiver");
        rx.close();
        send_and_tell(&tx, 3).await;
        Ok(())
    })
    .await
}

// ---- 592

async fn try_both(tx: &Sender<i32>, rx: &Receiver<i32>) {
    say!("receive: {}", received(&rx.recv().await));
    say!("send: {}", outcome(&tx.send(1).await));
}

async fn own_end_closed() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    crib::scope(async |s| {
        s.start_soon("receiver", async {
            receive_and_tell(&rx).await;
            Ok(())
        });
        crib::checkpoint().await?;
        say!("closes the receiver");
        rx.close();
        try_both(&tx, &rx).await;
        say!("closes the sender");
        tx.close();
        try_both(&tx, &rx).await;
        Ok(())
    })
    .await
}

// ---- 593

async fn clones() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    let other = tx.clone();
    tx.close();
    say!(
        "the first sender is closed, the clone sends: {}",
        outcome(&other.send(1).await)
    );
    receive_and_tell(&rx).await;
    other.close();
    say!("the clone is closed: {}", received(&rx.recv().await));
    say!("cloning it is refused: {}", yes(other.try_clone().is_err()));
    Ok(())
}

// ---- 598

async fn consumes(rx: Receiver<i32>, sum: &Cell<i32>) -> Result<()> {
    while let Some(i) = rx.recv().await? {
        say!("got {i}");
        sum.set(sum.get() + i);
    }
    say!("no more");
    Ok(())
}

async fn produces(tx: Sender<i32>, first: i32) -> Result<()> {
    for i in first..first + 3 {
        tx.send(i).await?;
    }
    Ok(())
}

async fn each_value_once() -> Result<()> {
    let sum = Cell::new(0);
    let (tx, rx) = crib::channel(0)?;
    crib::scope(async |s| {
        for name in ["c1", "c2", "c3"] {
            s.start_soon(name, consumes(rx.clone(), &sum));
        }
        s.start_soon("p1", produces(tx.clone(), 1));
        s.start_soon("p2", produces(tx, 11));
        Ok(())
    })
    .await?;
    say!("sum {}", sum.get());
    Ok(())
}
