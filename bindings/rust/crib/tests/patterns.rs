//! Several works at once, one work several times.

mod support;

use crib::{CancelScope, CancelToken, Error, ErrorKind, Result, Retry, Ticker, Work};
use std::cell::{Cell, RefCell};
use support::{Alive, Log, ms, quiet_panics, run, took};

async fn gives(n: u64, value: i32) -> Result<i32> {
    crib::sleep(ms(n)).await?;
    Ok(value)
}

async fn fails(n: u64, message: &str) -> Result<i32> {
    crib::sleep(ms(n)).await?;
    Err(Error::msg(message))
}

fn messages(e: &Error) -> Vec<String> {
    e.leaves().map(|e| e.message()).collect()
}

#[test]
fn no_more_are_gathered_at_a_time_than_the_limit_says() {
    for (limit, most) in [(0, 6), (1, 1), (2, 2), (6, 6), (9, 6)] {
        let (now, peak) = (Cell::new(0), Cell::new(0));
        let works = (0..6).map(|_| {
            Work::new("counted", async {
                now.set(now.get() + 1);
                peak.set(peak.get().max(now.get()));
                crib::sleep(ms(10)).await?;
                now.set(now.get() - 1);
                Ok(())
            })
        });
        let works: Vec<_> = works.collect();
        let results = run(crib::gather(limit, works)).unwrap();
        assert_eq!((results.len(), peak.get()), (6, most), "limit {limit}");
    }
}

