//! 1xx: deadlines and shields.

use crate::stage::*;
use crib::{CancelHandle, CancelScope, Instant, Result, Shield};
use std::cell::Cell;

scenarios! {
    106 => two_deadlines_at_once,
    115 => deadline_moves,
    116 => deadline_ends_with_scope,
    117 => expiry_is_final,
    120 => timeout_counts_from_entry,
    123 => cancelled_by_the_clock,
    124 => entered_too_late,
    126 => shield,
    127 => shield_goes_up_and_down,
    129 => unshielded_on_the_way,
    130 => effective_deadline,
    150 => bounded_cleanup,
}

fn within(n: u64) -> CancelScope {
    CancelScope::new().timeout(ms(n))
}

fn shielded() -> CancelScope {
    CancelScope::new().shield(Shield::Full)
}

// ---- 106

async fn two_deadlines_at_once() -> Result<()> {
    let called = Cell::new([false; 2]);
    let outer = within(1000).run_caught(async |outer| {
        let inner = within(1000).run_caught(async |inner| {
            let result = sleep(10_000).await;
            called.set([inner.is_cancelled(), outer.is_cancelled()]);
            result
        });
        let (result, caught) = inner.await;
        say!(
            "inner: cancelled {}, absorbed {}",
            yes(called.get()[0]),
            yes(caught)
        );
        result
    });
    let (result, caught) = outer.await;
    say!(
        "outer: cancelled {}, absorbed {}",
        yes(called.get()[1]),
        yes(caught)
    );
    result.map(|_| ())
}

// ---- 115

async fn sleeps_long(what: &str) -> Result<()> {
    let result = sleep(10_000).await;
    say!("{what}: {}", outcome(&result));
    result
}

async fn deadline_moves() -> Result<()> {
    let to_later = within(1000).run_with(async |scope| {
        scope.set_deadline(crib::now() + ms(3000))?;
        sleeps_long("to later").await
    });
    to_later.await?;
    crib::nursery(async |n| {
        let into_the_past = within(10_000).run_with(async |scope| {
            n.start_soon("helper", async move {
                sleep(500).await?;
                scope.set_deadline(crib::now() - ms(1))
            });
            sleeps_long("into the past").await
        });
        into_the_past.await?;
        Ok(())
    })
    .await?;
    let taken_away = within(1000).run_with(async |scope| {
        scope.set_deadline(Instant::FOREVER)?;
        say!("taken away: {}", outcome(&sleep(2000).await));
        Ok(())
    });
    taken_away.await?;
    Ok(())
}

// ---- 116

async fn deadline_ends_with_scope() -> Result<()> {
    let done = crib::move_on_after(ms(1000), sleep(500)).await?;
    say!("closed, absorbed: {}", yes(done.is_none()));
    say!("slept past the deadline: {}", outcome(&sleep(1500).await));
    Ok(())
}

// ---- 117

async fn expiry_is_final() -> Result<()> {
    let late = within(1000).run_with(async |scope| {
        say!("sleep: {}", outcome(&sleep(10_000).await));
        say!("source {}, moves the deadline", or_none(scope.source()));
        scope.set_deadline(crib::now() + ms(10_000))?;
        let result = crib::checkpoint().await;
        say!("checkpoint: {}", outcome(&result));
        result
    });
    say!("absorbed: {}", yes(late.await?.is_none()));
    Ok(())
}

// ---- 120

async fn sleeps_until_moved_on() -> Result<()> {
    crib::move_on_after(ms(2000), crib::sleep_forever()).await?;
    say!("moved on");
    Ok(())
}

async fn timeout_counts_from_entry() -> Result<()> {
    sleeps_until_moved_on().await?;
    sleep(1000).await?;
    say!("once more");
    sleeps_until_moved_on().await
}

// ---- 123

async fn cancelled_by_the_clock() -> Result<()> {
    let scope = within(1000).run_with(async |scope| {
        compute(999)?;
        say!("cancelled: {}", yes(scope.is_cancelled()));
        compute(1)?;
        say!("cancelled: {}", yes(scope.is_cancelled()));
        scope.set_deadline(crib::now() + ms(10_000))?;
        say!("with a later deadline: {}", yes(scope.is_cancelled()));
        let result = crib::checkpoint().await;
        say!("checkpoint: {}", outcome(&result));
        result
    });
    scope.await.map(|_| ())
}

// ---- 124

async fn looks_inside(scope: CancelScope) -> Result<()> {
    let looks = scope.run(async {
        say!("inside");
        let result = crib::checkpoint().await;
        say!("checkpoint: {}", outcome(&result));
        result
    });
    say!("absorbed: {}", yes(looks.await?.is_none()));
    Ok(())
}

async fn entered_too_late() -> Result<()> {
    sleep(1000).await?;
    looks_inside(CancelScope::new().deadline(crib::now() - ms(1000))).await?;
    looks_inside(within(0)).await
}

