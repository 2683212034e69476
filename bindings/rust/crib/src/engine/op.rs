//! Leaf futures: one operation of the library, in an op slot of the task that first polls it.

use super::context::{Context as Here, current};
use super::core::Core;
use crate::error::{Error, Result};
use crate::handle::Counted;
use crate::sys;
use crate::value::{NIL, Value};
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::ptr::null_mut;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// One kind of operation: how it begins and what its result means.
pub(crate) trait Begin: Unpin {
    type Output;
    /// It cannot be undone at once: it needs a slot that can be given up.
    const EXTRA: bool = false;

    /// Begins it. Nothing of `self` may be pointed to afterwards.
    fn begin(&mut self, op: *mut sys::crib_op, task: &Rc<Core>) -> sys::crib_result;

    /// Takes the result of an op that may be done; CRIB_PENDING if it is not.
    fn take(&mut self, op: *mut sys::crib_op, result: &mut sys::crib_result) -> i32 {
        // SAFETY: a checked id and a place for the result.
        unsafe { sys::crib_op_take(op, result) }
    }

    /// What came of it. `done.value` is owned.
    fn finish(&mut self, done: Done<'_>) -> Result<Self::Output>;
}

/// A result that was taken.
pub(crate) struct Done<'a> {
    pub(crate) status: i32,
    pub(crate) value: sys::crib_value,
    pub(crate) task: &'a Rc<Core>,
    op: *mut sys::crib_op,
}

impl Done<'_> {
    /// The tree that came with the result, if one did.
    pub(crate) fn tree(&self) -> Option<Error> {
        // SAFETY: a checked id; the tree is ours.
        unsafe { Error::from_raw(sys::crib_op_take_error(self.op)) }
    }

    /// The error: the tree that came with the result, or the code.
    pub(crate) fn error(&self) -> Error {
        self.tree().unwrap_or_else(|| Error::from_code(self.status))
    }

    /// For operations without a value: 0 or a count, or the error.
    pub(crate) fn count(self) -> Result<i32> {
        if self.status < 0 {
            return Err(self.plain_error());
        }
        Ok(self.status)
    }

    /// As `error`, for operations that have no tree.
    pub(crate) fn plain_error(&self) -> Error {
        Error::from_code(self.status)
    }
}

/// What a begin function without a value returns, as a result.
pub(crate) fn begun(status: i32) -> sys::crib_result {
    sys::crib_result { status, flags: 0, value: NIL }
}

/// A code of the library as a result.
pub(crate) fn code(rc: i32) -> Result<i32> {
    if rc < 0 { Err(Error::from_code(rc)) } else { Ok(rc) }
}

/// An operation whose result is 0 or an error.
pub(crate) fn done(d: Done<'_>) -> Result<()> {
    d.count().map(|_| ())
}

const TASK_ENDED: &str = "the task that began this operation has ended";

enum State {
    Idle,
    /// As `Idle`, with the slot to use.
    Reserved(Slot),
    Pending {
        task: Rc<Core>,
        slot: u32,
        op: *mut sys::crib_op,
    },
    Over,
}

/// A slot that is kept for an operation that must not fail for want of one.
pub(crate) struct Slot {
    task: Rc<Core>,
    slot: u32,
    op: *mut sys::crib_op,
}

impl Slot {
    /// A slot of the task that is polled now, one that can be given up.
    pub(crate) fn reserve(here: &Here) -> Result<Self> {
        let (slot, op) = here.task.acquire(here.scope, true)?;
        Ok(Self { task: here.task.clone(), slot, op })
    }

    pub(crate) fn op(&self) -> *mut sys::crib_op {
        self.op
    }

    /// What it does goes on without us.
    pub(crate) fn abandon(self) {
        let this = ManuallyDrop::new(self);
        this.task.abandon(this.slot, this.op, true);
        // SAFETY: not used any more, and not dropped.
        drop(unsafe { std::ptr::read(&this.task) });
    }

    fn into_parts(self) -> (Rc<Core>, u32, *mut sys::crib_op) {
        let this = ManuallyDrop::new(self);
        // SAFETY: as above.
        (unsafe { std::ptr::read(&this.task) }, this.slot, this.op)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.task.release(self.slot);
    }
}

/// The future of an operation. Dropping it undoes it.
#[must_use = "an operation does nothing until it is awaited"]
pub(crate) struct Op<B: Begin> {
    kind: B,
    state: State,
}

impl<B: Begin> Op<B> {
    pub(crate) fn new(kind: B) -> Self {
        Self { kind, state: State::Idle }
    }

