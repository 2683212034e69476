//! Cancel scopes: timeouts, shields, soft cancel, handles.

mod support;

use crib::{CancelHandle, CancelScope, CancelState, ErrorKind, Shield, SoftCancel};
use std::cell::Cell;
use std::time::Duration;
use support::{Log, ms, run, took};

#[test]
fn a_timeout_ends_what_is_inside_and_says_so() {
    let (result, time) = run(async { Ok(took(crib::move_on_after(ms(50), crib::sleep_forever())).await) }).unwrap();
    assert_eq!((result.unwrap(), time), (None, ms(50)));
}

#[test]
fn a_result_in_time_is_the_result() {
    assert_eq!(run(crib::move_on_after(ms(50), async { Ok(1) })).unwrap(), Some(1));
    assert_eq!(run(crib::fail_after(ms(50), async { Ok(1) })).unwrap(), 1);
}

#[test]
fn a_failing_timeout_is_too_slow() {
    let e = run(crib::fail_after(ms(50), crib::sleep_forever())).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::TooSlow);
}

#[test]
fn the_outermost_cancelled_scope_takes_the_cancellation_in() {
    let log = Log::new();
    let outer = run(crib::move_on_after(ms(10), async {
        let inner = crib::move_on_after(ms(1000), crib::sleep_forever()).await;
        log.add(inner.as_ref().is_err_and(crib::Error::is_cancelled));
        inner
    }));
    assert!(outer.unwrap().is_none());
    assert_eq!(log.lines(), ["true"]);
}

#[test]
fn cancelled_stays_until_the_scope_is_over() {
    run(crib::move_on_after(Duration::ZERO, async {
        for _ in 0..3 {
            assert!(crib::checkpoint().await.unwrap_err().is_cancelled());
            assert!(crib::check_cancelled().unwrap_err().is_cancelled());
        }
        Ok(())
    }))
    .unwrap();
}

#[test]
fn a_cancelled_error_carries_source_and_reason() {
    run(async {
        CancelScope::new()
            .run_with(async |scope| {
                scope.cancel("not needed");
                let e = crib::check_cancelled().unwrap_err();
                assert!(e.message().contains("not needed"), "{}", e.message());
                assert_eq!(scope.source(), Some("explicit"));
                assert_eq!(scope.reason().as_deref(), Some("not needed"));
                Err::<(), _>(e)
            })
            .await
    })
    .unwrap();
}

#[test]
fn a_forged_cancelled_is_misuse() {
    let e = run(async {
        let mut kept = None;
        crib::move_on_after(Duration::ZERO, async {
            kept = crib::checkpoint().await.err();
            Ok(())
        })
        .await?;
        Err::<(), _>(kept.unwrap())
    })
    .unwrap_err();
    assert_eq!(e.kind(), ErrorKind::Misuse);
}

#[test]
fn a_shield_hides_outer_cancels() {
    let (result, time) = run(async {
        Ok(took(crib::move_on_after(ms(10), async {
            crib::shield(crib::sleep(ms(50))).await?;
            crib::sleep_forever().await
        }))
        .await)
    })
    .unwrap();
    assert!(result.unwrap().is_none());
    assert_eq!(time, ms(50));
}

#[test]
fn a_shield_can_be_lowered() {
    let (_, time) = run(async {
        Ok(took(crib::move_on_after(ms(10), async {
            CancelScope::new()
                .shield(Shield::Full)
                .run_with(async |scope| {
                    crib::sleep(ms(20)).await?;
                    scope.set_shield(false)?;
                    crib::sleep_forever().await
                })
                .await
        }))
        .await)
    })
    .unwrap();
    assert_eq!(time, ms(20));
}

#[test]
fn a_deadline_moves() {
    let (result, time) = run(async {
        Ok(took(CancelScope::new().timeout(ms(10)).run_with(async |scope| {
            scope.set_deadline(crib::now() + ms(30))?;
            crib::sleep_forever().await
        }))
        .await)
    })
    .unwrap();
    assert!(result.unwrap().is_none());
    assert_eq!(time, ms(30));
}

#[test]
fn a_deadline_at_a_time() {
    let (_, time) = run(async {
        let at = crib::now() + ms(25);
        Ok(took(crib::move_on_at(at, crib::sleep_forever())).await)
    })
    .unwrap();
    assert_eq!(time, ms(25));
}

