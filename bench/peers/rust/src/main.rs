//! The workloads in the Rust binding, beside a bare executor. Lines "<workload> <ns>", as every peer prints them.

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

/// Runs a workload once to warm up, once for its time.
fn measure(name: &str, ops: usize, run: impl Fn(usize) -> i64) {
    run(ops / 5);
    println!("{name} {:.2}", run(ops) as f64 / ops as f64);
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

fn channel<T: 'static>(ops: usize, capacity: usize, make: impl Fn(usize) -> T + 'static) -> i64 {
    in_run(async || {
        let begun = cpu();
        crib::nursery(async |n| {
            let (tx, rx) = crib::channel(capacity)?;
            n.start_soon("sends", async move {
                for i in 0..ops {
                    tx.send(make(i)).await?;
                }
                Ok(())
            });
            while rx.recv().await?.is_some() {}
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

fn main() {
    measure("rust_bare_yield_2", 5_000_000, |ops| bare_yields(ops, 2));
    measure("rust_yield_2", 5_000_000, |ops| yields(ops, 2));
    measure("rust_yield_1000", 5_000_000, |ops| yields(ops, 1000));
    measure("rust_scoped_yield_2", 5_000_000, |ops| scoped_yields(ops, 2));
    measure("rust_scoped_yield_1000", 5_000_000, |ops| scoped_yields(ops, 1000));
    measure("rust_channel_0", 2_000_000, |ops| channel(ops, 0, |i| i));
    measure("rust_channel_128", 2_000_000, |ops| channel(ops, 128, |i| i));
    measure("rust_channel_128_boxed", 2_000_000, |ops| channel(ops, 128, |i| (i, "item")));
    measure("rust_spawn_1000", 1_000_000, spawns);
    measure("rust_scope_ready", 2_000_000, timeouts);
}
