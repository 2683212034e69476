//! 0xx (S4.8 to S4.13), 8xx: compositions.

use crate::stage::*;
use crib::{CancelToken, ErrorKind, Result, Retry, Ticker, Work};

scenarios! {
    58 => cancellable_wait_times_out,
    59 => cancellable_wait_triggered,
    60 => first_result,
    61 => triggered_beats_success,
    62 => failure_beats_triggered,
    63 => cancelled_from_outside,
    820 => gather,
    821 => gather_fails,
    822 => first_success,
    823 => as_completed,
    824 => retry,
    825 => ticker,
    826 => map,
}

// ---- works

async fn does(n: u64, gives: i32) -> Result<i32> {
    sleep(n).await?;
    say!("ends");
    Ok(gives)
}

fn slow<'a>() -> Work<'a, i32> {
    Work::new("slow", async {
        sleep_and_tell(10_000).await?;
        Ok(0)
    })
}

fn quick<'a>() -> Work<'a, i32> {
    Work::new("quick", does(1000, 1))
}

fn fails<'a>() -> Work<'a, i32> {
    Work::new("fails", async {
        fails_after(500).await?;
        Ok(0)
    })
}

fn tell(result: &Result<(usize, i32)>) {
    match result {
        Ok((number, value)) => say!("number {number} gave {value}"),
        Err(e) if e.kind() == ErrorKind::TokenFired => say!("{}, {}", text(e), e.message()),
        Err(e) => say!("{}", text(e)),
    }
}

// ---- 058 to 063

async fn cancellable_wait_times_out() -> Result<()> {
    tell(&crib::cancellable_wait(None, [slow()], Some(ms(100))).await);
    Ok(())
}

async fn cancellable_wait_triggered() -> Result<()> {
    let token = CancelToken::new("demo")?;
    crib::scope(async |s| {
        s.start_soon("other", async {
            sleep(1000).await?;
            say!("triggers");
            token.trigger();
            Ok(())
        });
        tell(&crib::cancellable_wait(Some(&token), [slow()], None).await);
        Ok(())
    })
    .await
}

async fn first_result() -> Result<()> {
    tell(&crib::cancellable_wait(None, [slow(), quick()], None).await);
    Ok(())
}

fn triggered() -> Result<CancelToken> {
    let token = CancelToken::new("demo")?;
    token.trigger();
    Ok(token)
}

async fn triggered_beats_success() -> Result<()> {
    let at_once = Work::new("at once", async {
        say!("ends");
        Ok(0)
    });
    tell(&crib::cancellable_wait(Some(&triggered()?), [at_once], None).await);
    Ok(())
}

async fn failure_beats_triggered() -> Result<()> {
    let fails = Work::new("fails", async {
        say!("fails");
        boom()
    });
    tell(&crib::cancellable_wait(Some(&triggered()?), [fails], None).await);
    Ok(())
}

async fn cancelled_from_outside() -> Result<()> {
    let token = CancelToken::new("demo")?;
    let done = crib::move_on_after(ms(1000), async {
        let result = crib::cancellable_wait(Some(&token), [slow()], None).await;
        tell(&result);
        result
    });
    say!("absorbed: {}", yes(done.await?.is_none()));
    Ok(())
}

// ---- 820 to 823

fn list(numbers: impl IntoIterator<Item = impl ToString>) -> String {
    numbers
        .into_iter()
        .map(|n| n.to_string())
        .collect::<Vec<_>>()
        .join(" ")
}

async fn gather() -> Result<()> {
    let works = [
        Work::new("a", does(300, 1)),
        Work::new("b", does(100, 2)),
        Work::new("c", does(100, 3)),
    ];
    say!("{}", list(crib::gather(2, works).await?));
    Ok(())
}

async fn gather_fails() -> Result<()> {
    say!("{}", outcome(&crib::gather(0, [slow(), fails()]).await));
    Ok(())
}

async fn first_success() -> Result<()> {
    tell(&crib::first_success([fails(), quick(), slow()]).await);
    Ok(())
}

async fn as_completed() -> Result<()> {
    let works = [
        Work::new("a", does(300, 1)),
        Work::new("b", does(100, 2)),
        fails(),
    ];
    crib::as_completed(0, works, async |results| {
        while let Some((number, result)) = results.next().await? {
            match result {
                Ok(value) => say!("number {number} gave {value}"),
                Err(e) => say!("number {number}: {}", text(&e)),
            }
        }
        say!("CRIB_EENDOFCHANNEL");
        Ok(())
    })
    .await
}

// ---- 824 to 826

async fn retry() -> Result<()> {
    let mut attempts = Vec::new();
    let result = Retry::new().delay(ms(100)).run(async || {
        attempts.push(time());
        if attempts.len() < 3 { boom() } else { Ok(()) }
    });
    let result = outcome(&result.await);
    say!("{result}, attempts at {}", list(attempts));
    Ok(())
}

async fn ticker() -> Result<()> {
    let mut ticker = Ticker::new(ms(100))?;
    for pause in [250, 50, 0] {
        say!("missed {}", ticker.tick().await?);
        sleep(pause).await?;
    }
    Ok(())
}

async fn map() -> Result<()> {
    let squares = crib::map(2, 0..4, async |i| {
        sleep(100).await?;
        Ok(i * i)
    });
    say!("{}", list(squares.await?));
    Ok(())
}
