//! The workloads in the Rust binding, beside a bare executor. `rust_peer` prints lines "<row><TAB><ns>" for the table of
//! languages; `rust_peer peers` lines "<workload> <ns>", as every peer does.

mod bare;

use crib::Result;
use std::cell::Cell;
use std::ffi::c_int;
use std::rc::Rc;

#[repr(C)]
struct Timespec {
    sec: i64,
    nsec: i64,
}

unsafe extern "C" {
    fn clock_gettime(clock: c_int, out: *mut Timespec) -> c_int;
}

/// CPU time of the process.
fn cpu() -> i64 {
    const CLOCK_PROCESS_CPUTIME_ID: c_int = 2;
    let mut t = Timespec { sec: 0, nsec: 0 };
    // SAFETY: fills in the struct, which is that of 64-bit systems.
    unsafe { clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.sec * 1_000_000_000 + t.nsec
}

/// Runs a workload once to warm up, once for its time: ns an operation.
fn measured(ops: usize, run: impl Fn(usize) -> i64) -> f64 {
    run(ops / 5);
    run(ops) as f64 / ops as f64
}

fn in_run(f: impl AsyncFnOnce() -> Result<i64>) -> i64 {
    // As users run it: there is always a deadline pending and a cancellation to look for.
    let hour = std::time::Duration::from_secs(3600);
    crib::run(crib::fail_after(hour, f())).expect("the workload does not fail")
}

/// Each of `tasks` yields so often that there are `ops` yields in all.
fn yields(ops: usize, tasks: usize) -> i64 {
    in_run(async || {
        let begun = cpu();
        crib::nursery(async |n| {
            for _ in 0..tasks {
                n.start_soon("yields", async move {
                    for _ in 0..ops / tasks {
                        crib::checkpoint().await?;
                    }
                    Ok(())
                });
            }
            Ok(())
        })
        .await?;
        Ok(cpu() - begun)
    })
}

/// The same in a scope, whose children are polled by its own task.
fn scoped_yields(ops: usize, tasks: usize) -> i64 {
    in_run(async || {
        let begun = cpu();
        let each = ops / tasks;
        crib::scope(async |s| {
            for _ in 0..tasks {
                s.start_soon("yields", async {
                    for _ in 0..each {
                        crib::checkpoint().await?;
                    }
                    Ok(())
                });
            }
            Ok(())
        })
        .await?;
        Ok(cpu() - begun)
    })
}

fn bare_yields(ops: usize, tasks: usize) -> i64 {
    let begun = cpu();
    bare::run(
        (0..tasks)
            .map(|_| -> std::pin::Pin<Box<dyn Future<Output = ()>>> {
                Box::pin(async move {
                    for _ in 0..ops / tasks {
                        bare::yield_now().await;
                    }
                })
            })
            .collect(),
    );
    cpu() - begun
}

fn channel<T: 'static>(
    ops: usize,
    capacity: usize,
    producers: usize,
    make: impl Fn(usize) -> T + Copy + 'static,
) -> i64 {
    in_run(async || {
        let begun = cpu();
        crib::nursery(async |n| {
            let (tx, rx) = crib::channel(capacity)?;
            for _ in 0..producers {
                let tx = tx.clone();
                n.start_soon("sends", async move {
                    for i in 0..ops / producers {
                        tx.send(make(i)).await?;
                    }
                    Ok(())
                });
            }
            drop(tx);
            while rx.recv().await?.is_some() {}
            Ok(())
        })
        .await?;
        Ok(cpu() - begun)
    })
}

/// Everybody yields while holding the lock, so that the others come to wait.
fn lock(ops: usize) -> i64 {
    const CONTENDERS: usize = 8;
    in_run(async || {
        let lock = Rc::new(crib::Lock::new(())?);
        let begun = cpu();
        crib::nursery(async |n| {
            for _ in 0..CONTENDERS {
                let lock = lock.clone();
                n.start_soon("contends", async move {
                    for _ in 0..ops / CONTENDERS {
                        let _held = lock.lock().await?;
                        crib::checkpoint().await?;
                    }
                    Ok(())
                });
            }
            Ok(())
        })
        .await?;
        Ok(cpu() - begun)
    })
}

