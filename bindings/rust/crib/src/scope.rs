//! Scopes: nurseries whose children may borrow from around them.
//!
//! A future may be forgotten, and what it borrows goes all the same. So a child that borrows must never be polled but by
//! the scope's own future, which the borrow checker keeps within the lifetime of what is borrowed; and its future must
//! be owned by nobody else. To the library such a child is a task like any other; when that is resumed, it has the task
//! polled that polls the scope ([`Brood`]).

use crate::engine::{BoxFuture, Core, Name, Parent, Polled, Slab, catching, enter, erase, kill, poll, start_stackless};
use crate::error::{Error, Result, UV_ECANCELED};
use crate::nursery::{NurseryBuilder, Open, refusal};
use crate::task::{Outcome, Task};
use crate::{cancel::CancelHandle, sys};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::pin;
use std::ptr::null_mut;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// What the tasks of a scope's children know of it. It owns none of their futures.
pub(crate) struct Brood {
    owner: Rc<Core>,
    /// Who is to be told that a child is ready; `None`: the task that opened the scope polls it itself.
    waker: RefCell<Option<Waker>>,
    cores: RefCell<Slab<Rc<Core>>>,
    ready: RefCell<VecDeque<u32>>,
    /// Children whose tasks are over; their places are kept until the scope has seen it.
    ended: RefCell<Vec<u32>>,
}

impl Brood {
    pub(crate) fn owner(&self) -> &Rc<Core> {
        &self.owner
    }

    pub(crate) fn waker(&self) -> Option<Waker> {
        self.waker.borrow().clone()
    }

    pub(crate) fn is_ready(&self, index: u32) {
        self.ready.borrow_mut().push_back(index);
    }

    pub(crate) fn ended(&self, index: u32) {
        self.ended.borrow_mut().push(index);
    }

    pub(crate) fn take_cores(&self) -> Vec<Rc<Core>> {
        self.cores.borrow_mut().take_all().collect()
    }

    fn polled_by(&self, waker: &Waker) {
        let by_owner = waker.will_wake(self.owner.waker());
        let known = match &*self.waker.borrow() {
            None => by_owner,
            Some(w) => !by_owner && w.will_wake(waker),
        };
        if !known {
            let new = (!by_owner).then(|| waker.clone());
            let old = self.waker.replace(new);
            drop(old);
        }
    }
}

/// Where borrowing tasks are started: what [`scope`](crate::scope()) gives to its body.
pub struct Scope<'scope, 'env: 'scope> {
    raw: *mut sys::crib_nursery,
    closed: Cell<bool>,
    brood: Rc<Brood>,
    /// At the places that the children have in the brood. They borrow for `'scope`, and are gone before this is.
    futures: RefCell<Vec<Option<BoxFuture>>>,
    scope: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

/// Runs `body` in a nursery whose children may borrow from around it, then waits for all of them.
///
/// As with [`std::thread::scope`], what they borrow must live outside the body. They are polled by the future of the
/// scope alone, so that forgetting that future is no harm; otherwise they are tasks like all others, with names, op slots
/// and locks of their own.
///
/// # Errors
/// As [`nursery`](crate::nursery()).
///
/// ```
/// crib::run(async {
///     let words = ["a", "bb", "ccc"];
///     let total = std::cell::Cell::new(0);
///     crib::scope(async |s| {
///         for word in &words {
///             s.start_soon("count", async {
///                 crib::checkpoint().await?;
///                 total.set(total.get() + word.len());
///                 Ok(())
///             });
///         }
///         Ok(())
///     })
///     .await?;
///     assert_eq!(total.get(), 6);
///     Ok(())
/// })
/// # .unwrap();
/// ```
///
/// A local of the body does not live long enough:
///
/// ```compile_fail,E0597
/// # crib::run(async {
/// crib::scope(async |s| {
///     let local = 1;
///     s.start_soon("child", async { println!("{}", &local); Ok(()) });
///     Ok(())
/// })
/// .await
/// # });
/// ```
///
/// What a child borrows cannot be changed beside it:
///
/// ```compile_fail,E0506
/// # crib::run(async {
/// let mut count = 0;
/// crib::scope(async |s| {
///     s.start_soon("child", async { println!("{}", &count); Ok(()) });
///     count += 1;
///     Ok(())
/// })
/// .await
/// # });
/// ```
///
/// and cannot go before the scope has:
///
/// ```compile_fail,E0505
/// # crib::run(async {
/// let text = String::new();
/// let scope = crib::scope(async |s| {
///     s.start_soon("child", async { println!("{text}"); Ok(()) });
///     Ok(())
/// });
/// drop(text);
/// scope.await
/// # });
/// ```
///
/// A nursery's child, which is polled by nobody but the run, may borrow nothing:
///
/// ```compile_fail,E0373
/// # crib::run(async {
/// let text = String::new();
/// crib::nursery(async |n| {
///     n.start_soon("child", async { println!("{text}"); Ok(()) });
///     Ok(())
/// })
/// .await
/// # });
/// ```
pub async fn scope<'env, T>(body: impl for<'s> AsyncFnOnce(&'s Scope<'s, 'env>) -> Result<T>) -> Result<T> {
    run(NurseryBuilder::default(), body).await
}

