//! 0xx: cancel tokens (S4).

use crate::stage::*;
use crib::{CancelScope, CancelToken, Result};

scenarios! {
    51 => token_has_a_name,
    52 => run_and_cancel,
    53 => chain,
    54 => trigger_a_chain,
    55 => which_token,
    56 => look_at_a_token,
    57 => wait_for_a_token,
    67 => tokens_and_scopes,
}

// ---- 051, 052

async fn token_has_a_name() -> Result<()> {
    let token = CancelToken::new("demo")?;
    say!("{}, triggered: {}", token.name(), yes(token.is_triggered()));
    Ok(())
}

async fn run_and_cancel() -> Result<()> {
    let token = CancelToken::new("demo")?;
    crib::scope(async |s| {
        s.start_soon("worker", async {
            say!("started task");
            token.wait().await?;
            say!("task cancelled");
            Ok(())
        });
        sleep(1000).await?;
        say!("triggers");
        token.trigger();
        Ok(())
    })
    .await
}

// ---- 053, 054, 055

fn chained(first: &str, second: &str) -> Result<(CancelToken, CancelToken, CancelToken)> {
    let (first, second) = (CancelToken::new(first)?, CancelToken::new(second)?);
    let chain = CancelToken::chain(&first, &second)?;
    Ok((first, second, chain))
}

fn tell_which(chain: &CancelToken) {
    say!(
        "triggered by {}",
        or_none(chain.triggered_by().map(|t| t.name()))
    );
}

async fn chain() -> Result<()> {
    let (_first, part, chain) = chained("token-b", "token-a")?;
    say!("the chain is {}", chain.name());
    say!(
        "before: part {}, chain {}",
        yes(part.is_triggered()),
        yes(chain.is_triggered())
    );
    part.trigger();
    say!(
        "after: part {}, chain {}",
        yes(part.is_triggered()),
        yes(chain.is_triggered())
    );
    tell_which(&chain);
    Ok(())
}

async fn trigger_a_chain() -> Result<()> {
    let (x, y, chain) = chained("x", "y")?;
    chain.trigger();
    say!(
        "x {}, y {}, chain {}",
        yes(x.is_triggered()),
        yes(y.is_triggered()),
        yes(chain.is_triggered())
    );
    tell_which(&chain);
    Ok(())
}

async fn which_token() -> Result<()> {
    let (x, y, chain) = chained("x", "y")?;
    tell_which(&chain);
    y.trigger();
    tell_which(&chain);
    x.trigger();
    tell_which(&chain);
    Ok(())
}

// ---- 056

async fn looks(token: &CancelToken) -> Result<()> {
    while !token.is_triggered() {
        sleep(100).await?;
    }
    say!("ends");
    Ok(())
}

async fn checks(token: &CancelToken) -> Result<()> {
    let until_triggered = async {
        loop {
            token.check()?;
            sleep(100).await?;
        }
    };
    let result: Result<()> = until_triggered.await;
    if let Err(e) = result {
        say!("{}, {}", text(&e), e.message());
    }
    Ok(())
}

async fn look_at_a_token() -> Result<()> {
    let token = CancelToken::new("demo")?;
    crib::scope(async |s| {
        s.start_soon("looks", looks(&token));
        s.start_soon("checks", checks(&token));
        sleep(250).await?;
        say!("triggers");
        token.trigger();
        Ok(())
    })
    .await
}

// ---- 057

async fn waits(token: &CancelToken) -> Result<()> {
    let result = token.wait().await;
    say!("{}", outcome(&result));
    result
}

async fn wait_for_a_token() -> Result<()> {
    let (token, _other, chain) = chained("demo", "another")?;
    crib::scope(async |s| {
        s.start_soon("alone", waits(&token));
        s.start_soon("also", waits(&token));
        s.start_soon("chain", async {
            chain.wait().await?;
            sleep_and_tell(100).await
        });
        s.start_soon("timed", async {
            crib::move_on_after(ms(500), waits(&token))
                .await
                .map(|_| ())
        });
        sleep(1000).await?;
        say!("triggers");
        token.trigger();
        say!("waiting afterwards: {}", outcome(&token.wait().await));
        Ok(())
    })
    .await
}

// ---- 067

async fn tokens_and_scopes() -> Result<()> {
    let token = CancelToken::new("demo")?;
    crib::scope(async |s| {
        s.start_soon("helper", async {
            sleep(1000).await?;
            say!("triggers");
            token.trigger();
            Ok(())
        });
        let linked = CancelScope::new().run_with(async |scope| {
            scope.link_token(&token)?;
            let result = sleep(10_000).await;
            say!("sleep: {}", outcome(&result));
            say!(
                "source {}, reason {}",
                or_none(scope.source()),
                or_none(scope.reason())
            );
            result
        });
        say!("absorbed: {}", yes(linked.await?.is_none()));
        CancelScope::new()
            .run_with(async |scope| {
                let token = CancelToken::of_scope(&scope, "of a scope")?;
                say!("the scope's token: {}", yes(token.is_triggered()));
                scope.cancel("enough");
                say!("the scope's token: {}", yes(token.is_triggered()));
                Ok(())
            })
            .await?;
        Ok(())
    })
    .await
}