/// What is taken from one of two channels is sent to it again.
fn choose(ops: usize) -> i64 {
    in_run(async || {
        let (tx_a, a) = crib::channel(4)?;
        let (tx_b, b) = crib::channel(4)?;
        tx_a.send(0u64).await?;
        tx_b.send(1u64).await?;
        let begun = cpu();
        for _ in 0..ops {
            let select = crib::Select::new()
                .recv(&a, |v| Ok((v?, true)))
                .recv(&b, |v| Ok((v?, false)));
            match select.wait().await? {
                (Some(v), true) => tx_a.send(v).await?,
                (Some(v), false) => tx_b.send(v).await?,
                (None, _) => break,
            }
        }
        Ok(cpu() - begun)
    })
}

/// One task at a time, for whose result its parent waits.
fn spawn_join(ops: usize) -> i64 {
    in_run(async || {
        let begun = cpu();
        crib::nursery(async |n| {
            for i in 0..ops {
                n.spawn("gives", async move { Ok(i) }).join().await?;
            }
            Ok(())
        })
        .await?;
        Ok(cpu() - begun)
    })
}

fn spawns(ops: usize) -> i64 {
    const GROUP: usize = 1000;
    in_run(async || {
        let count = Rc::new(Cell::new(0));
        let begun = cpu();
        for _ in 0..ops / GROUP {
            crib::nursery(async |n| {
                for _ in 0..GROUP {
                    let count = count.clone();
                    n.start_soon("counts", async move {
                        count.set(count.get() + 1);
                        Ok(())
                    });
                }
                Ok(())
            })
            .await?;
        }
        Ok(cpu() - begun)
    })
}

fn timeouts(ops: usize) -> i64 {
    in_run(async || {
        let five = std::time::Duration::from_secs(5);
        let begun = cpu();
        for _ in 0..ops {
            crib::move_on_after(five, async { crib::check_cancelled() }).await?;
        }
        Ok(cpu() - begun)
    })
}

/// The best of a few, as the C benchmark has it in its samples: what else runs here only adds to it.
fn row(name: &str, ops: usize, run: impl Fn(usize) -> i64) {
    let best = (0..3)
        .map(|_| measured(ops, &run))
        .fold(f64::INFINITY, f64::min);
    println!("{name}\t{best:.2}");
}

fn language() {
    row("switch_2", 2_000_000, |ops| yields(ops, 2));
    row("switch_1000", 2_000_000, |ops| yields(ops, 1000));
    row("scoped_switch_2", 2_000_000, |ops| scoped_yields(ops, 2));
    row("scoped_switch_1000", 2_000_000, |ops| {
        scoped_yields(ops, 1000)
    });
    row("channel_0", 1_000_000, |ops| channel(ops, 0, 1, |i| i));
    row("channel_64", 1_000_000, |ops| channel(ops, 64, 1, |i| i));
    row("spawn_join", 500_000, spawn_join);
    row("own_switch", 2_000_000, |ops| bare_yields(ops, 2));
}

fn workload(name: &str, ops: usize, run: impl Fn(usize) -> i64) {
    println!("{name} {:.2}", measured(ops, run));
}

fn peer() {
    workload("yield_2", 2_000_000, |ops| yields(ops, 2));
    workload("yield_10000", 2_000_000, |ops| yields(ops, 10_000));
    workload("spawn_join_1", 500_000, spawn_join);
    workload("spawn_1000", 500_000, spawns);
    workload("scope_ready", 500_000, timeouts);
    workload("channel_0", 1_000_000, |ops| channel(ops, 0, 1, |i| i));
    workload("channel_128", 1_000_000, |ops| channel(ops, 128, 1, |i| i));
    workload("channel_128_boxed", 1_000_000, |ops| {
        channel(ops, 128, 1, |i| (i, "item"))
    });
    workload("channel_8_to_1", 1_000_000, |ops| {
        channel(ops, 64, 8, |i| i)
    });
    workload("lock_8", 1_000_000, lock);
    workload("select_2", 1_000_000, choose);
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("peers") => peer(),
        _ => language(),
    }
}