pub(crate) async fn run<'env, T>(
    builder: NurseryBuilder,
    body: impl for<'s> AsyncFnOnce(&'s Scope<'s, 'env>) -> Result<T>,
) -> Result<T> {
    let open = Open::new(builder)?;
    let scope = Scope::new(&open);
    let guard = DropChildren(&scope);
    let result = {
        let mut body = pin!(Some(body(&scope)));
        poll_fn(|cx| {
            scope.brood.polled_by(cx.waker());
            let Some(future) = body.as_mut().as_pin_mut() else { return Poll::Pending };
            let polled = open.enter(|| catching(|| future.poll(cx)));
            let polled = polled.unwrap_or_else(|panic| {
                let _ = catching(|| body.set(None));
                Poll::Ready(Err(panic))
            });
            scope.poll_children();
            polled
        })
        .await
    };
    let mut close = pin!(open.close(result));
    let result = poll_fn(|cx| {
        scope.brood.polled_by(cx.waker());
        scope.poll_children();
        close.as_mut().poll(cx)
    })
    .await;
    drop(guard);
    result?.ok_or_else(|| Error::with_code(UV_ECANCELED, "the scope was cancelled before its body had a result"))
}

/// Drops the children while the scope that they borrow is still there.
struct DropChildren<'a, 'scope, 'env>(&'a Scope<'scope, 'env>);

impl Drop for DropChildren<'_, '_, '_> {
    fn drop(&mut self) {
        let scope = self.0;
        scope.closed.set(true);
        for child in scope.brood.take_cores() {
            let future = match &*child.parent() {
                Parent::Scope(_, index) => scope.take_future(*index),
                _ => None,
            };
            kill(&child, future);
        }
        // Of children that the library ended by itself.
        let left = scope.futures.take();
        crate::engine::quietly(|| drop(left));
    }
}

impl<'scope, 'env> Scope<'scope, 'env> {
    fn new(open: &Open) -> Self {
        let brood = Rc::new(Brood {
            owner: open.owner.clone(),
            waker: RefCell::new(None),
            cores: RefCell::new(Slab::new()),
            ready: RefCell::new(VecDeque::new()),
            ended: RefCell::new(Vec::new()),
        });
        open.owner.add_brood(&brood);
        let (scope, env) = (PhantomData, PhantomData);
        let futures = RefCell::new(Vec::new());
        Self { raw: open.raw, closed: Cell::new(false), brood, futures, scope, env }
    }

