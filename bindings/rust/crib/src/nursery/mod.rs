//! Nurseries: blocks that tasks are started in and that end when all of these have ended.

mod builder;
mod open;

pub use builder::{NurseryBuilder, Policy};
pub(crate) use open::Open;

use crate::cancel::CancelHandle;
use crate::engine::{self, Begin, Core, Done, Name, Op, Parent, Slab, begun, done, erase, kill};
use crate::error::{Error, Result};
use crate::sys;
use crate::task::{Outcome, Started, Task};
use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::future::Future;
use std::ptr::null_mut;
use std::rc::Rc;

/// What is known of an open nursery: its children, as far as they are Rust's.
pub(crate) struct Members {
    raw: *mut sys::crib_nursery,
    /// Its future is gone, or it has closed.
    closed: Cell<bool>,
    children: RefCell<Slab<Rc<Core>>>,
}

impl Members {
    fn insert(&self, child: &Rc<Core>) -> u32 {
        self.children.borrow_mut().insert(child.clone())
    }

    pub(crate) fn ended(&self, index: u32) {
        let child = self.children.borrow_mut().remove(index);
        drop(child);
    }

    /// The library has moved a child that was started here: it is one of them now.
    pub(crate) fn adopt(self: &Rc<Self>, child: &Rc<Core>) {
        if !self.closed.get() {
            let index = self.insert(child);
            child.set_parent(Parent::Nursery(self.clone(), index));
        }
    }

    /// Drops the futures of all children, which ends them.
    fn kill_all(&self) {
        let children: Vec<_> = self.children.borrow_mut().take_all().collect();
        for child in children {
            kill(&child, None);
        }
    }
}

/// Why a nursery refused a child.
pub(crate) fn refusal(raw: *mut sys::crib_nursery) -> Error {
    // SAFETY: a checked id.
    match unsafe { sys::crib_nursery_admits(raw) } {
        0 => Error::from_code(crate::error::UV_ENOMEM),
        code => Error::from_code(code),
    }
}

/// Where tasks are started: the handle that [`nursery`] gives to its body. It can be cloned and given to children, who
/// may start more as long as the nursery is open.
///
/// It belongs to the thread of its run:
///
/// ```compile_fail,E0277
/// # crib::run(crib::nursery(async |n| {
/// std::thread::spawn(move || n.cancel("from elsewhere"));
/// # Ok(()) })).unwrap();
/// ```
#[derive(Clone)]
pub struct Nursery(Rc<Members>);

/// Runs `body` in a nursery, then waits for all tasks started there.
///
/// If a task fails, or the body, the others are cancelled and awaited, and all their errors are returned as one
/// [`Error`]. Children may not borrow from around the nursery: for that there is [`scope`](crate::scope()).
///
/// If the future is dropped, the children are dropped with it, at once.
///
/// # Errors
/// What the body or a child failed with; Cancelled of an outer scope. If the nursery is cancelled by itself before the
/// body has a result, an error of kind [`Aborted`](crate::ErrorKind::Aborted); see [`NurseryBuilder::run_cancellable`].
///
/// ```
/// # use std::time::Duration;
/// crib::run(async {
///     let (tx, rx) = crib::channel(0)?;
///     crib::nursery(async |n| {
///         n.start_soon("producer", async move {
///             for i in 0..3 {
///                 tx.send(i).await?;
///             }
///             Ok(())
///         });
///         while let Some(i) = rx.recv().await? {
///             println!("got {i}");
///         }
///         Ok(())
///     })
///     .await // here all tasks have ended
/// })
/// # .unwrap();
/// ```
pub async fn nursery<T>(body: impl AsyncFnOnce(Nursery) -> Result<T>) -> Result<T> {
    Nursery::builder().run(body).await
}

impl Nursery {
    /// A nursery with other than the usual rules.
    ///
    /// ```
    /// # use crib::{Nursery, Policy};
    /// crib::run(async {
    ///     let fastest = crib::Event::new()?;
    ///     Nursery::builder().policy(Policy::FirstDone).run(async |n| {
    ///         n.start_soon("quick", async { Ok(()) });
    ///         n.start_soon("slow", crib::sleep_forever());
    ///         Ok(())
    ///     }).await?;
    ///     fastest.set();
    ///     Ok(())
    /// })
    /// # .unwrap();
    /// ```
    pub fn builder() -> NurseryBuilder {
        NurseryBuilder::default()
    }

    /// Starts a task. It does not run before the caller waits.
    ///
    /// # Panics
    /// If the nursery is closed or full (see [`try_spawn`](Nursery::try_spawn)).
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// n.start_soon("greeter", async {
    ///     println!("hello");
    ///     Ok(())
    /// });
    /// # Ok(()) })).unwrap();
    /// ```
    #[track_caller]
    pub fn start_soon(&self, name: &str, future: impl Future<Output = Result<()>> + 'static) {
        if let Err(e) = self.try_start_soon(name, future) {
            panic!("the nursery does not take '{name}': {e}");
        }
    }

