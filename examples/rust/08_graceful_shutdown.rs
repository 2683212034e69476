//! Graceful shutdown: a server takes no new request and stops waiting for one at once, requests being handled may go
//! on, and what is not done after the grace time is cancelled. The server's code asks for this in one place: the wait
//! for the next request is `graceful`.

use crib::{CancelScope, Nursery, Receiver, Sender, SoftCancel};
use std::time::Duration;

async fn handle(n: u64) -> crib::Result<()> {
    let result = crib::sleep(Duration::from_millis(50 * n)).await; // request 1 takes 50 ms, request 2 100 ms, …
    println!(
        "request {n}: {}",
        if result.is_ok() {
            "answered"
        } else {
            "cut off"
        }
    );
    result
}

async fn serve(requests: Receiver<u64>, handlers: Nursery) -> crib::Result<()> {
    while let Some(request) = crib::graceful(requests.recv()).await? {
        let Some(n) = request else { return Ok(()) };
        println!("request {n}: accepted");
        handlers.start_soon("handler", handle(n));
    }
    println!("server: takes no more");
    Ok(())
}

async fn client(tx: Sender<u64>) -> crib::Result<()> {
    for n in (1..=9).step_by(2) {
        if tx.send(n).await.is_err() {
            break; // the server has gone
        }
        crib::sleep(Duration::from_millis(20)).await?;
    }
    Ok(())
}

pub async fn app() -> crib::Result<()> {
    let done = CancelScope::new() // the whole service
        .run_with(async |service| {
            crib::nursery(async |n| {
                let (tx, rx) = crib::channel(0)?;
                n.start_soon("server", serve(rx, n.clone()));
                n.start_soon("client", client(tx.clone())); // there may be more clients: this end stays open
                crib::sleep(Duration::from_millis(130)).await?; // until somebody asks it to stop: a signal, a command, …
                println!("shutting down, 200 ms of grace");
                service.cancel_soft(SoftCancel::Drain, Duration::from_millis(200), "maintenance")
            })
            .await
        })
        .await?;
    println!(
        "{}",
        if done.is_some() {
            "every request was answered"
        } else {
            "some requests were cut off"
        }
    );
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
