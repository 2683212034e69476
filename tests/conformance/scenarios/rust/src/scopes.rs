//! 1xx: scopes, what cancels them and who absorbs it.

use crate::stage::*;
use crib::{CancelHandle, CancelScope, Event, Result, Shield};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;

scenarios! {
    101 => every_checkpoint_fails,
    102 => first_reason_is_kept,
    103 => cancel_is_synchronous,
    104 => absorbed_or_not,
    105 => outermost_absorbs,
    108 => what_is_left,
    109 => failures_pass,
    112 => another_task_cancels,
    114 => cancel_after_close,
    131 => twenty_generations,
    132 => scopes_of_the_nursery,
    137 => source_and_reason,
    140 => no_forged_cancel,
}

// ---- 101

async fn checkpoint_in_an_inner_scope() -> Result<()> {
    let (result, caught) = CancelScope::new()
        .run_caught(async |_| {
            let result = crib::checkpoint().await;
            say!("checkpoint in an inner scope: {}", outcome(&result));
            result
        })
        .await;
    say!("the inner scope absorbed it: {}", yes(caught));
    result.map(|_| ())
}

async fn every_checkpoint_fails() -> Result<()> {
    let (tx, rx) = crib::channel(1)?;
    tx.send(1).await?;
    let (result, caught) = CancelScope::new()
        .run_caught(async |scope| {
            say!("checkpoint: {}", outcome(&crib::checkpoint().await));
            say!("cancels the scope");
            scope.cancel("enough");
            say!("checkpoint: {}", outcome(&crib::checkpoint().await));
            say!("sleep: {}", outcome(&sleep(1000).await));
            say!(
                "receive, though a value is there: {}",
                received(&rx.recv().await)
            );
            checkpoint_in_an_inner_scope().await
        })
        .await;
    say!("the cancelled scope absorbed it: {}", yes(caught));
    result?;
    say!(
        "checkpoint behind it: {}",
        outcome(&crib::checkpoint().await)
    );
    Ok(())
}

// ---- 102

async fn two_reasons(what: &str, cancels: &[&str]) -> Result<()> {
    let inside = async |outer: CancelHandle| {
        let innermost = CancelScope::new().run_with(async |inner| {
            for reason in cancels {
                let scope = if reason.starts_with('i') {
                    inner
                } else {
                    outer
                };
                scope.cancel(reason);
            }
            say!(
                "{what}: {} and {}",
                or_none(inner.reason()),
                or_none(outer.reason())
            );
            Ok(())
        });
        innermost.await
    };
    CancelScope::new().run_with(inside).await?;
    Ok(())
}

async fn first_reason_is_kept() -> Result<()> {
    let twice = CancelScope::new().run_with(async |scope| {
        scope.cancel("first");
        scope.cancel("second");
        say!("cancelled twice: {}", or_none(scope.reason()));
        Ok(())
    });
    twice.await?;
    two_reasons("inner, then outer", &["inner's", "outer's"]).await?;
    two_reasons("outer, then inner", &["outer's", "inner's"]).await?;
    two_reasons("outer alone", &["outer's"]).await?;
    two_reasons("neither", &[]).await
}

// ---- 103

async fn waits_for(event: &Event) -> Result<()> {
    say!("waits");
    let result = event.wait().await;
    say!("{}", outcome(&result));
    result
}

async fn cancel_is_synchronous() -> Result<()> {
    let event = Event::new()?;
    crib::scope(async |s| {
        s.start_soon("a", waits_for(&event));
        s.start_soon("b", waits_for(&event));
        crib::checkpoint().await?;
        say!("{} wait, cancels", event.waiting()?);
        s.cancel("enough");
        say!("{} wait", event.waiting()?);
        Ok(())
    })
    .await?;
    say!("the nursery is closed");
    Ok(())
}

// ---- 104

async fn absorbs(cancelled: bool, looks: bool) -> bool {
    let scope = CancelScope::new().run_caught(async |scope| {
        if cancelled {
            scope.cancel("enough");
        }
        if looks {
            crib::checkpoint().await
        } else {
            Ok(())
        }
    });
    scope.await.1
}

async fn absorbed_or_not() -> Result<()> {
    say!(
        "cancelled and interrupted: {}",
        yes(absorbs(true, true).await)
    );
    say!(
        "cancelled, nothing interrupted: {}",
        yes(absorbs(true, false).await)
    );
    say!("not cancelled: {}", yes(absorbs(false, true).await));
    Ok(())
}

// ---- 105

async fn two_cancelled(what: &str, shield: Shield) {
    let outer = CancelScope::new().run_caught(async |outer| {
        let (result, caught) = CancelScope::new()
            .shield(shield)
            .run_caught(async |inner| {
                inner.cancel("inner's");
                outer.cancel("outer's");
                crib::checkpoint().await
            })
            .await;
        say!("{what}: {}", yes(caught));
        result
    });
    say!("outer: {}", yes(outer.await.1));
}

async fn outermost_absorbs() -> Result<()> {
    two_cancelled("inner", Shield::No).await;
    two_cancelled("shielded inner", Shield::Full).await;
    Ok(())
}

// ---- 108

async fn is_cancelled() -> Result<()> {
    let result = crib::sleep_forever().await;
    say!("cancelled");
    result
}