// ---- 126

async fn in_shields() -> Result<()> {
    say!(
        "shielded sleep: {}",
        outcome(&crib::shield(sleep(2000)).await)
    );
    say!(
        "checkpoint behind it: {}",
        outcome(&crib::checkpoint().await)
    );
    let bounded = shielded().timeout(ms(500)).run(async {
        let result = crib::sleep_forever().await;
        say!("sleep in a shield with a timeout: {}", outcome(&result));
        result
    });
    say!(
        "absorbed by the shielded scope: {}",
        yes(bounded.await?.is_none())
    );
    let result = crib::checkpoint().await;
    say!("checkpoint behind it: {}", outcome(&result));
    result
}

async fn shield() -> Result<()> {
    let done = crib::move_on_after(ms(1000), in_shields()).await?;
    say!("absorbed by the outer scope: {}", yes(done.is_none()));
    Ok(())
}

// ---- 127

async fn up_and_down() -> Result<()> {
    let outer = CancelScope::new().run_with(async |outer| {
        let inner = CancelScope::new().run_with(async |inner| {
            outer.cancel("enough");
            say!("shield down: {}", outcome(&crib::checkpoint().await));
            inner.set_shield(true)?;
            say!("shield up: {}", outcome(&crib::checkpoint().await));
            inner.set_shield(false)?;
            let result = crib::checkpoint().await;
            say!("shield down: {}", outcome(&result));
            result
        });
        inner.await
    });
    outer.await.map(|_| ())
}

async fn sleeps_in_a_shield(scopes: &Cell<Option<[CancelHandle; 2]>>) -> Result<()> {
    let outer = CancelScope::new().run_caught(async |outer| {
        let inner = shielded().run_caught(async |inner| {
            scopes.set(Some([outer, inner]));
            let result = crib::sleep_forever().await;
            say!("sleep: {}", outcome(&result));
            result
        });
        let (result, caught) = inner.await;
        say!("inner: {}", yes(caught));
        result
    });
    let (result, caught) = outer.await;
    say!("outer: {}", yes(caught));
    result.map(|_| ())
}

async fn shield_goes_up_and_down() -> Result<()> {
    up_and_down().await?;
    let scopes = Cell::new(None);
    crib::scope(async |s| {
        s.start_soon("child", sleeps_in_a_shield(&scopes));
        s.start_soon("helper", async {
            sleep(500).await?;
            let Some([outer, inner]) = scopes.get() else {
                return boom();
            };
            say!("cancels");
            outer.cancel("enough");
            sleep(500).await?;
            say!("lowers the shield");
            inner.set_shield(false)
        });
        Ok(())
    })
    .await
}

// ---- 129

async fn unshielded_on_the_way() -> Result<()> {
    let outer = CancelScope::new().run_caught(async |outer| {
        let inner = shielded().run_caught(async |inner| {
            outer.cancel("outer's");
            inner.cancel("inner's");
            let result = crib::checkpoint().await;
            say!("checkpoint: {}", outcome(&result));
            inner.set_shield(false)?;
            result
        });
        let (result, caught) = inner.await;
        say!("inner: {}", yes(caught));
        result
    });
    let (result, caught) = outer.await;
    say!("outer: {}", yes(caught));
    result.map(|_| ())
}

// ---- 130

async fn deadline_in(what: &str, scope: CancelScope) -> Result<()> {
    let look = scope.run(async {
        say!("{what}: {}", deadline(crib::effective_deadline()?));
        Ok(())
    });
    look.await.map(|_| ())
}

async fn effective_deadline() -> Result<()> {
    say!("no scope: {}", deadline(crib::effective_deadline()?));
    let outer = within(5000).run_with(async |outer| {
        say!("5 s: {}", deadline(crib::effective_deadline()?));
        deadline_in("2 s inside", within(2000)).await?;
        deadline_in("9 s inside", within(9000)).await?;
        deadline_in("a shield inside", shielded()).await?;
        deadline_in("a shield of 9 s inside", shielded().timeout(ms(9000))).await?;
        outer.cancel("enough");
        say!("cancelled: {}", deadline(crib::effective_deadline()?));
        Ok(())
    });
    outer.await.map(|_| ())
}

// ---- 150

async fn connection(goodbye: u64) -> Result<()> {
    let result = crib::sleep_forever().await;
    say!("closes");
    let said = shielded().timeout(ms(500)).run(sleep(goodbye)).await?;
    say!("said goodbye: {}", yes(said.is_some()));
    result
}

async fn bounded_cleanup() -> Result<()> {
    let connections = crib::nursery(async |n| {
        n.start_soon("quick", connection(100));
        n.start_soon("slow", connection(10_000));
        Ok(())
    });
    let done = crib::move_on_after(ms(1000), connections).await?;
    say!("timed out: {}", yes(done.is_none()));
    Ok(())
}