#[test]
fn nothing_is_gathered_without_works_but_a_cancel_is_seen() {
    let none: [Work<'_, i32>; 0] = [];
    assert!(run(crib::gather(0, none)).unwrap().is_empty());
    let cancelled = run(CancelScope::new().run_with(async |scope| {
        scope.cancel("enough");
        crib::gather(0, [Work::new("never", async { panic!("it runs") as Result<()> })]).await
    }));
    assert!(cancelled.unwrap().is_none());
}

#[test]
fn results_of_a_map_borrow_from_its_items() {
    let words = vec!["one".to_string(), "three".into()];
    let lengths = run(crib::map(1, &words, async |word| {
        crib::checkpoint().await?;
        Ok(word.as_str())
    }));
    assert_eq!(lengths.unwrap(), ["one", "three"]);
}

#[test]
fn a_failure_of_one_that_is_mapped_cancels_the_others() {
    let (result, time) = run(async {
        Ok(took(crib::map(
            0,
            [10, 20, 10_000],
            async |n| {
                if n == 20 { fails(n, "twenty").await } else { gives(n, 0).await }
            },
        ))
        .await)
    })
    .unwrap();
    assert_eq!((messages(&result.unwrap_err()), time), (vec!["twenty".to_string()], ms(20)));
}

#[test]
fn the_first_success_wins_also_over_one_that_ends_in_its_cleanup() {
    let works = [
        Work::new("stubborn", async {
            let _ = crib::sleep_forever().await;
            Ok("too late")
        }),
        Work::new("quick", async {
            crib::sleep(ms(10)).await?;
            Ok("in time")
        }),
    ];
    assert_eq!(run(crib::first_success(works)).unwrap(), (1, "in time"));
}

#[test]
fn if_nobody_succeeds_all_failures_are_there() {
    let works = [Work::new("a", fails(20, "later")), Work::new("b", fails(10, "sooner"))];
    assert_eq!(messages(&run(crib::first_success(works)).unwrap_err()), ["sooner", "later"]);
    let nobody: [Work<'_, ()>; 0] = [];
    assert_eq!(run(crib::first_success(nobody)).unwrap_err().kind(), ErrorKind::Misuse);
}

#[test]
fn a_cancellable_wait_ends_by_the_first_of_work_token_and_time() {
    let race = async |work: u64, token: u64, timeout: u64| {
        let stop = CancelToken::new("stop")?;
        let result = crib::scope(async |s| {
            s.start_soon("trigger", async {
                crib::sleep(ms(token)).await?;
                stop.trigger();
                Ok(())
            });
            let works = [Work::new("work", gives(work, 7))];
            Ok(crib::cancellable_wait(Some(&stop), works, Some(ms(timeout))).await)
        });
        Ok(result.await?.map_err(|e| e.kind()))
    };
    assert_eq!(run(race(10, 20, 30)).unwrap(), Ok((0, 7)));
    assert_eq!(run(race(20, 10, 30)).unwrap(), Err(ErrorKind::TokenFired));
    assert_eq!(run(race(20, 30, 10)).unwrap(), Err(ErrorKind::TooSlow));
}

#[test]
fn results_come_as_they_are_ready_with_a_limit_too() {
    for limit in [0, 1, 2, 9] {
        let log = Log::new();
        let works = [Work::new("a", gives(30, 0)), Work::new("b", fails(10, "b")), Work::new("c", gives(10, 2))];
        let taken = run(crib::as_completed(limit, works, async |results| {
            while let Some((i, result)) = results.next().await? {
                log.add(format!("{i} {}", result.is_ok()));
            }
            assert!(results.next().await?.is_none());
            Ok(())
        }));
        taken.unwrap();
        let expected = match limit {
            1 => ["0 true", "1 false", "2 true"],
            2 => ["1 false", "2 true", "0 true"],
            _ => ["1 false", "2 true", "0 true"],
        };
        assert_eq!(log.lines(), expected, "limit {limit}");
    }
}

#[test]
fn failures_that_nobody_took_are_not_lost() {
    let works = || [Work::new("a", fails(10, "a")), Work::new("b", fails(20, "b")), Work::new("c", gives(9000, 0))];
    let (result, time) = run(async {
        Ok(took(crib::as_completed(0, works(), async |results| {
            let first = results.next().await?;
            assert!(matches!(first, Some((0, Err(_)))));
            crib::sleep(ms(30)).await
        }))
        .await)
    })
    .unwrap();
    assert_eq!((messages(&result.unwrap_err()), time), (vec!["b".to_string()], ms(40)));
    let both = run(crib::as_completed(0, works(), async |_| {
        crib::sleep(ms(15)).await?;
        Err::<(), _>(Error::msg("body"))
    }));
    assert_eq!(messages(&both.unwrap_err()), ["body", "a"]);
}

#[test]
fn a_body_that_has_enough_cancels_what_is_left_and_drops_it() {
    let alive = Alive::new();
    let works: Vec<_> = (0..5)
        .map(|i| {
            let counted = alive.make();
            Work::new("work", async move {
                let _counted = counted;
                crib::sleep(ms(10 * (i + 1))).await?;
                Ok(i)
            })
        })
        .collect();
    let first = run(crib::as_completed(2, works, async |results| Ok(results.next().await?.map(|(i, _)| i))));
    assert_eq!((first.unwrap(), alive.count()), (Some(0), 0));
}

#[test]
fn a_panic_in_a_work_is_an_error_of_the_whole() {
    quiet_panics();
    let panics = || Work::new("panics", async { if true { panic!("on purpose") } else { Ok(1) } });
    assert_eq!(run(crib::gather(0, [panics()])).unwrap_err().kind(), ErrorKind::Panic);
    let taken = run(crib::as_completed(0, [panics()], async |results| results.next().await.map(|_| ())));
    assert_eq!(taken.unwrap_err().kind(), ErrorKind::Panic);
}

#[test]
fn a_retry_waits_longer_each_time_up_to_a_limit_and_keeps_the_last_failure() {
    let (result, times) = run(async {
        let (begun, times) = (crib::now(), RefCell::new(Vec::new()));
        let retry = Retry::new().attempts(5).delay(ms(10)).factor(3.0).most_delay(ms(50));
        let result = retry.run(async || {
            times.borrow_mut().push((crib::now() - begun).as_millis());
            Err::<(), _>(Error::msg(times.borrow().len()))
        });
        let result = result.await;
        Ok((result, times.into_inner()))
    })
    .unwrap();
    assert_eq!((messages(&result.unwrap_err()), times), (vec!["5".to_string()], vec![0, 10, 40, 90, 140]));
    for factor in [f64::NAN, -1.0, 1e300, f64::INFINITY] {
        let retry = Retry::new().attempts(4).delay(ms(10)).factor(factor).most_delay(ms(20));
        let (_, time) = run(async { Ok(took(retry.run(async || Err::<(), _>(Error::msg("no")))).await) }).unwrap();
        assert_eq!(time, if factor > 1.0 { ms(50) } else { ms(30) }, "by {factor}");
    }
}

#[test]
fn a_retry_begins_no_delay_that_reaches_the_deadline_and_passes_a_cancel_on() {
    let (result, time) = run(async {
        let retry = Retry::new().delay(ms(10)).run(async || Err::<(), _>(Error::msg("no")));
        Ok(took(crib::fail_after(ms(35), retry)).await)
    })
    .unwrap();
    assert_eq!((messages(&result.unwrap_err()), time), (vec!["no".to_string()], ms(30)));
    let attempts = Cell::new(0);
    let cancelled = run(crib::move_on_after(
        ms(5),
        Retry::new().run(async || {
            attempts.set(attempts.get() + 1);
            crib::sleep_forever().await
        }),
    ));
    assert_eq!((cancelled.unwrap(), attempts.get()), (None, 1));
}

#[test]
fn a_tick_whose_wait_is_cancelled_is_still_to_come() {
    run(async {
        let mut ticker = Ticker::new(ms(10))?;
        assert!(crib::move_on_after(ms(4), ticker.tick()).await?.is_none());
        let (missed, time) = took(ticker.tick()).await;
        assert_eq!((missed?, time), (0, ms(6)));
        crib::sleep(ms(10)).await?;
        let (missed, time) = took(ticker.tick()).await;
        assert_eq!((missed?, time), (0, ms(0)), "a tick of this very time is seen");
        crib::sleep(ms(21)).await?;
        let (missed, time) = took(ticker.tick()).await;
        assert_eq!((missed?, time), (2, ms(9)));
        Ok(())
    })
    .unwrap();
}