async fn fails_when_cancelled() -> Result<()> {
    let _ = crib::sleep_forever().await;
    say!("fails while it cleans up");
    boom()
}

async fn what_is_left() -> Result<()> {
    let in_time = CancelScope::new().timeout(ms(1000)).run_caught(async |_| {
        crib::nursery(async |n| {
            n.start_soon("a", is_cancelled());
            n.start_soon(
                "b",
                crib::nursery(async |n| {
                    n.start_soon("b.1", fails_when_cancelled());
                    Ok(())
                }),
            );
            Ok(())
        })
        .await
    });
    let (result, caught) = in_time.await;
    say!("left: {}, absorbed: {}", outcome(&result), yes(caught));
    Ok(())
}

// ---- 109

async fn failures_pass() -> Result<()> {
    let alone = CancelScope::new().run_caught(async |scope| {
        scope.cancel("enough");
        boom::<()>()
    });
    let (result, caught) = alone.await;
    say!("left: {}, absorbed: {}", outcome(&result), yes(caught));
    let in_a_group = CancelScope::new().run_caught(async |scope| {
        let result = crib::nursery(async |n| {
            n.start_soon("failing", async { boom() });
            Ok(())
        })
        .await;
        scope.cancel("enough");
        result
    });
    let (result, caught) = in_a_group.await;
    say!("left: {}, absorbed: {}", outcome(&result), yes(caught));
    Ok(())
}

// ---- 112, 114

async fn cancels_after_a_second(scope: CancelHandle) -> Result<()> {
    sleep(1000).await?;
    say!("cancels");
    scope.cancel("enough");
    Ok(())
}

async fn another_task_cancels() -> Result<()> {
    crib::nursery(async |n| {
        let cancelled = CancelScope::new().run_with(async |scope| {
            n.start_soon("helper", cancels_after_a_second(scope));
            let result = sleep(10_000).await;
            say!("sleep: {}", outcome(&result));
            result
        });
        say!("absorbed: {}", yes(cancelled.await?.is_none()));
        Ok(())
    })
    .await
}

async fn cancel_after_close() -> Result<()> {
    crib::nursery(async |n| {
        let soon_over = CancelScope::new().run_with(async |scope| {
            n.start_soon("helper", cancels_after_a_second(scope));
            sleep(500).await
        });
        soon_over.await?;
        say!("closed");
        say!("sleep: {}", outcome(&sleep(1500).await));
        Ok(())
    })
    .await
}

// ---- 131

fn generation(
    number: u32,
    cancelled: &Cell<u32>,
) -> Pin<Box<dyn Future<Output = Result<()>> + '_>> {
    Box::pin(async move {
        let result = crib::scope(async |s| {
            if number == 20 {
                return crib::sleep_forever().await;
            }
            s.start_soon("generation", generation(number + 1, cancelled));
            Ok(())
        })
        .await;
        if result.as_ref().is_err_and(|e| e.is_cancelled()) {
            cancelled.set(cancelled.get() + 1);
        }
        result
    })
}

async fn twenty_generations() -> Result<()> {
    let cancelled = Cell::new(0);
    let done = crib::move_on_after(ms(1000), async {
        let result = crib::scope(async |s| {
            s.start_soon("generation", generation(1, &cancelled));
            Ok(())
        })
        .await;
        say!("{} were cancelled", cancelled.get());
        result
    });
    say!("timed out: {}", yes(done.await?.is_none()));
    Ok(())
}

// ---- 132

async fn scopes_of_the_nursery() -> Result<()> {
    crib::nursery(async |n| {
        let done = crib::move_on_after(ms(1000), async {
            n.start_soon("child", async {
                let result = sleep(2000).await;
                say!("sleep: {}", outcome(&result));
                result
            });
            let result = sleep(10_000).await;
            say!("its own sleep: {}", outcome(&result));
            result
        });
        say!("absorbed: {}", yes(done.await?.is_none()));
        Ok(())
    })
    .await
}

// ---- 137

async fn source_and_reason() -> Result<()> {
    let cancelled = CancelScope::new().run_with(async |scope| {
        scope.cancel("enough");
        say!(
            "source {}, reason {}",
            or_none(scope.source()),
            or_none(scope.reason())
        );
        crib::checkpoint().await
    });
    cancelled.await?;
    let late = CancelScope::new()
        .timeout(ms(1000))
        .run_with(async |scope| {
            let result = sleep(10_000).await;
            say!("source {}", or_none(scope.source()));
            result
        });
    late.await?;
    let failed = crib::scope(async |s| {
        s.start_soon("sibling", async {
            let result = crib::sleep_forever().await;
            say!("source {}", or_none(s.cancel_handle().source()));
            result
        });
        s.start_soon("failing", async {
            say!("fails");
            boom()
        });
        Ok(())
    });
    say!("the nursery: {}", outcome(&failed.await));
    Ok(())
}

// ---- 140

async fn no_forged_cancel() -> Result<()> {
    let mut kept = None;
    let scope = CancelScope::new().run_with(async |scope| {
        scope.cancel("enough");
        crib::checkpoint()
            .await
            .inspect_err(|e| kept = Some(e.clone()))
    });
    say!("absorbed: {}", yes(scope.await?.is_none()));
    say!("ends with what it kept");
    kept.map_or(Ok(()), Err)
}
