//! Uses the library as a user's program would: two tasks, a channel, a timeout.

use std::time::Duration;

async fn app() -> crib::Result<i32> {
    let (tx, rx) = crib::channel(1)?;
    let work = crib::nursery(async |n| {
        n.start_soon("producer", async move {
            for i in 1..=3 {
                tx.send(i).await?;
            }
            Ok(())
        });
        let mut sum = 0;
        while let Some(i) = rx.recv().await? {
            sum += i;
        }
        Ok(sum)
    });
    crib::fail_after(Duration::from_secs(60), work).await
}

fn main() -> crib::Result<()> {
    let sum = crib::run(app())?;
    assert_eq!(sum, 6);
    println!("the sum is {sum}");
    Ok(())
}
