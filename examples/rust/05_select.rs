//! Select: it waits for several things at once and does exactly one of them; the others leave no trace.

use crib::{Select, Sender};
use std::time::Duration;

async fn ticks(tx: Sender<u32>, every: Duration, count: u32) -> crib::Result<()> {
    for i in 1..=count {
        crib::sleep(every).await?;
        tx.send(i).await?;
    }
    Ok(())
}

enum Seen {
    Fast(Option<u32>),
    Slow(Option<u32>),
    Nothing,
}

pub async fn app() -> crib::Result<()> {
    crib::nursery(async |n| {
        let (fast_tx, fast) = crib::channel(0)?;
        let (slow_tx, slow) = crib::channel(0)?;
        n.start_soon("fast", ticks(fast_tx, Duration::from_millis(30), 4));
        n.start_soon("slow", ticks(slow_tx, Duration::from_millis(100), 2));
        let (mut fast_goes_on, mut slow_goes_on) = (true, true);
        while fast_goes_on || slow_goes_on {
            let mut select = Select::new();
            if fast_goes_on {
                select = select.recv(&fast, |tick| Ok(Seen::Fast(tick?)));
            }
            if slow_goes_on {
                select = select.recv(&slow, |tick| Ok(Seen::Slow(tick?)));
            }
            let bored = crib::now() + Duration::from_millis(50);
            match select.deadline(bored, || Ok(Seen::Nothing)).wait().await? {
                Seen::Fast(Some(i)) => println!("fast tick {i}"),
                Seen::Slow(Some(i)) => println!("slow tick {i}"),
                Seen::Nothing => println!("nothing for 50 ms"),
                Seen::Fast(None) => fast_goes_on = false,
                Seen::Slow(None) => slow_goes_on = false,
            }
        }
        Ok(())
    })
    .await?;

    // A value that was not sent comes back.
    let (tx, _rx) = crib::channel(0)?;
    let stop = crib::CancelToken::new("stop")?;
    stop.trigger();
    let mut letter = Some("a letter that nobody takes".to_string());
    let sent = Select::new()
        .send(&tx, &mut letter, |sent| sent.map(|()| true))
        .token(&stop, || Ok(false));
    println!(
        "sent: {}, still here: {letter}",
        sent.wait().await?,
        letter = letter.unwrap_or_default()
    );
    Ok(())
}

fn main() -> crib::Result<()> {
    crib::run(app())
}
