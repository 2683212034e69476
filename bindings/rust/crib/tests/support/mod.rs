//! What the tests share.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use crib::{MockClock, Result, Runtime};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// Runs in virtual time: hours pass in no time.
pub fn run<T>(main: impl Future<Output = Result<T>>) -> Result<T> {
    Runtime::builder().mock_clock(MockClock::AutoJump).build()?.run(main)
}

pub fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// How much virtual time something takes.
pub async fn took<T>(future: impl Future<Output = T>) -> (T, Duration) {
    let begun = crib::now();
    let result = future.await;
    (result, crib::now() - begun)
}

/// Panics in tasks are what some tests are about: their messages are noise.
pub fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let text = payload.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
            if !text.starts_with("on purpose") && !text.contains("does not take") {
                default(info);
            }
        }));
    });
}

/// Says when it is dropped.
pub struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Counts what is alive; each thing must be dropped exactly once.
#[derive(Clone, Default)]
pub struct Alive(Arc<AtomicUsize>);

impl Alive {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn make(&self) -> Counted {
        self.0.fetch_add(1, Ordering::SeqCst);
        Counted(self.0.clone())
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
pub struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&self, what: impl ToString) {
        self.0.borrow_mut().push(what.to_string());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

// --- combinators that std does not have, written as those of other crates are --------------------------------------------

/// Polls both with the waker it is polled with.
pub async fn join<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut x, mut y) = (None, None);
    std::future::poll_fn(|cx| {
        if x.is_none() {
            if let Poll::Ready(v) = a.as_mut().poll(cx) {
                x = Some(v);
            }
        }
        if y.is_none() {
            if let Poll::Ready(v) = b.as_mut().poll(cx) {
                y = Some(v);
            }
        }
        if x.is_some() && y.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (x.unwrap(), y.unwrap())
}

#[derive(Debug, PartialEq)]
pub enum Either<A, B> {
    Left(A),
    Right(B),
}

/// The first of two; the other is dropped.
pub async fn either<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> Either<A, B> {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(v) = a.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(v));
        }
        b.as_mut().poll(cx).map(Either::Right)
    })
    .await
}

struct Flag {
    woken: std::sync::atomic::AtomicBool,
    outer: std::sync::Mutex<Option<Waker>>,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        let outer = self.outer.lock().unwrap().clone();
        if let Some(outer) = outer {
            outer.wake();
        }
    }
}

type Member<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Many futures, each polled only when its own waker was woken, as `FuturesUnordered` does.
pub struct Many<'a, T> {
    members: Vec<(Option<Member<'a, T>>, Arc<Flag>)>,
    pub polls: Rc<Cell<usize>>,
}

impl<'a, T> Many<'a, T> {
    pub fn new() -> Self {
        Self { members: Vec::new(), polls: Rc::new(Cell::new(0)) }
    }

    pub fn push(&mut self, future: impl Future<Output = T> + 'a) {
        let flag = Flag { woken: true.into(), outer: None.into() };
        self.members.push((Some(Box::pin(future)), Arc::new(flag)));
    }

    pub async fn all(mut self) -> Vec<T> {
        let mut results: Vec<Option<T>> = self.members.iter().map(|_| None).collect();
        std::future::poll_fn(|cx| {
            for (i, (future, flag)) in self.members.iter_mut().enumerate() {
                *flag.outer.lock().unwrap() = Some(cx.waker().clone());
                let Some(member) = future else { continue };
                if !flag.woken.swap(false, Ordering::SeqCst) {
                    continue;
                }
                self.polls.set(self.polls.get() + 1);
                let waker = Waker::from(flag.clone());
                if let Poll::Ready(v) = member.as_mut().poll(&mut Context::from_waker(&waker)) {
                    results[i] = Some(v);
                    *future = None;
                }
            }
            if results.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        results.into_iter().map(Option::unwrap).collect()
    }
}
