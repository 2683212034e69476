//! Two tasks: they take turns. A task is started in a nursery, and the block that opened the nursery does not end
//! before all of its tasks have: no task is left behind, whatever happens.

use std::time::Duration;

async fn count(name: &str, pause: Duration) -> crib::Result<()> {
    for i in 1..=3 {
        println!("{name}: {i}");
        crib::sleep(pause).await?; // the other one runs meanwhile
    }
    Ok(())
}

pub async fn app() -> crib::Result<()> {
    crib::nursery(async |n| {
        n.start_soon("ann", count("ann", Duration::from_millis(200)));
        n.start_soon("bob", count("bob", Duration::from_millis(300)));
        println!("both are started, and run when this block waits");
        Ok(())
    })
    .await?;
    println!("both have ended");

    // In a scope the tasks may borrow what lives around it.
    let words = ["one", "two", "three"];
    let letters = crib::scope(async |s| {
        let first = s.spawn("first", async { Ok(words[0].len()) });
        let rest = s.spawn("rest", async {
            Ok(words[1..].iter().map(|w| w.len()).sum::<usize>())
        });
        Ok(first.join().await? + rest.join().await?)
    })
    .await?;
    println!("{letters} letters in {words:?}");
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
