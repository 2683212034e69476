//! Timeout: a scope. Everything inside a scope with a deadline ends when the deadline passes; no function takes a
//! timeout of its own. `move_on_after` goes on silently, `fail_after` fails, and scopes nest: the shorter one wins.

use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(60);

/// Says when it goes, however it goes.
struct Bye(&'static str);

impl Drop for Bye {
    fn drop(&mut self) {
        println!("  {} ends", self.0);
    }
}

/// Knows nothing about timeouts, and needs not: `?` passes the cancellation on.
async fn slow_work(name: &'static str) -> crib::Result<()> {
    println!("  {name} begins");
    let _bye = Bye(name);
    crib::sleep(LONG).await?;
    println!("  {name} is done");
    Ok(())
}

pub async fn app() -> crib::Result<()> {
    println!("move on after 50 ms:");
    let result = crib::move_on_after(SHORT, slow_work("first")).await?;
    println!("  timed out: {}", result.is_none());

    println!("fail after 50 ms:");
    let error = crib::fail_after(SHORT, slow_work("second"))
        .await
        .unwrap_err();
    println!("  {:?}: {error}", error.kind());

    println!("in time:");
    let answer = crib::fail_after(LONG, async {
        crib::sleep(Duration::from_millis(10)).await?;
        Ok(42)
    })
    .await?;
    println!("  the answer is {answer}");

    println!("a long one inside a short one:");
    let result = crib::move_on_after(SHORT, async {
        let inner = crib::move_on_after(LONG, slow_work("third")).await;
        println!(
            "  the inner one passes on what is not its own: {}",
            inner.is_err()
        );
        inner
    })
    .await?;
    println!("  the outer one timed out: {}", result.is_none());

    println!("cleanup that has to wait:");
    crib::move_on_after(SHORT, async {
        let result = crib::sleep_forever().await;
        crib::shield(crib::sleep(Duration::from_millis(5))).await?; // no cancel comes in here
        println!("  said goodbye");
        result
    })
    .await?;
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