    /// Starts a task that may borrow what lives around the scope.
    ///
    /// # Panics
    /// If the scope is closed or full (see [`try_spawn`](Scope::try_spawn)).
    ///
    /// ```
    /// # crib::run(async {
    /// let name = String::from("world");
    /// crib::scope(async |s| {
    ///     s.start_soon("greeter", async {
    ///         println!("hello {name}");
    ///         Ok(())
    ///     });
    ///     Ok(())
    /// }).await?;
    /// # Ok(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn start_soon(&'scope self, name: &str, future: impl Future<Output = Result<()>> + 'scope) {
        if let Err(e) = self.try_start_soon(name, future) {
            panic!("the scope does not take '{name}': {e}");
        }
    }

    /// As [`start_soon`](Scope::start_soon), for scopes that may be full or closed.
    ///
    /// # Errors
    /// As [`Nursery::try_start_soon`](crate::Nursery::try_start_soon).
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| {
    /// s.try_start_soon("child", async { Ok(()) })?;
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn try_start_soon(&'scope self, name: &str, future: impl Future<Output = Result<()>> + 'scope) -> Result<()> {
        // SAFETY: the scope drops it before 'scope ends, or it is forgotten with the scope.
        self.launch(name, unsafe { erase(Box::pin(future)) }).map(|_| ())
    }

    /// Starts a borrowing task whose result can be waited for.
    ///
    /// # Panics
    /// As [`start_soon`](Scope::start_soon).
    ///
    /// ```
    /// # crib::run(async {
    /// let numbers = [1, 2, 3];
    /// let sum = crib::scope(async |s| {
    ///     let sum = s.spawn("adder", async { Ok(numbers.iter().sum::<i32>()) });
    ///     sum.join().await
    /// }).await?;
    /// assert_eq!(sum, 6);
    /// # Ok(()) }).unwrap();
    /// ```
    #[track_caller]
    pub fn spawn<T: 'scope>(&'scope self, name: &str, future: impl Future<Output = Result<T>> + 'scope) -> Task<T> {
        self.try_spawn(name, future).unwrap_or_else(|e| panic!("the scope does not take '{name}': {e}"))
    }

    /// As [`spawn`](Scope::spawn), for scopes that may be full or closed.
    ///
    /// # Errors
    /// As [`Nursery::try_start_soon`](crate::Nursery::try_start_soon).
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| {
    /// assert_eq!(s.try_spawn("child", async { Ok(1) })?.join().await?, 1);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn try_spawn<T: 'scope>(
        &'scope self,
        name: &str,
        future: impl Future<Output = Result<T>> + 'scope,
    ) -> Result<Task<T>> {
        let outcome = Outcome::new();
        let future = Box::pin(outcome.clone().filled_by(future));
        // SAFETY: as in `try_start_soon`.
        let core = self.launch(name, unsafe { erase(future) })?;
        Ok(Task::new(&core, outcome))
    }

    /// Waits until the scope has no children, without closing it.
    ///
    /// # Errors
    /// Cancelled; misuse in one of its children.
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| {
    /// s.start_soon("child", async { Ok(()) });
    /// s.wait_idle().await?;
    /// assert_eq!(s.count(), 0);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn wait_idle(&self) -> impl Future<Output = Result<()>> + use<> {
        crate::nursery::wait_idle(self.raw)
    }

    /// Waits until the scope has room for another child.
    ///
    /// # Errors
    /// Cancelled; [`Closed`](crate::ErrorKind::Closed).
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| s.wait_room().await)).unwrap();
    /// ```
    pub fn wait_room(&self) -> impl Future<Output = Result<()>> + use<> {
        crate::nursery::wait_room(self.raw)
    }

    /// Cancels the scope and everything in it, its body too; that is no failure.
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| {
    /// s.start_soon("forever", crib::sleep_forever());
    /// s.cancel("enough");
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn cancel(&self, reason: &str) {
        self.cancel_handle().cancel(reason);
    }

    /// Its cancel scope: to cancel it softly, to give it a deadline, to shield it.
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| {
    /// assert!(!s.cancel_handle().is_cancelled());
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn cancel_handle(&self) -> CancelHandle {
        // SAFETY: a checked id.
        CancelHandle::from_raw(unsafe { sys::crib_nursery_scope(self.raw) })
    }

    /// The name of the task that opened it; `None` when it is over.
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| {
    /// assert_eq!(s.opened_by().as_deref(), Some("main"));
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn opened_by(&self) -> Option<String> {
        crate::nursery::opener(self.raw)
    }

    /// How many children it has.
    ///
    /// ```
    /// # crib::run(crib::scope(async |s| {
    /// assert_eq!(s.count(), 0);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn count(&self) -> usize {
        // SAFETY: a checked id.
        unsafe { sys::crib_nursery_count(self.raw) }
    }

    fn launch(&self, name: &str, future: BoxFuture) -> Result<Rc<Core>> {
        if self.closed.get() {
            return Err(Error::from_code(sys::CRIB_ECLOSED));
        }
        self.sweep();
        let core = Core::new(Name::new(name), None, Parent::Nobody, crate::local::inherited());
        start_stackless(self.raw, &core).map_err(|_| refusal(self.raw))?;
        let index = self.brood.cores.borrow_mut().insert(core.clone());
        let mut futures = self.futures.borrow_mut();
        if futures.len() <= index as usize {
            futures.resize_with(index as usize + 1, || None);
        }
        futures[index as usize] = Some(future);
        core.set_parent(Parent::Scope(self.brood.clone(), index));
        Ok(core)
    }

    fn take_future(&self, index: u32) -> Option<BoxFuture> {
        self.futures.borrow_mut().get_mut(index as usize)?.take()
    }

    /// Gives the places of children that are over to others.
    fn sweep(&self) {
        loop {
            let Some(index) = self.brood.ended.borrow_mut().pop() else { return };
            let core = self.brood.cores.borrow_mut().remove(index);
            let future = self.take_future(index);
            // There is one if the library ended the task by itself.
            if let (Some(core), Some(future)) = (core, future) {
                enter(&core, null_mut(), || crate::engine::quietly(|| drop(future)));
            }
        }
    }

    /// Polls the children that are ready.
    fn poll_children(&self) {
        loop {
            let Some(index) = self.brood.ready.borrow_mut().pop_front() else { break };
            let core = self.brood.cores.borrow().get(index).cloned();
            let Some(core) = core.filter(|c| c.is_living()) else { continue };
            let Some(future) = self.take_future(index) else { continue };
            if let Polled::Pending(future) = poll(&core, future) {
                self.futures.borrow_mut()[index as usize] = Some(future);
                core.after_poll();
            }
        }
        self.sweep();
    }
}
