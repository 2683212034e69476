//! What may go to another thread, and what may not.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// `Probe::<T>::IS_SEND` is the inherent constant if `T: Send`, else that of the trait.
struct Probe<T>(PhantomData<T>);

trait Otherwise {
    const IS_SEND: bool = false;
    const IS_SYNC: bool = false;
}
impl<T> Otherwise for Probe<T> {}

struct SyncProbe<T>(PhantomData<T>);
impl<T> Otherwise for SyncProbe<T> {}

impl<T: Send> Probe<T> {
    const IS_SEND: bool = true;
}
impl<T: Sync> SyncProbe<T> {
    const IS_SYNC: bool = true;
}

macro_rules! threads {
    ($($type:ty),* $(,)? => $expected:literal) => {$(
        assert_eq!(Probe::<$type>::IS_SEND, $expected, "Send for {}", stringify!($type));
        assert_eq!(SyncProbe::<$type>::IS_SYNC, $expected, "Sync for {}", stringify!($type));
    )*};
}

#[test]
fn tokens_portals_shared_ends_and_errors_cross_threads() {
    threads!(
        crib::CancelToken, crib::Portal, crib::SharedSender<u32>, crib::SharedReceiver<u32>, crib::Error,
        crib::Local<u32>, crib::Instant => true
    );
}

#[test]
fn everything_of_a_run_stays_in_its_thread() {
    threads!(
        crib::Runtime, crib::Nursery, crib::Scope<'static, 'static>, crib::Task<u32>, crib::Started<u32>,
        crib::CancelHandle, crib::Sender<u32>, crib::Receiver<u32>, crib::Value, crib::Event, crib::Lock<u32>,
        crib::LockGuard<'static, u32>, crib::RwLock<u32>, crib::ReadGuard<'static, u32>,
        crib::WriteGuard<'static, u32>, crib::Semaphore, crib::Permit<'static>, crib::Limiter,
        crib::LimiterGuard<'static>, crib::Condition, crib::Barrier, crib::Select<'static, u32> => false
    );
}

fn is_send<T: Send>(_: &T) -> bool {
    true
}

#[test]
fn a_waker_crosses_threads() {
    crib::run(std::future::poll_fn(|cx| {
        assert!(is_send(cx.waker()));
        std::task::Poll::Ready(Ok(()))
    }))
    .unwrap();
}

/// Wakes from another thread, which has given its waker up before the poll is over.
struct WokenMeanwhile(u32);

impl Future for WokenMeanwhile {
    type Output = u32;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        self.0 += 1;
        if self.0 > 3 {
            return Poll::Ready(self.0);
        }
        let waker = cx.waker().clone();
        std::thread::spawn(move || waker.wake()).join().unwrap();
        Poll::Pending
    }
}

#[test]
fn a_thread_that_wakes_during_the_poll_and_forgets_the_waker_is_heard() {
    assert_eq!(crib::run(async { Ok(WokenMeanwhile(0).await) }).unwrap(), 4);
}

#[test]
fn no_wake_of_another_thread_is_lost_whenever_it_comes() {
    let rounds = if std::env::var_os("CRIB_UNDER_VALGRIND").is_some() { 200 } else { 20_000 };
    let (wakers, woken) = std::sync::mpsc::channel::<(u32, Waker)>();
    let thread = std::thread::spawn(move || {
        for (round, waker) in woken {
            // At once, or a little later: before, while and after the poll ends.
            (0..round % 64).for_each(|_| std::hint::spin_loop());
            waker.wake();
        }
    });
    let mut round = 0;
    let polls = std::future::poll_fn(move |cx| {
        round += 1;
        if round > rounds {
            return Poll::Ready(round);
        }
        wakers.send((round, cx.waker().clone())).unwrap();
        (0..round % 17).for_each(|_| std::hint::spin_loop());
        Poll::Pending
    });
    assert_eq!(crib::run(async { Ok(polls.await) }).unwrap(), rounds + 1);
    thread.join().unwrap();
}