    /// As [`start_soon`](Nursery::start_soon), for nurseries that may be full or closed.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) at the limit of children,
    /// [`Closed`](crate::ErrorKind::Closed) if it takes no more.
    ///
    /// ```
    /// # use crib::{ErrorKind, Nursery};
    /// # crib::run(Nursery::builder().max_children(1).run(async |n| {
    /// n.try_start_soon("one", async { Ok(()) })?;
    /// let full = n.try_start_soon("two", async { Ok(()) }).unwrap_err();
    /// assert_eq!(full.kind(), ErrorKind::WouldBlock);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn try_start_soon(&self, name: &str, future: impl Future<Output = Result<()>> + 'static) -> Result<()> {
        self.launch(name, Box::pin(future)).map(|_| ())
    }

    /// Starts a task whose result can be waited for.
    ///
    /// # Panics
    /// As [`start_soon`](Nursery::start_soon).
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// let sum = n.spawn("adder", async { Ok(1 + 2) });
    /// assert_eq!(sum.join().await?, 3);
    /// # Ok(()) })).unwrap();
    /// ```
    #[track_caller]
    pub fn spawn<T: 'static>(&self, name: &str, future: impl Future<Output = Result<T>> + 'static) -> Task<T> {
        self.try_spawn(name, future).unwrap_or_else(|e| panic!("the nursery does not take '{name}': {e}"))
    }

    /// As [`spawn`](Nursery::spawn), for nurseries that may be full or closed.
    ///
    /// # Errors
    /// As [`try_start_soon`](Nursery::try_start_soon).
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// let task = n.try_spawn("adder", async { Ok(1 + 2) })?;
    /// assert_eq!(task.join().await?, 3);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn try_spawn<T: 'static>(
        &self,
        name: &str,
        future: impl Future<Output = Result<T>> + 'static,
    ) -> Result<Task<T>> {
        let outcome = Outcome::new();
        let core = self.launch(name, Box::pin(outcome.clone().filled_by(future)))?;
        Ok(Task::new(&core, outcome))
    }

    fn launch(&self, name: &str, future: engine::BoxFuture) -> Result<Rc<Core>> {
        let members = &self.0;
        if members.closed.get() {
            return Err(Error::from_code(sys::CRIB_ECLOSED));
        }
        let locals = crate::local::inherited();
        let core = Core::new(Name::new(name), Some(future), Parent::Nobody, locals);
        engine::start_stackless(members.raw, &core).map_err(|_| refusal(members.raw))?;
        let index = members.insert(&core);
        core.set_parent(Parent::Nursery(members.clone(), index));
        Ok(core)
    }

    /// Starts a task and waits until it says that it is ready, by [`Started::set`]. Until then it is a child of the
    /// caller, and its failure the caller's.
    ///
    /// # Errors
    /// What the child failed with before; [`NotStarted`](crate::ErrorKind::NotStarted) if it ended without saying so;
    /// [`NurseryCancelled`](crate::ErrorKind::NurseryCancelled); Cancelled.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// let port = n.start("server", async |started| {
    ///     let port = 8080; // … bind …
    ///     started.set(port);
    ///     // … serve …
    ///     Ok(())
    /// }).await?;
    /// assert_eq!(port, 8080);
    /// # Ok(()) })).unwrap();
    /// ```
    pub async fn start<V: 'static, F>(&self, name: &str, child: F) -> Result<V>
    where
        F: AsyncFnOnce(Started<V>) -> Result<()> + 'static,
    {
        let locals = crate::local::inherited();
        let core = Core::new(Name::new(name), None, Parent::Nobody, locals);
        let (started, value) = Started::new(&core, &self.0);
        core.set_future(Box::pin(async move { child(started).await }));
        // If this future is dropped before the child has started, the child goes too.
        let mut guard = Unstarted(Some(core.clone()));
        Op::new(StartChild { members: self.0.clone(), core }).await?;
        guard.0 = None;
        value.take().ok_or_else(|| Error::from_code(sys::CRIB_ENOTSTARTED))
    }

    /// Waits until the nursery has room for another child.
    ///
    /// # Errors
    /// Cancelled; [`Closed`](crate::ErrorKind::Closed).
    ///
    /// ```
    /// # use crib::Nursery;
    /// # crib::run(Nursery::builder().max_children(2).run(async |n| {
    /// for i in 0..10 {
    ///     n.wait_room().await?;
    ///     n.start_soon("job", async move { println!("{i}"); Ok(()) });
    /// }
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn wait_room(&self) -> impl Future<Output = Result<()>> + use<> {
        wait_room(self.0.raw)
    }

    /// Waits until the nursery has no children, without closing it.
    ///
    /// # Errors
    /// Cancelled; misuse in one of its children.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// n.start_soon("first batch", async { Ok(()) });
    /// n.wait_idle().await?;
    /// assert_eq!(n.count(), 0);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn wait_idle(&self) -> impl Future<Output = Result<()>> + use<> {
        wait_idle(self.0.raw)
    }

    /// Cancels the nursery and everything in it, its body too; that is no failure.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// n.start_soon("forever", crib::sleep_forever());
    /// n.cancel("enough");
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn cancel(&self, reason: &str) {
        self.cancel_handle().cancel(reason);
    }

    /// The nursery's own scope: to cancel it softly, to give it a deadline, to shield it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(crib::nursery(async |n| {
    /// n.cancel_handle().set_deadline(crib::now() + Duration::from_secs(5))?;
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn cancel_handle(&self) -> CancelHandle {
        // SAFETY: a checked id.
        CancelHandle::from_raw(unsafe { sys::crib_nursery_scope(self.0.raw) })
    }

    /// The name of the task that opened it; `None` when it is over.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// assert_eq!(n.opened_by().as_deref(), Some("main"));
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn opened_by(&self) -> Option<String> {
        opener(self.0.raw)
    }

    /// How many children it has.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// assert_eq!(n.count(), 0);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn count(&self) -> usize {
        // SAFETY: a checked id.
        unsafe { sys::crib_nursery_count(self.0.raw) }
    }

    /// The library's handle: an id, for calls of `crib-sys`.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// assert!(!n.as_raw().is_null());
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn as_raw(&self) -> *mut sys::crib_nursery {
        self.0.raw
    }
}

