//! 7xx, and 043: graceful cancel.

use crate::stage::*;
use crib::{
    CancelHandle, CancelScope, CancelState, Nursery, Receiver, Result, Sender, Shield, SoftCancel,
};

scenarios! {
    43 => graceful_and_hard,
    701 => server_drains,
    702 => grace_is_over,
    703 => interrupt,
    704 => soft_and_full_shields,
    705 => hard_time_moves_earlier,
    706 => cancel_is_now,
    707 => one_grace_for_all,
    708 => born_in_that_state,
    709 => state_of_a_scope,
    710 => deadline_with_grace,
    711 => no_grace,
    712 => nursery_with_grace,
    713 => reason_stays,
}

// ---- tasks that are cut off

async fn sleeps_in(scope: CancelScope, n: u64) -> Result<()> {
    scope.run(sleep_and_tell(n)).await.map(|_| ())
}

async fn idle() -> Result<()> {
    sleeps_in(CancelScope::new().graceful(), 60_000).await
}

async fn request(n: u64) -> Result<()> {
    sleep_and_tell(n).await
}

async fn saver(n: u64) -> Result<()> {
    sleeps_in(CancelScope::new().shield(Shield::Soft), n).await
}

async fn keeper(n: u64) -> Result<()> {
    sleeps_in(CancelScope::new().shield(Shield::Full), n).await
}

fn drain(scope: CancelHandle, grace: u64) -> Result<()> {
    scope.cancel_soft(SoftCancel::Drain, ms(grace), "closing time")
}

/// A nursery in a scope; tells whether the scope absorbed a cancellation.
async fn absorbs(
    what: &str,
    scope: CancelScope,
    body: impl AsyncFnOnce(Nursery, CancelHandle) -> Result<()>,
) -> Result<()> {
    let (result, caught) = scope
        .run_caught(async |scope| crib::nursery(async |n| body(n, scope).await).await)
        .await;
    say!("{what}: {}", yes(caught));
    result.map(|_| ())
}

async fn absorbed(body: impl AsyncFnOnce(Nursery, CancelHandle) -> Result<()>) -> Result<()> {
    absorbs("absorbed", CancelScope::new(), body).await
}

// ---- 043

async fn server(gracefully: bool) -> Result<()> {
    let serves = async |n: Nursery, scope: CancelHandle| {
        n.start_soon("idle", idle());
        n.start_soon("request", request(1000));
        sleep(500).await?;
        if gracefully {
            say!("asks it to end");
            return drain(scope, 60_000);
        }
        say!("cancels it");
        scope.cancel("enough");
        Ok(())
    };
    absorbs("absorbed by the server", CancelScope::new(), serves).await
}

async fn graceful_and_hard() -> Result<()> {
    server(true).await?;
    server(false).await
}

// ---- 701

async fn takes_requests(n: Nursery, rx: Receiver<u32>) -> Result<()> {
    let accepts = crib::graceful(async {
        let mut result;
        while let Some(i) = {
            result = rx.recv().await;
            result.as_ref().ok().copied().flatten()
        } {
            say!("takes {i}");
            n.start_soon("request", async move {
                sleep(300).await?;
                say!("did {i}");
                Ok(())
            });
        }
        say!("ends");
        rx.close();
        result
    });
    accepts.await.map(|_| ())
}

async fn sends_requests(tx: Sender<u32>) -> Result<()> {
    for i in 1..=3 {
        if let Err(e) = tx.send(i).await {
            say!("sending {i}: {}", text(&e));
            break;
        }
        sleep(400).await?;
    }
    Ok(())
}

async fn server_drains() -> Result<()> {
    let (tx, rx) = crib::channel(0)?;
    crib::nursery(async |outer| {
        outer.start_soon("client", sends_requests(tx));
        let served = CancelScope::new().run_with(async |scope| {
            let result = crib::nursery(async |n| {
                n.start_soon("server", takes_requests(n.clone(), rx));
                sleep(500).await?;
                say!("drains");
                drain(scope, 1000)
            });
            let result = result.await;
            say!("the server has ended: {}", outcome(&result));
            result
        });
        served.await.map(|_| ())
    })
    .await
}

// ---- 702, 705, 706

async fn grace_is_over() -> Result<()> {
    absorbed(async |n, scope| {
        n.start_soon("request", request(10_000));
        sleep(1000).await?;
        say!("drains");
        drain(scope, 500)
    })
    .await
}

fn grace_left(scope: CancelHandle) -> String {
    scope.remaining_grace().map_or("for ever".into(), |left| {
        format!("in {} ms", left.as_millis())
    })
}

async fn hard_time_moves_earlier() -> Result<()> {
    absorbed(async |n, scope| {
        n.start_soon("request", request(10_000));
        sleep(500).await?;
        for grace in [2000, 5000, 500] {
            sleep(500).await?;
            drain(scope, grace)?;
            say!("hard {}", grace_left(scope));
        }
        Ok(())
    })
    .await
}

