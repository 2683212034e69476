//! Handles of tasks, and how a child says that it is ready.

use crate::engine::{Begin, Core, Done, Op, begun, code, current};
use crate::error::{Error, Result, UV_ECANCELED};
use crate::handle::Counted;
use crate::nursery::Members;
use crate::sys;
use crate::value::Value;
use std::cell::Cell;
use std::ffi::CStr;
use std::future::Future;
use std::rc::Rc;

/// Where a task leaves its result.
pub(crate) struct Outcome<T>(Cell<Option<T>>);

impl<T> Outcome<T> {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self(Cell::new(None)))
    }

    pub(crate) async fn filled_by(self: Rc<Self>, future: impl Future<Output = Result<T>>) -> Result<()> {
        let value = future.await?;
        self.0.set(Some(value));
        Ok(())
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.0.take()
    }
}

/// A handle of a task that was [spawned](crate::Nursery::spawn). Dropping it leaves the task alone: the nursery awaits
/// it.
pub struct Task<T> {
    raw: Counted<sys::crib_task>,
    outcome: Rc<Outcome<T>>,
}

impl<T> Task<T> {
    pub(crate) fn new(core: &Rc<Core>, outcome: Rc<Outcome<T>>) -> Self {
        // SAFETY: the task was started just now; the new reference is the handle's.
        let raw = unsafe { Counted::from_raw(sys::crib_task_ref(core.raw())) };
        Self { raw: raw.expect("a task that was started"), outcome }
    }

    /// Waits until the task has ended, and takes its result.
    ///
    /// # Errors
    /// Cancelled, of this wait; the code that the task failed with, while the failure itself goes to its nursery;
    /// [`Aborted`](crate::ErrorKind::Aborted) if it was cancelled by itself.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// let task = n.spawn("work", async { Ok("result") });
    /// assert_eq!(task.join().await?, "result");
    /// # Ok(()) })).unwrap();
    /// ```
    pub async fn join(self) -> Result<T> {
        self.wait().await?;
        // SAFETY: the task has ended.
        let rc = unsafe { sys::crib_task_result_code(self.raw.as_ptr()) };
        let failed = || match rc {
            sys::CRIB_ECANCELLED | 0.. => {
                Error::with_code(UV_ECANCELED, &format!("task '{}' was cancelled", self.name()))
            }
            code => Error::with_code(code, &format!("task '{}' failed", self.name())),
        };
        self.outcome.take().ok_or_else(failed)
    }

    /// Its result, if it has left one and nobody took it.
    pub(crate) fn take(&self) -> Option<T> {
        self.outcome.take()
    }

    /// Waits until the task has ended.
    ///
    /// # Errors
    /// Cancelled, of this wait; misuse in the task itself.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// let task = n.spawn("work", async { Ok(()) });
    /// task.wait().await?;
    /// assert!(task.is_finished());
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn wait(&self) -> impl Future<Output = Result<()>> + use<'_, T> {
        Op::new(Wait(&self.raw))
    }

    /// Cancels the task and everything below it. Its nursery does not fail.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// let task = n.spawn("forever", crib::sleep_forever());
    /// task.cancel("not needed");
    /// assert_eq!(task.join().await.unwrap_err().kind(), crib::ErrorKind::Aborted);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn cancel(&self, reason: &str) {
        let reason = crate::error::c_string(reason);
        // SAFETY: the handle is counted; the reason is copied.
        unsafe { sys::crib_task_cancel(self.raw.as_ptr(), reason.as_ptr()) };
    }

    /// Whether the task has ended.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// assert!(!n.spawn("work", async { Ok(()) }).is_finished());
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn is_finished(&self) -> bool {
        // SAFETY: the handle is counted.
        unsafe { sys::crib_task_state(self.raw.as_ptr()) == sys::CRIB_TASK_ENDED }
    }

    /// The name it was started with; "(ended)" once it has ended.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// assert_eq!(n.spawn("work", async { Ok(()) }).name(), "work");
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn name(&self) -> String {
        // SAFETY: the handle is counted, and the name lives through this call.
        unsafe { CStr::from_ptr(sys::crib_task_name(self.raw.as_ptr())) }.to_string_lossy().into_owned()
    }

    /// The library's handle, borrowed.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// assert!(!n.spawn("work", async { Ok(()) }).as_raw().is_null());
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn as_raw(&self) -> *mut sys::crib_task {
        self.raw.as_ptr()
    }
}

