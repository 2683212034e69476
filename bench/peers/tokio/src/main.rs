//! The workloads in tokio: its runtime of one thread.
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, Barrier, Mutex};
use tokio::task::{spawn, yield_now, JoinSet};

const GROUP: usize = 1000;

fn cpu() -> i64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as i64 * 1_000_000_000 + t.tv_nsec as i64
}

/// Runs a workload once to warm up, once for its time.
async fn measure<F: Future<Output = i64> + Send>(name: &str, ops: usize, run: impl Fn(usize) -> F + Send) {
    run(ops / 5).await;
    println!("{name} {:.2}", run(ops).await as f64 / ops as f64);
}

/// When the first is back from its first yield, all others have begun.
async fn yields(ops: usize, tasks: usize) -> i64 {
    let rounds = ops / tasks;
    let spent = Arc::new(AtomicI64::new(0));
    let mut set = JoinSet::new();
    let result = spent.clone();
    set.spawn(async move {
        yield_now().await;
        let begun = cpu();
        for _ in 0..rounds {
            yield_now().await;
        }
        result.store(cpu() - begun, Relaxed);
    });
    for _ in 1..tasks {
        set.spawn(async move {
            for _ in 0..rounds + 2 {
                yield_now().await;
            }
        });
    }
    while set.join_next().await.is_some() {}
    spent.load(Relaxed)
}

async fn spawn_join(ops: usize) -> i64 {
    let begun = cpu();
    for _ in 0..ops {
        spawn(async {}).await.unwrap();
    }
    cpu() - begun
}

async fn groups<F: Future<Output = ()> + Send + 'static>(ops: usize, body: impl Fn() -> F) -> i64 {
    let begun = cpu();
    for _ in 0..ops / GROUP {
        let mut set = JoinSet::new();
        for _ in 0..GROUP {
            set.spawn(body());
        }
        while set.join_next().await.is_some() {}
    }
    cpu() - begun
}

async fn alive(ops: usize) -> i64 {
    let gate = Arc::new(Barrier::new(GROUP));
    groups(ops, move || {
        let gate = gate.clone();
        async move {
            gate.wait().await;
        }
    })
    .await
}

/// tokio has no rendezvous: its smallest channel holds one item.
async fn channel(ops: usize, capacity: usize, producers: usize) -> i64 {
    let (tx, mut rx) = mpsc::channel(capacity);
    let each = ops / producers;
    let begun = cpu();
    let mut all = JoinSet::new();
    for _ in 0..producers {
        let tx = tx.clone();
        all.spawn(async move {
            for i in 0..each {
                tx.send(i).await.unwrap();
            }
        });
    }
    all.spawn(async move {
        for _ in 0..each * producers {
            rx.recv().await.unwrap();
        }
    });
    while all.join_next().await.is_some() {}
    cpu() - begun
}

/// Everybody yields while holding the lock, so that the others come to wait.
async fn lock(ops: usize) -> i64 {
    const CONTENDERS: usize = 8;
    let mutex = Arc::new(Mutex::new(()));
    let begun = cpu();
    let mut all = JoinSet::new();
    for _ in 0..CONTENDERS {
        let mutex = mutex.clone();
        all.spawn(async move {
            for _ in 0..ops / CONTENDERS {
                let _held = mutex.lock().await;
                yield_now().await;
            }
        });
    }
    while all.join_next().await.is_some() {}
    cpu() - begun
}

/// What is taken from one of two channels is sent to it again.
async fn choose(ops: usize) -> i64 {
    let (tx_a, mut a) = mpsc::channel(4);
    let (tx_b, mut b) = mpsc::channel(4);
    tx_a.send(0).await.unwrap();
    tx_b.send(1).await.unwrap();
    let begun = cpu();
    for _ in 0..ops {
        tokio::select! {
            v = a.recv() => tx_a.send(v.unwrap()).await.unwrap(),
            v = b.recv() => tx_b.send(v.unwrap()).await.unwrap(),
        }
    }
    cpu() - begun
}

/// A timeout around something ready. There is nothing to take off: without it, the loop is empty.
async fn scope(ops: usize) -> i64 {
    let begun = cpu();
    for _ in 0..ops {
        tokio::time::timeout(Duration::from_secs(5), std::future::ready(()))
            .await
            .unwrap();
    }
    cpu() - begun
}

async fn all() {
    measure("yield_2", 400_000, |ops| yields(ops, 2)).await;
    measure("yield_10000", 1_000_000, |ops| yields(ops, 10_000)).await;
    measure("spawn_join_1", 100_000, spawn_join).await;
    measure("spawn_1000", 100_000, |ops| groups(ops, || async {})).await;
    measure("spawn_1000_yield", 100_000, |ops| groups(ops, yield_now)).await;
    measure("spawn_1000_alive", 100_000, alive).await;
    measure("scope_ready", 100_000, scope).await;
    measure("channel_0", 200_000, |ops| channel(ops, 1, 1)).await;
    measure("channel_128", 400_000, |ops| channel(ops, 128, 1)).await;
    measure("channel_8_to_1", 400_000, |ops| channel(ops, 64, 8)).await;
    measure("lock_8", 400_000, lock).await;
    measure("select_2", 400_000, choose).await;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async { spawn(all()).await.unwrap() });
}
