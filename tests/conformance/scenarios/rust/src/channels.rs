//! 5xx: channels.

use crate::stage::*;
use crib::{Error, Overflow, Receiver, Result, Sender, UNBOUNDED};

scenarios! {
    501 => overflow,
    505 => batch,
    586 => capacity,
    587 => rendezvous,
    588 => oldest_receiver,
    589 => full_channel,
    595 => cancelled_wait,
    596 => unbounded,
    597 => statistics,
}

fn numbers(values: &[i32]) -> String {
    values
        .iter()
        .map(i32::to_string)
        .collect::<Vec<_>>()
        .join(" ")
}

fn send_now(tx: &Sender<i32>, value: i32) {
    let sent = tx.try_send(value).map_err(Error::from);
    say!("sending {value} without waiting: {}", outcome(&sent));
}

fn receive_now(rx: &Receiver<i32>) {
    let received = rx.try_recv().map_err(Error::from);
    say!("receiving without waiting: {}", outcome(&received));
}

async fn receive_and_tell(rx: &Receiver<i32>) -> Result<()> {
    let result = rx.recv().await;
    say!("{}", received(&result));
    result.map(|_| ())
}

// ---- 501

async fn overflow_by(what: &str, overflow: Overflow) -> Result<()> {
    let (tx, rx) = crib::overflowing_channel(2, overflow)?;
    for i in 1..=3 {
        tx.send(i).await?;
    }
    let values = numbers(&rx.recv_many(9).await?);
    say!("{what}: {values}, dropped {}", tx.statistics()?.dropped);
    Ok(())
}

async fn overflow() -> Result<()> {
    overflow_by("drop oldest", Overflow::DropOldest).await?;
    overflow_by("drop newest", Overflow::DropNewest).await?;
    overflow_by("latest only", Overflow::Latest).await
}

// ---- 505

async fn batch() -> Result<()> {
    let (tx, rx) = crib::channel(5)?;
    for i in 1..=3 {
        tx.send(i).await?;
    }
    crib::scope(async |s| {
        s.start_soon("sender", async {
            sleep(1000).await?;
            tx.send(4).await
        });
        for _ in 0..2 {
            let values = rx.recv_many(10).await?;
            say!("got {} at once: {}", values.len(), numbers(&values));
        }
        Ok(())
    })
    .await
}

// ---- 586

async fn capacity() -> Result<()> {
    let (tx, rx) = crib::channel(2)?;
    for i in 1..=3 {
        send_now(&tx, i);
    }
    receive_and_tell(&rx).await?;
    send_now(&tx, 3);
    receive_and_tell(&rx).await?;
    receive_and_tell(&rx).await?;
    receive_now(&rx);
    Ok(())
}

// ---- 587

async fn rendezvous() -> Result<()> {
    let (tx, rx) = crib::channel(0)?;
    crib::scope(async |s| {
        s.start_soon("sender", async {
            say!("sends 1");
            say!("sent 1: {}", outcome(&tx.send(1).await));
            send_now(&tx, 2);
            send_now(&tx, 3);
            sleep(500).await?;
            say!("sent 4: {}", outcome(&tx.send(4).await));
            Ok(())
        });
        s.start_soon("receiver", async {
            sleep(500).await?;
            for _ in 0..3 {
                receive_and_tell(&rx).await?;
            }
            Ok(())
        });
        Ok(())
    })
    .await
}

// ---- 588

async fn oldest_receiver() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    crib::scope(async |s| {
        s.start_soon("first", receive_and_tell(&rx));
        s.start_soon("second", receive_and_tell(&rx));
        crib::checkpoint().await?;
        tx.send(1).await?;
        say!("sent 1");
        receive_now(&rx);
        tx.send(2).await?;
        say!("sent 2");
        Ok(())
    })
    .await
}

// ---- 589

async fn full_channel() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    let send = async |i| {
        tx.send(i).await?;
        say!("sent {i}");
        Ok(())
    };
    crib::scope(async |s| {
        s.start_soon("a", send(1));
        s.start_soon("b", send(2));
        s.start_soon("c", send(3));
        crib::checkpoint().await?;
        for _ in 0..3 {
            let got = received(&rx.recv().await);
            let now = tx.statistics()?;
            say!(
                "{got}, {} in the buffer, {} waiting to send",
                now.buffered,
                now.waiting_senders
            );
        }
        Ok(())
    })
    .await
}

// ---- 595

async fn cancelled_wait() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    tx.send(1).await?;
    let in_vain = crib::move_on_after(ms(1000), async {
        let result = tx.send(2).await;
        say!("sending 2: {}", outcome(&result));
        result
    });
    in_vain.await?;
    receive_and_tell(&rx).await?;
    receive_now(&rx);
    crib::scope(async |s| {
        s.start_soon("a", async {
            crib::move_on_after(ms(500), receive_and_tell(&rx))
                .await
                .map(|_| ())
        });
        s.start_soon("b", receive_and_tell(&rx));
        sleep(1000).await?;
        tx.send(3).await
    })
    .await
}

// ---- 596

async fn unbounded() -> Result<()> {
    let (tx, _rx) = crib::channel(UNBOUNDED)?;
    for i in 0..50 {
        tx.send(i).await?;
    }
    say!("sent 50 values");
    say!("{} in the buffer", tx.statistics()?.buffered);
    Ok(())
}

// ---- 597

fn tell_statistics(tx: &Sender<i32>) -> Result<()> {
    let now = tx.statistics()?;
    say!(
        "{} of {} buffered, at most {}",
        now.buffered,
        now.capacity,
        now.peak
    );
    say!(
        "{} senders, {} receivers, {} waiting to receive",
        now.senders,
        now.receivers,
        now.waiting_receivers
    );
    Ok(())
}

async fn statistics() -> Result<()> {
    let (tx, rx) = crib::channel(3)?;
    let other = tx.clone();
    for i in 1..=3 {
        tx.send(i).await?;
    }
    for _ in 0..2 {
        rx.recv().await?;
    }
    tell_statistics(&tx)?;
    other.close();
    crib::scope(async |s| {
        s.start_soon("receiver", async {
            receive_and_tell(&rx).await?;
            receive_and_tell(&rx).await
        });
        crib::checkpoint().await?;
        tell_statistics(&tx)?;
        tx.send(4).await
    })
    .await
}