struct Wait<'a>(&'a Counted<sys::crib_task>);

impl Begin for Wait<'_> {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { sys::crib_begin_task_wait(op, self.0.as_ptr()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        // SAFETY: the task's code, as a value, is ours.
        drop(unsafe { Value::from_raw(d.value) });
        d.count().map(|_| ())
    }
}

/// What a child begun by [`Nursery::start`](crate::Nursery::start) says it is ready with.
///
/// ```
/// # crib::run(crib::nursery(async |n| {
/// let ready = n.start("child", async |started: crib::Started<&str>| {
///     started.set("ready");
///     Ok(())
/// }).await?;
/// assert_eq!(ready, "ready");
/// # Ok(()) })).unwrap();
/// ```
///
/// Nobody says it twice:
///
/// ```compile_fail,E0382
/// # crib::run(crib::nursery(async |n| {
/// n.start("child", async |started: crib::Started<i32>| {
///     started.set(1);
///     started.set(2);
///     Ok(())
/// }).await?;
/// # Ok(()) })).unwrap();
/// ```
pub struct Started<V> {
    child: std::rc::Weak<Core>,
    target: Rc<Members>,
    value: Rc<Outcome<V>>,
}

impl<V> Started<V> {
    pub(crate) fn new(child: &Rc<Core>, target: &Rc<Members>) -> (Self, Rc<Outcome<V>>) {
        let value = Outcome::new();
        let child = Rc::downgrade(child);
        (Self { child, target: target.clone(), value: value.clone() }, value)
    }

    /// Says that the child is ready: it moves into the nursery, and `start` returns `value`.
    ///
    /// If the caller of `start` has been cancelled meanwhile, the child does not move and is cancelled where it is.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// n.start("child", async |started| { started.set(()); Ok(()) }).await?;
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn set(self, value: V) {
        let Some(child) = self.child.upgrade().filter(|c| c.is_living()) else { return };
        self.value.0.set(Some(value));
        // SAFETY: the task has not ended.
        let moved = unsafe {
            sys::crib_task_started_by(child.raw(), crate::value::NIL) == 0
                && sys::crib_task_eventual_parent_nursery(child.raw()).is_null()
        };
        if moved {
            self.target.adopt(&child);
        }
    }
}

/// The name of the task that is running; `None` outside tasks.
///
/// ```
/// # crib::run(async {
/// assert_eq!(crib::task_name().as_deref(), Some("main"));
/// # Ok(()) }).unwrap();
/// ```
pub fn task_name() -> Option<String> {
    let task = current().ok()?.task;
    if !task.is_living() {
        return Some(task.name());
    }
    // SAFETY: a task that lives; the name lives through this call.
    let name = unsafe { CStr::from_ptr(sys::crib_task_name(task.raw())) };
    Some(name.to_string_lossy().into_owned())
}

/// Gives the task that is running another name.
///
/// # Errors
/// Misuse outside a task.
///
/// ```
/// # crib::run(async {
/// crib::set_task_name("in charge")?;
/// assert_eq!(crib::task_name().as_deref(), Some("in charge"));
/// # Ok(()) }).unwrap();
/// ```
pub fn set_task_name(name: &str) -> Result<()> {
    let task = current()?.task;
    let name = crate::error::c_string(name);
    // SAFETY: a checked task; the name is copied.
    code(unsafe { sys::crib_task_set_name(task.raw(), name.as_ptr()) }).map(|_| ())
}