#[test]
fn the_current_scope_is_the_innermost_one() {
    run(async {
        let outer = CancelHandle::current()?;
        CancelScope::new()
            .run_with(async |scope| {
                assert_eq!(CancelHandle::current()?, scope);
                crib::nursery(async |n| {
                    assert_eq!(CancelHandle::current()?, n.cancel_handle());
                    Ok(())
                })
                .await
            })
            .await?;
        assert_eq!(CancelHandle::current()?, outer);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_handle_of_a_scope_that_is_over_has_no_effect() {
    run(async {
        let mut kept = None;
        CancelScope::new()
            .run_with(async |scope| {
                kept = Some(scope);
                Ok(())
            })
            .await?;
        let kept = kept.unwrap();
        kept.cancel("too late");
        assert_eq!(kept.state(), CancelState::Closed);
        assert_eq!(kept.set_deadline(crib::now()).unwrap_err().kind(), ErrorKind::Misuse);
        crib::checkpoint().await
    })
    .unwrap();
}

#[test]
fn a_soft_cancel_gives_cleanup_its_grace() {
    let log = Log::new();
    let (_, time) = run(async {
        Ok(took(CancelScope::new().run_with(async |scope| {
            scope.cancel_soft(SoftCancel::Interrupt, ms(100), "finish up")?;
            assert_eq!(scope.remaining_grace(), Some(ms(100)));
            let ended = crib::sleep_forever().await;
            log.add(ended.is_err());
            log.add(crib::soft_shield(crib::sleep(ms(30))).await.is_ok());
            log.add(crib::soft_shield(crib::sleep(ms(100))).await.is_ok()); // longer than the grace
            ended
        }))
        .await)
    })
    .unwrap();
    assert_eq!(log.lines(), ["true", "true", "false"]);
    assert_eq!(time, ms(100));
}

#[test]
fn a_drain_ends_graceful_regions_alone() {
    let finished = Cell::new(0);
    run(async {
        crib::scope(async |s| {
            s.start_soon("accepts", async {
                assert!(crib::graceful(crib::sleep_forever()).await?.is_none());
                Ok(())
            });
            s.start_soon("serves", async {
                crib::sleep(ms(50)).await?;
                finished.set(finished.get() + 1);
                Ok(())
            });
            crib::sleep(ms(10)).await?;
            s.cancel_handle().cancel_soft(SoftCancel::Drain, ms(1000), "closing")
        })
        .await
    })
    .unwrap();
    assert_eq!(finished.get(), 1);
}

#[test]
fn linked_scopes_follow() {
    run(async {
        CancelScope::new()
            .run_with(async |source| {
                CancelScope::new()
                    .shield(Shield::Full)
                    .run_with(async |target| {
                        source.link(&target)?;
                        source.cancel("x");
                        assert!(target.is_cancelled());
                        assert_eq!(target.source(), Some("link"));
                        Ok(())
                    })
                    .await
            })
            .await
    })
    .unwrap();
}

#[test]
fn a_scope_around_a_child_is_not_the_parents() {
    run(async {
        let result = crib::move_on_after(
            ms(50),
            crib::nursery(async |n| {
                n.start_soon("child", async {
                    assert!(crib::move_on_after(ms(10), crib::sleep_forever()).await?.is_none());
                    Ok(())
                });
                crib::sleep(ms(20)).await
            }),
        )
        .await?;
        assert!(result.is_some());
        Ok(())
    })
    .unwrap();
}

#[test]
fn dropping_a_scope_closes_it() {
    run(async {
        for _ in 0..3 {
            let scope = crib::move_on_after(ms(100), crib::sleep_forever());
            assert!(matches!(support::either(scope, crib::checkpoint()).await, support::Either::Right(Ok(()))));
        }
        crib::sleep(ms(200)).await
    })
    .unwrap();
}

#[test]
fn a_scope_of_a_scoped_child_is_dropped_by_its_parent() {
    run(async {
        let children = crib::scope(async |s| {
            s.start_soon("child", async {
                crib::move_on_after(ms(100), crib::sleep_forever()).await?;
                Ok(())
            });
            crib::sleep_forever().await
        });
        // Dropped by this task, and closed all the same.
        assert!(matches!(support::either(children, crib::sleep(ms(1))).await, support::Either::Right(Ok(()))));
        crib::sleep(ms(200)).await
    })
    .unwrap();
}

#[test]
fn the_effective_deadline_is_that_of_the_future_that_asks() {
    let asks = async |timeout: u64| {
        let begun = crib::now();
        crib::move_on_after(ms(timeout), async {
            crib::checkpoint().await?;
            assert_eq!(crib::effective_deadline()?, begun + ms(timeout));
            crib::shield(async {
                assert_eq!(crib::effective_deadline()?, crib::Instant::FOREVER);
                Ok(())
            })
            .await
        })
        .await
    };
    run(async {
        let (a, b) = support::join(asks(10), asks(20)).await;
        assert!(a?.is_some() && b?.is_some());
        let mut many = support::Many::new();
        for n in 1..4 {
            many.push(crib::scope(async move |s| {
                let child = s.spawn("child", asks(10 * n));
                asks(7 * n).await?;
                child.join().await
            }));
        }
        assert!(many.all().await.iter().all(|r| matches!(r, Ok(Some(())))));
        Ok(())
    })
    .unwrap();
    assert!(crib::effective_deadline().is_err(), "outside tasks");
}

#[test]
fn a_scope_tells_that_it_took_a_cancel_in_although_a_failure_goes_on() {
    let (result, caught) = run(async {
        Ok(CancelScope::new()
            .run_caught(async |scope| {
                crib::nursery(async |n| {
                    n.start_soon("cancelled", crib::sleep_forever());
                    n.start_soon("failing", async {
                        let _ = crib::sleep_forever().await;
                        Err(crib::Error::msg("boom"))
                    });
                    crib::checkpoint().await?;
                    scope.cancel("enough");
                    Ok(())
                })
                .await
            })
            .await)
    })
    .unwrap();
    let error = result.unwrap_err();
    assert_eq!((error.leaves().count(), error.message().is_empty(), caught), (1, false, true));
}
