//! The least an executor can do: two futures in one thread, polled in turn through a queue, each with a waker of its own.
//! What a switch costs when nothing can be cancelled, timed or failed.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

thread_local! {
    static READY: RefCell<VecDeque<usize>> = const { RefCell::new(VecDeque::new()) };
}

struct Index(usize, AtomicBool);

impl Wake for Index {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        if !self.1.swap(true, Ordering::Relaxed) {
            READY.with_borrow_mut(|ready| ready.push_back(self.0));
        }
    }
}

pub async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs all of them to their end.
pub fn run(futures: Vec<Pin<Box<dyn Future<Output = ()>>>>) {
    let mut left = futures.len();
    let mut tasks: Vec<_> = futures
        .into_iter()
        .enumerate()
        .map(|(i, future)| {
            let index = Arc::new(Index(i, AtomicBool::new(false)));
            index.wake_by_ref();
            (Some(future), Waker::from(index.clone()), index)
        })
        .collect();
    while left > 0 {
        let i = READY
            .with_borrow_mut(VecDeque::pop_front)
            .expect("somebody is ready");
        let (future, waker, index) = &mut tasks[i];
        index.1.store(false, Ordering::Relaxed);
        let Some(f) = future else { continue };
        if f.as_mut().poll(&mut Context::from_waker(waker)).is_ready() {
            *future = None;
            left -= 1;
        }
    }
}
