//! What may go to another thread, and what may not.

use std::marker::PhantomData;

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