async fn cancel_is_now() -> Result<()> {
    absorbed(async |n, scope| {
        n.start_soon("request", request(10_000));
        sleep(1000).await?;
        say!("drains");
        drain(scope, 5000)?;
        sleep(500).await?;
        say!("cancels");
        scope.cancel("enough");
        Ok(())
    })
    .await
}

// ---- 703, 704, 707, 711

async fn interrupt_after_a_second(scope: CancelHandle, grace: u64) -> Result<()> {
    sleep(1000).await?;
    say!("interrupts");
    scope.cancel_soft(SoftCancel::Interrupt, ms(grace), "closing time")
}

async fn interrupt() -> Result<()> {
    absorbed(async |n, scope| {
        n.start_soon("worker", request(10_000));
        n.start_soon("saver", saver(1300));
        interrupt_after_a_second(scope, 2000).await
    })
    .await
}

async fn soft_and_full_shields() -> Result<()> {
    absorbed(async |n, scope| {
        n.start_soon("saver", saver(10_000));
        n.start_soon("keeper", keeper(2000));
        interrupt_after_a_second(scope, 500).await
    })
    .await
}

async fn no_grace() -> Result<()> {
    absorbed(async |n, scope| {
        n.start_soon("saver", saver(10_000));
        interrupt_after_a_second(scope, 0).await
    })
    .await
}

async fn cleans_up(what: &str) {
    say!(
        "{what} cleanup: {}",
        outcome(&crib::soft_shield(sleep(600)).await)
    );
}

async fn one_grace_for_all() -> Result<()> {
    absorbed(async |n, scope| {
        n.start_soon("worker", async {
            let result = crib::sleep_forever().await;
            say!("{}", outcome(&result));
            cleans_up("first").await;
            cleans_up("second").await;
            result
        });
        interrupt_after_a_second(scope, 1000).await
    })
    .await
}

// ---- 708

async fn born_in_that_state() -> Result<()> {
    absorbed(async |n, scope| {
        say!("drains");
        drain(scope, 1000)?;
        let drains = Nursery::builder().drain().run(async |late| {
            say!(
                "a nursery that drains refuses: {}",
                yes(late.try_start_soon("late", idle()).is_err())
            );
            Ok(())
        });
        drains.await?;
        n.start_soon("idle", idle());
        n.start_soon("request", request(300));
        Ok(())
    })
    .await
}

// ---- 709

fn state(scope: CancelHandle) -> &'static str {
    match scope.state() {
        CancelState::Open => "open",
        CancelState::Soft => "soft",
        CancelState::Cancelled => "cancelled",
        CancelState::Closed => "closed",
    }
}

fn until() -> Result<String> {
    crib::effective_deadline().map(deadline)
}

async fn state_of_a_scope() -> Result<()> {
    let (result, caught) = CancelScope::new()
        .run_caught(async |scope| {
            say!("{}, until {}", state(scope), until()?);
            drain(scope, 1000)?;
            say!(
                "{}, hard {}, until {}",
                state(scope),
                grace_left(scope),
                until()?
            );
            let region = crib::graceful(async {
                say!("in a graceful region: until {}", until()?);
                Ok(())
            });
            region.await?;
            let result = sleep(10_000).await;
            say!("sleep: {}", outcome(&result));
            say!(
                "{}, hard {}, until {}",
                state(scope),
                grace_left(scope),
                until()?
            );
            result
        })
        .await;
    say!("absorbed: {}", yes(caught));
    result.map(|_| ())
}

// ---- 710

async fn deadline_with_grace() -> Result<()> {
    let scope = CancelScope::new().timeout(ms(1000)).grace(ms(500));
    absorbs("absorbed", scope, async |n, _| {
        n.start_soon("worker", request(10_000));
        n.start_soon("saver", saver(10_000));
        Ok(())
    })
    .await
}

// ---- 712

async fn nursery_with_grace() -> Result<()> {
    let failed = Nursery::builder().grace(ms(500)).run(async |n| {
        n.start_soon("failing", fails_after(1000));
        n.start_soon("worker", request(10_000));
        n.start_soon("saver", saver(1300));
        Ok(())
    });
    say!("the nursery: {}", outcome(&failed.await));
    Ok(())
}

// ---- 713

async fn reason_stays() -> Result<()> {
    let maintained = CancelScope::new().run_with(async |scope| {
        scope.cancel_soft(SoftCancel::Drain, ms(1000), "maintenance")?;
        say!(
            "soft: {}, {}",
            or_none(scope.source()),
            or_none(scope.reason())
        );
        scope.cancel("now");
        say!(
            "hard: {}, {}",
            or_none(scope.source()),
            or_none(scope.reason())
        );
        let result = crib::checkpoint().await;
        say!("checkpoint: {}", outcome(&result));
        result
    });
    say!("absorbed: {}", yes(maintained.await?.is_none()));
    Ok(())
}
