//! Ten thousand tasks: all at once, in one thread, and one call that ends them all.

use std::cell::Cell;
use std::time::Duration;

const TASKS: u64 = 10_000;

pub async fn app() -> crib::Result<()> {
    let (begun, woke, ended) = (crib::now(), Cell::new(0), Cell::new(0));
    crib::scope(async |s| {
        let (woke, ended) = (&woke, &ended);
        for i in 0..TASKS {
            s.start_soon("sleeper", async move {
                let result = crib::sleep(Duration::from_millis(i)).await; // the last one 10 seconds
                woke.set(woke.get() + u64::from(result.is_ok()));
                ended.set(ended.get() + 1);
                result
            });
        }
        println!("{} tasks are started", s.count());
        crib::sleep(Duration::from_millis(4999)).await?;
        crib::sleep(Duration::from_micros(500)).await?;
        println!(
            "{} have slept their time, {} still sleep",
            woke.get(),
            s.count()
        );
        s.cancel("that is enough");
        Ok(())
    })
    .await?;
    println!(
        "all {} have ended after {} ms",
        ended.get(),
        (crib::now() - begun).as_millis()
    );
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