/// A child that has not said yet that it is ready.
struct Unstarted(Option<Rc<Core>>);

impl Drop for Unstarted {
    fn drop(&mut self) {
        if let Some(child) = &self.0 {
            kill(child, None);
        }
    }
}

struct StartChild {
    members: Rc<Members>,
    core: Rc<Core>,
}

impl Begin for StartChild {
    type Output = ();
    const EXTRA: bool = true;

    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        let data = Rc::into_raw(self.core.clone()) as usize;
        let (resume, destroy) = (Some(engine::resume as _), Some(engine::destroy as _));
        let mut child = null_mut();
        // SAFETY: `destroy` gives the reference back in every case; the name lives in the core.
        let rc = unsafe {
            let name = self.core.name_ptr();
            sys::crib_begin_nursery_start_stackless(op, self.members.raw, name, resume, data, destroy, &mut child)
        };
        self.core.set_raw(child);
        begun(rc)
    }

    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        engine::drop_value(d.value);
        if d.status < 0 { Err(d.error()) } else { Ok(()) }
    }
}

pub(crate) fn opener(raw: *mut sys::crib_nursery) -> Option<String> {
    // SAFETY: a checked id; the task is borrowed, and its name lives through this call.
    unsafe {
        let task = sys::crib_nursery_parent_task(raw);
        (!task.is_null()).then(|| CStr::from_ptr(sys::crib_task_name(task)).to_string_lossy().into_owned())
    }
}

pub(crate) fn wait_room(raw: *mut sys::crib_nursery) -> impl Future<Output = Result<()>> {
    Op::new(Wait { raw, begin: sys::crib_begin_nursery_wait_room })
}

pub(crate) fn wait_idle(raw: *mut sys::crib_nursery) -> impl Future<Output = Result<()>> {
    Op::new(Wait { raw, begin: sys::crib_begin_nursery_wait_idle })
}

struct Wait {
    raw: *mut sys::crib_nursery,
    begin: unsafe extern "C" fn(*mut sys::crib_op, *mut sys::crib_nursery) -> i32,
}

impl Begin for Wait {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: checked ids.
        begun(unsafe { (self.begin)(op, self.raw) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}

/// Drops the children when the nursery's future is dropped.
struct KillChildren(Rc<Members>);

impl Drop for KillChildren {
    fn drop(&mut self) {
        self.0.closed.set(true);
        self.0.kill_all();
    }
}

/// Starts a task in a nursery that another language, or C, has opened.
///
/// # Errors
/// [`Closed`](crate::ErrorKind::Closed) if it takes no more.
///
/// # Safety
/// In the nursery's thread; `nursery` is one of this thread's run, or stale. What the future borrows outlives the run.
pub unsafe fn start_soon_in<'a>(
    nursery: *mut sys::crib_nursery,
    name: &str,
    future: impl Future<Output = Result<()>> + 'a,
) -> Result<()> {
    // SAFETY: the caller's promise.
    let future = unsafe { erase(Box::pin(future)) };
    let core = Core::new(Name::new(name), Some(future), Parent::Nobody, crate::local::inherited());
    engine::start_stackless(nursery, &core).map_err(|_| refusal(nursery))
}
