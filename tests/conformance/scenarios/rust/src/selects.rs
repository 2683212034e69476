//! 8xx: select.

use crate::stage::*;
use crib::{CancelToken, Event, Lock, Receiver, Result, Select, Semaphore, Sender};

scenarios! {
    801 => whichever_comes_first,
    802 => exactly_one,
    803 => select_with_deadline,
    804 => ended_channel_is_an_outcome,
    805 => many_kinds,
    806 => send_by_select,
    807 => cancelled_select,
    808 => select_without_waiting,
}

/// What a channel gave: a value, or its end.
fn tell(what: &str, result: Result<Option<i32>>) -> Result<()> {
    match result? {
        Some(value) => say!("{what}: {value}"),
        None => say!("{what}: CRIB_EENDOFCHANNEL"),
    }
    Ok(())
}

async fn receive_a_or_b(a: &Receiver<i32>, b: &Receiver<i32>) -> Result<()> {
    let select = Select::new()
        .recv(a, |v| tell("a", v))
        .recv(b, |v| tell("b", v));
    select.in_order().wait().await
}

// ---- 801, 802

async fn whichever_comes_first() -> Result<()> {
    let (tx_a, a) = crib::channel(0)?;
    let (tx_b, b) = crib::channel(0)?;
    crib::scope(async |s| {
        s.start_soon("sender", async {
            sleep(100).await?;
            tx_a.send(1).await?;
            sleep(100).await?;
            tx_b.send(2).await
        });
        receive_a_or_b(&a, &b).await?;
        receive_a_or_b(&a, &b).await
    })
    .await
}

async fn exactly_one() -> Result<()> {
    let (tx_a, a) = crib::channel(1)?;
    let (tx_b, b) = crib::channel(1)?;
    tx_a.send(1).await?;
    tx_b.send(2).await?;
    for _ in 0..2 {
        receive_a_or_b(&a, &b).await?;
        say!("b still has {}", b.statistics()?.buffered);
    }
    Ok(())
}

// ---- 803

async fn receive_or_50_ms(rx: &Receiver<i32>) -> Result<()> {
    let nothing = || {
        say!("nothing for 50 ms");
        Ok(())
    };
    let select = Select::new()
        .recv(rx, |v| tell("a", v))
        .deadline(crib::now() + ms(50), nothing);
    select.in_order().wait().await
}

async fn select_with_deadline() -> Result<()> {
    let (tx, rx) = crib::channel(0)?;
    crib::scope(async |s| {
        s.start_soon("sender", async {
            sleep(80).await?;
            tx.send(1).await
        });
        receive_or_50_ms(&rx).await?;
        receive_or_50_ms(&rx).await
    })
    .await
}

// ---- 804

async fn ended_channel_is_an_outcome() -> Result<()> {
    let (tx_a, a) = crib::channel(0)?;
    let (tx_b, b) = crib::channel(0)?;
    tx_a.close();
    crib::scope(async |s| {
        s.start_soon("sender", async {
            sleep(100).await?;
            tx_b.send(2).await
        });
        receive_a_or_b(&a, &b).await?;
        Select::new().recv(&b, |v| tell("b", v)).wait().await
    })
    .await
}

// ---- 805

async fn many_kinds() -> Result<()> {
    let (event, token) = (Event::new()?, CancelToken::new("demo")?);
    let (lock, semaphore) = (Lock::new(())?, Semaphore::new(0)?);
    crib::scope(async |s| {
        let helper = s.spawn("helper", async {
            let guard = lock.lock().await?;
            sleep(100).await?;
            event.set();
            sleep(100).await?;
            token.trigger();
            sleep(100).await?;
            drop(guard);
            sleep(100).await?;
            semaphore.release(1)?;
            sleep(100).await
        });
        crib::checkpoint().await?;
        // Each select leaves out what has happened.
        let (mut guard, mut permit) = (None, None);
        for happened in 0..5 {
            let mut select = Select::new();
            if happened < 1 {
                select = select.event(&event, || Ok(("the event is set", None, None)));
            }
            if happened < 2 {
                select = select.token(&token, || Ok(("the token is triggered", None, None)));
            }
            if happened < 3 {
                select = select.lock(&lock, |guard| Ok(("the lock is mine", Some(guard?), None)));
            }
            if happened < 4 {
                select = select.acquire(&semaphore, |permit| {
                    Ok(("a permit is mine", None, Some(permit?)))
                });
            }
            let select = select.task(&helper, || Ok(("the task has ended", None, None)));
            let (what, its_guard, its_permit) = select.in_order().wait().await?;
            guard = guard.or(its_guard);
            permit = permit.or(its_permit);
            if happened < 4 {
                say!("{what}");
            } else {
                say!("{what}: {}", outcome(&helper.wait().await));
            }
        }
        Ok(())
    })
    .await
}

// ---- 806

async fn send_or_100_ms(tx: &Sender<i32>, value: &mut Option<i32>) -> Result<()> {
    let sent = |result: Result<()>| result.map(|()| "sent");
    let select = Select::new()
        .send(tx, value, sent)
        .deadline(crib::now() + ms(100), || Ok("nobody took it"));
    say!("{}", select.in_order().wait().await?);
    Ok(())
}

async fn send_by_select() -> Result<()> {
    let (tx, rx) = crib::channel(0)?;
    crib::scope(async |s| {
        s.start_soon("receiver", async {
            sleep(150).await?;
            say!("{}", received(&rx.recv().await));
            Ok(())
        });
        let mut value = Some(7);
        send_or_100_ms(&tx, &mut value).await?;
        send_or_100_ms(&tx, &mut value).await
    })
    .await
}

// ---- 807

async fn cancelled_select() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    let lock = Lock::new(())?;
    crib::scope(async |s| {
        s.start_soon("owner", async {
            let guard = lock.lock().await?;
            sleep(200).await?;
            say!("releases the lock");
            drop(guard);
            Ok(())
        });
        crib::checkpoint().await?;
        let in_vain = crib::move_on_after(ms(100), async {
            let select = Select::new()
                .recv(&rx, |v| v.map(|_| ()))
                .lock(&lock, |guard| guard.map(|_| ()));
            let result = select.in_order().wait().await;
            say!("{}", outcome(&result));
            result
        });
        in_vain.await?;
        say!("{} wait for a value", rx.statistics()?.waiting_receivers);
        sleep(200).await?;
        say!("the lock is free: {}", yes(lock.try_lock().is_ok()));
        tx.send(1).await?;
        tell("the value is there", rx.recv().await)
    })
    .await
}

// ---- 808

fn receive_by_select_now(rx: &Receiver<i32>) {
    if let Err(e) = Select::new().recv(rx, |v| tell("a", v)).try_now() {
        say!("{}", text(&e));
    }
}

async fn select_without_waiting() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    receive_by_select_now(&rx);
    tx.send(1).await?;
    receive_by_select_now(&rx);
    receive_by_select_now(&rx);
    Ok(())
}
