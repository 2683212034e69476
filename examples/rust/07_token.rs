//! Token: a "stop" that is handed to whom it concerns, instead of reaching everything in a block. Here each
//! connection has a token of its own, chained with that of the whole service: either one stops it. A thread that
//! knows nothing of tasks stops the service.

use crib::{CancelToken, ErrorKind};
use std::time::Duration;

/// Asks now and then, as a loop that computes would.
async fn polls(closed: CancelToken) -> crib::Result<()> {
    loop {
        if let Err(e) = closed.check() {
            let which = closed.triggered_by().expect("it was triggered");
            println!("first: {e} (it was \"{}\")", which.name());
            return Ok(());
        }
        crib::sleep(Duration::from_millis(1)).await?;
    }
}

/// Runs its work under the token, so that every wait inside ends.
async fn waits(closed: CancelToken) -> crib::Result<()> {
    let result = closed.guard(crib::sleep_forever()).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenFired);
    println!("second: {error}");
    Ok(())
}

pub async fn app() -> crib::Result<()> {
    let service = CancelToken::external("service")?; // the run may wait for it alone
    let own = CancelToken::new("connection 1")?;
    let first_closed = CancelToken::chain(&own, &service)?;
    println!("the chain is called \"{}\"", first_closed.name());
    crib::nursery(async |n| {
        let first = n.spawn("first", polls(first_closed));
        n.start_soon("second", waits(service.clone()));
        crib::sleep(Duration::from_millis(10)).await?;
        own.trigger(); // stops the first, and no other
        first.join().await?;
        println!("service triggered: {}", service.is_triggered());
        let remote = service.clone();
        let operator = std::thread::spawn(move || remote.trigger()); // from any thread
        service.wait().await?;
        operator.join().expect("the thread does not panic");
        println!("service triggered: {}", service.is_triggered());
        Ok(())
    })
    .await
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