    pub(crate) fn reserved(kind: B, slot: Slot) -> Self {
        Self { kind, state: State::Reserved(slot) }
    }

    #[inline]
    fn start(&mut self, cx: &mut Context<'_>) -> Poll<Result<B::Output>> {
        self.state = State::Over;
        let here = current()?;
        let (slot, op) = here.task.acquire(here.scope, B::EXTRA)?;
        self.begin(here.task, slot, op, cx)
    }

    #[inline]
    fn begin(
        &mut self,
        task: Rc<Core>,
        slot: u32,
        op: *mut sys::crib_op,
        cx: &mut Context<'_>,
    ) -> Poll<Result<B::Output>> {
        let begun = self.kind.begin(op, &task);
        if begun.status == sys::CRIB_PENDING {
            task.register(slot, cx.waker());
            self.state = State::Pending { task, slot, op };
            return Poll::Pending;
        }
        let done = Done { status: begun.status, value: begun.value, task: &task, op };
        let output = self.kind.finish(done);
        task.release(slot);
        Poll::Ready(output)
    }

    #[cold]
    fn start_reserved(&mut self, cx: &mut Context<'_>) -> Poll<Result<B::Output>> {
        let State::Reserved(slot) = std::mem::replace(&mut self.state, State::Over) else { unreachable!() };
        let (task, slot, op) = slot.into_parts();
        if !task.is_living() {
            return Poll::Ready(Err(Error::misuse(TASK_ENDED)));
        }
        self.begin(task, slot, op, cx)
    }
}

impl<B: Begin> Future for Op<B> {
    type Output = Result<B::Output>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let (slot, op) = match &this.state {
            State::Idle => return this.start(cx),
            State::Reserved(_) => return this.start_reserved(cx),
            State::Over => panic!("an operation was polled after it was done"),
            State::Pending { task, .. } if !task.is_living() => {
                this.state = State::Over;
                return Poll::Ready(Err(Error::misuse(TASK_ENDED)));
            }
            State::Pending { slot, op, .. } => (*slot, *op),
        };
        let mut result = begun(0);
        let rc = this.kind.take(op, &mut result);
        let State::Pending { task, .. } = &this.state else { unreachable!() };
        if rc == sys::CRIB_PENDING {
            task.register(slot, cx.waker());
            return Poll::Pending;
        }
        let status = if rc < 0 { rc } else { result.status };
        let output = this.kind.finish(Done { status, value: result.value, task, op });
        task.release(slot);
        this.state = State::Over;
        Poll::Ready(output)
    }
}

impl<B: Begin> Drop for Op<B> {
    fn drop(&mut self) {
        if let State::Pending { task, slot, op } = &self.state {
            task.abandon(*slot, *op, B::EXTRA);
        }
    }
}

/// Carries out an operation if that needs no wait. `nowait` does so for the library's current task, which is another one
/// where a task is polled in the turn of somebody else: there the operation is begun, and undone if it has to wait.
pub(crate) fn now<B: Begin>(mut kind: B, nowait: impl FnOnce() -> i32) -> Result<B::Output> {
    let task = current()?.task;
    // SAFETY: asks only.
    if unsafe { sys::crib_task_current() } != task.raw() {
        return poll_once(kind);
    }
    let done = Done { status: nowait(), value: NIL, task: &task, op: null_mut() };
    kind.finish(done)
}

/// Polls an operation once, and undoes it if it is not done then.
pub(crate) fn poll_once<B: Begin>(kind: B) -> Result<B::Output> {
    let mut op = Op::new(kind);
    match Pin::new(&mut op).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(Error::from_code(sys::CRIB_EWOULDBLOCK)),
    }
}

/// The value of a result that must have none.
pub(crate) fn drop_value(value: sys::crib_value) {
    // SAFETY: the value is ours.
    drop(unsafe { Value::from_raw(value) });
}

/// The reference of a new handle; without memory, an error.
pub(crate) fn made<T>(raw: *mut T) -> Result<Counted<T>> {
    // SAFETY: what `_new` functions return is ours.
    unsafe { Counted::from_raw(raw) }.ok_or_else(refused)
}

/// Why a handle could not be made.
fn refused() -> Error {
    // SAFETY: asks only.
    if unsafe { sys::crib_runtime_current() }.is_null() {
        return Error::misuse("made outside a run: only inside crib::run");
    }
    Error::from_code(crate::error::UV_ENOMEM)
}
