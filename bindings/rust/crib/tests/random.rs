//! Random programs: nurseries, scopes, timeouts, shields, joins, races and drops inside each other, in random schedules.
//! Whatever happens, nothing is left, nothing is misused, and nothing hangs.

mod support;

use crib::{Error, ErrorKind, MockClock, Nursery, Result, Runtime, Semaphore};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use support::{Alive, Many, either, join, ms, quiet_panics};

/// Small random numbers, the same for a seed.
struct Dice(Cell<u64>);

impl Dice {
    fn roll(&self, sides: u64) -> u64 {
        let mut x = self.0.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.set(x);
        (x >> 16) % sides
    }
}

struct World {
    dice: Dice,
    alive: Alive,
    permits: Semaphore,
}

type Story = Pin<Box<dyn Future<Output = Result<()>>>>;

fn story(w: &Rc<World>, depth: u32) -> Story {
    let w = w.clone();
    let kind = if depth == 0 { w.dice.roll(4) } else { 4 + w.dice.roll(11) };
    let held = w.alive.make();
    Box::pin(async move {
        let _held = held;
        tell(&w, kind, depth.saturating_sub(1)).await
    })
}

async fn tell(w: &Rc<World>, kind: u64, depth: u32) -> Result<()> {
    match kind {
        0 => crib::sleep(ms(w.dice.roll(20))).await,
        1 => {
            for _ in 0..w.dice.roll(5) {
                crib::checkpoint().await?;
            }
            Ok(())
        }
        2 => {
            let _permit = w.permits.acquire().await?;
            crib::sleep(ms(w.dice.roll(3))).await
        }
        3 => match w.dice.roll(12) {
            0 => Err(Error::msg("failed")),
            1 => panic!("on purpose"),
            _ => Ok(()),
        },
        4 | 5 => nursery(w, depth).await,
        6 | 7 => scope(w, depth).await,
        8 => {
            let timeout = ms(w.dice.roll(20));
            crib::move_on_after(timeout, story(w, depth)).await?;
            Ok(())
        }
        9 => {
            let (a, b) = join(story(w, depth), story(w, depth)).await;
            a.and(b)
        }
        10 => {
            either(story(w, depth), crib::sleep(ms(w.dice.roll(10)))).await;
            Ok(())
        }
        11 => {
            let mut many = Many::new();
            for _ in 0..w.dice.roll(4) {
                many.push(story(w, depth));
            }
            many.all().await.into_iter().collect()
        }
        12 => crib::shield(story(w, depth)).await,
        13 => channel(w).await,
        _ => {
            // What fails inside is forgiven, but a cancel of the outside goes on.
            let result = story(w, depth).await;
            crib::check_cancelled().and(if w.dice.roll(2) == 0 { Ok(()) } else { result })
        }
    }
}

async fn nursery(w: &Rc<World>, depth: u32) -> Result<()> {
    crib::nursery(async |n| {
        for _ in 0..w.dice.roll(4) {
            match w.dice.roll(3) {
                0 => n.start_soon("child", story(w, depth)),
                1 => {
                    let rest = story(w, depth);
                    n.start("starts", async move |started| {
                        crib::checkpoint().await?;
                        started.set(());
                        rest.await
                    })
                    .await?;
                }
                _ => {
                    let task = n.spawn("cancelled", story(w, depth));
                    crib::sleep(ms(w.dice.roll(5))).await?;
                    task.cancel("at random");
                }
            }
        }
        if w.dice.roll(4) == 0 {
            n.cancel("at random");
        }
        Ok(())
    })
    .await
}

async fn scope(w: &Rc<World>, depth: u32) -> Result<()> {
    let counted = w.alive.make();
    crib::scope(async |s| {
        for _ in 0..w.dice.roll(4) {
            s.start_soon("borrows", async {
                let _borrowed = &counted;
                crib::move_on_after(ms(w.dice.roll(15)), story(w, depth)).await?;
                Ok(())
            });
        }
        story(w, depth).await
    })
    .await
}

async fn channel(w: &Rc<World>) -> Result<()> {
    let (tx, rx) = crib::channel(w.dice.roll(3) as usize)?;
    let sender = w.clone();
    Nursery::builder()
        .run(async |n| {
            n.start_soon("sends", async move {
                for _ in 0..sender.dice.roll(5) {
                    tx.send(sender.alive.make()).await?;
                }
                Ok(())
            });
            while let Some(_item) = rx.recv().await? {
                crib::sleep(ms(w.dice.roll(3))).await?;
            }
            Ok(())
        })
        .await
}

#[test]
fn random_programs_leave_nothing_behind() {
    quiet_panics();
    let mut ends = [0; 2];
    let programs = std::env::var("PROGRAMS").map_or(300, |n| n.parse().unwrap());
    for seed in 1..=programs {
        let alive = Alive::new();
        let rt = Runtime::builder().mock_clock(MockClock::AutoJump).seed(seed % 3 * seed).build().unwrap();
        let result = rt.run(async {
            let dice = Dice(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            let w = Rc::new(World { dice, alive: alive.clone(), permits: Semaphore::new(2)? });
            let w = &w;
            crib::scope(async |s| {
                for _ in 0..4 {
                    s.start_soon("program", story(w, 4));
                }
                Ok(())
            })
            .await
        });
        assert_eq!(alive.count(), 0, "seed {seed}");
        ends[usize::from(result.is_err())] += 1;
        for leaf in result.err().iter().flat_map(Error::leaves) {
            assert!(
                matches!(leaf.kind(), ErrorKind::User | ErrorKind::Panic | ErrorKind::Aborted),
                "seed {seed}: {leaf:?}"
            );
        }
    }
    assert!(ends.iter().all(|count| *count > 30), "some succeed, some fail: {ends:?}");
}
