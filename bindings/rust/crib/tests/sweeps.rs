//! The same story again and again, cancelled at another place each time, or with another allocation of the library
//! failing, until it finishes undisturbed. After each round nothing may be left: no value, no handle, no memory.

mod support;

use crib::{Condition, Lock, Nursery, Policy, Result, Select, Semaphore, sys};
use std::cell::RefCell;
use std::ffi::{CStr, c_int, c_void};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use support::{Alive, Counted, Many, either, join, ms};

type Story = fn(Alive) -> Pin<Box<dyn Future<Output = Result<()>>>>;

struct Sweep {
    story: Story,
    alive: Alive,
}

/// A fiber with a nursery, in which the story is a Rust task: the sweep wants a fiber.
unsafe extern "C" fn body(data: *mut c_void) -> c_int {
    // SAFETY: the struct of `sweep`, which outlives the run.
    let sweep = unsafe { &*data.cast::<Sweep>() };
    // SAFETY: in a fiber, on its own nursery; the story borrows nothing.
    unsafe {
        let nursery = sys::crib_nursery_open();
        let started = crib::raw::start_soon_in(nursery, "story", (sweep.story)(sweep.alive.clone()));
        sys::crib_nursery_close(nursery, if started.is_err() { -12 } else { 0 })
    }
}

unsafe extern "C" fn check(data: *mut c_void) -> c_int {
    // SAFETY: as above.
    let sweep = unsafe { &*data.cast::<Sweep>() };
    if sweep.alive.count() == 0 { 0 } else { -1_000_001 }
}

type Run = unsafe extern "C" fn(*const sys::crib_sweep, *mut sys::crib_sweep_report) -> c_int;

fn sweep(name: &str, run: Run, story: Story, wants_error: bool) -> u64 {
    let mut data = Sweep { story, alive: Alive::new() };
    // SAFETY: plain data, for which zero is fine.
    let (mut options, mut report) =
        unsafe { (std::mem::zeroed::<sys::crib_sweep>(), std::mem::zeroed::<sys::crib_sweep_report>()) };
    options.size = size_of::<sys::crib_sweep>();
    options.body = Some(body);
    options.user_data = (&raw mut data).cast();
    options.check = Some(check);
    options.wants_error = wants_error.into();
    report.size = size_of::<sys::crib_sweep_report>();
    // SAFETY: both structs live through the call.
    let rc = unsafe { run(&options, &mut report) };
    // SAFETY: filled in by the library.
    let message = unsafe { CStr::from_ptr(report.message.as_ptr()) };
    assert_eq!(rc, 0, "{name}: round {} at {} (when {}): {message:?}", report.round, report.at, report.when);
    report.disturbed
}

async fn pass_on(rx: crib::Receiver<Counted>, tx: crib::Sender<Counted>) -> Result<()> {
    while let Some(item) = rx.recv().await? {
        tx.send(item).await?;
    }
    Ok(())
}

/// Values through channels, tasks with results, a child that says when it is ready.
fn pipeline(alive: Alive) -> Pin<Box<dyn Future<Output = Result<()>>>> {
    Box::pin(crib::nursery(async move |n| {
        let (tx, rx) = crib::channel(1)?;
        let (out_tx, out_rx) = crib::channel(0)?;
        n.try_start_soon("stage", pass_on(rx, out_tx))?;
        let made = alive.clone();
        let count = n
            .start("source", async move |started| {
                crib::checkpoint().await?;
                started.set(3);
                for _ in 0..3 {
                    tx.send(made.make()).await?;
                }
                Ok(())
            })
            .await?;
        let sink = n.try_spawn("sink", async move {
            let mut got = Vec::new();
            while let Some(item) = out_rx.recv().await? {
                got.push(item);
                crib::sleep(ms(5)).await?;
            }
            Ok(got)
        })?;
        assert_eq!(sink.join().await?.len(), count);
        Ok(())
    }))
}

/// Borrowing children that fight for what there is, timeouts, a select, cleanup that waits.
fn crowd(alive: Alive) -> Pin<Box<dyn Future<Output = Result<()>>>> {
    Box::pin(async move {
        let lock = Lock::new(Vec::new())?;
        let changed = Condition::new(&lock)?;
        let permits = Semaphore::new(1)?;
        let (tx, rx) = crib::channel(1)?;
        crib::scope(async |s| {
            s.try_start_soon("waits", async {
                let mut items = lock.lock().await?;
                changed.wait_while(&mut items, |items| items.is_empty()).await?;
                items.pop();
                Ok(())
            })?;
            for _ in 0..2 {
                s.try_start_soon("adds", async {
                    let _permit = permits.acquire().await?;
                    crib::move_on_after(ms(10), async {
                        crib::sleep(ms(5)).await?;
                        let mut items = lock.lock().await?;
                        items.push(alive.make());
                        changed.notify_one(&items)?;
                        Ok(())
                    })
                    .await?;
                    Ok(())
                })?;
            }
            s.try_start_soon("chooses", async {
                let mut item = Some(alive.make());
                let late = crib::now() + ms(20);
                let select = Select::new().send(&tx, &mut item, |r| r).deadline(late, || Ok(())).wait();
                let result = select.await;
                crib::shield(crib::checkpoint()).await?;
                result
            })?;
            crib::move_on_after(ms(30), crib::sleep_forever()).await?;
            drop(rx.try_recv());
            Ok(())
        })
        .await
    })
}

/// Several operations in one task, and nurseries that are dropped halfway.
fn combined(alive: Alive) -> Pin<Box<dyn Future<Output = Result<()>>>> {
    Box::pin(async move {
        let (a, b) = join(crib::sleep(ms(5)), crib::move_on_after(ms(3), crib::sleep_forever())).await;
        a?;
        b?;
        let mut many = Many::new();
        for i in 0..3 {
            let item = alive.make();
            many.push(async move {
                let _item = item;
                crib::sleep(ms(i)).await?;
                crib::checkpoint().await
            });
        }
        for result in many.all().await {
            result?;
        }
        let dropped = crib::nursery(async |n| {
            for _ in 0..2 {
                let item = alive.make();
                n.try_start_soon("child", async move {
                    crib::scope(async |s| {
                        s.try_start_soon("grandchild", async {
                            let _item = &item;
                            crib::sleep_forever().await
                        })?;
                        crib::sleep_forever().await
                    })
                    .await
                })?;
            }
            crib::sleep_forever().await
        });
        either(dropped, crib::sleep(ms(10))).await;
        let winner = Rc::new(RefCell::new(None));
        Nursery::builder()
            .policy(Policy::FirstDone)
            .run(async |n| {
                for i in 0..2 {
                    let (winner, item) = (winner.clone(), alive.make());
                    n.try_start_soon("races", async move {
                        crib::sleep(ms(i)).await?;
                        winner.borrow_mut().get_or_insert(item);
                        Ok(())
                    })?;
                }
                Ok(())
            })
            .await
    })
}

const STORIES: [(&str, Story); 3] = [("pipeline", pipeline), ("crowd", crowd), ("combined", combined)];

/// One test for both kinds: a process does one sweep at a time.
#[test]
fn every_await_may_be_cancelled_and_every_allocation_fail() {
    for (name, story) in STORIES {
        let disturbed = sweep(name, sys::crib_sweep_cancels, story, false);
        assert!(disturbed > 20, "{name}: cancelled at {disturbed} places");
        let disturbed = sweep(name, sys::crib_sweep_allocations, story, true);
        assert!(disturbed > 10, "{name}: {disturbed} allocations failed");
    }
}
