//! Opening and closing a nursery of the library.

use super::builder::{NurseryBuilder, OnFailure};
use crate::engine::{self, Begin, Core, Done, Op, Slot, begun, current, enter};
use crate::error::{Error, Result};
use crate::sys;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::ptr::null_mut;
use std::rc::Rc;

unsafe extern "C" fn failed(task: *mut sys::crib_task, error: *mut sys::crib_error, data: *mut c_void) {
    // SAFETY: the task that opened the nursery keeps this until it has ended.
    let told = unsafe { &*data.cast::<RefCell<OnFailure>>() };
    // SAFETY: the name lives through this call; of the error we take a reference of our own.
    let (name, error) = unsafe {
        let name = std::ffi::CStr::from_ptr(sys::crib_task_name(task)).to_string_lossy().into_owned();
        (name, Error::from_raw(sys::crib_error_ref(error)))
    };
    let Some(error) = error else { return };
    // A failure that is told of while another one is (the function cancelled something) is dropped.
    if let Ok(mut told) = told.try_borrow_mut() {
        engine::leave(|| engine::quietly(|| told(&name, error)));
    }
}

/// A nursery of the library that is open. Dropped before it is closed, it is cancelled and left to its task, which does
/// not end before it.
pub(crate) struct Open {
    pub(crate) raw: *mut sys::crib_nursery,
    pub(crate) owner: Rc<Core>,
    /// The scope around it.
    outer: *mut sys::crib_scope,
    scope: *mut sys::crib_scope,
    /// To close it with, so that closing cannot fail; gone once it has begun to close.
    slot: Cell<Option<Slot>>,
}

impl Open {
    pub(crate) fn new(builder: NurseryBuilder) -> Result<Self> {
        let here = current()?;
        let slot = Slot::reserve(&here)?;
        let parent = if here.scope.is_null() { here.task.own_scope() } else { here.scope };
        let mut options = builder.options(parent);
        if let Some(told) = builder.on_failure {
            let told: Rc<RefCell<OnFailure>> = Rc::new(RefCell::new(told));
            options.on_failure = Some(failed);
            options.user_data = Rc::as_ptr(&told).cast_mut().cast();
            here.task.keep(told);
        }
        // SAFETY: the options are copied.
        let raw = unsafe { sys::crib_nursery_open_with(&options) };
        if raw.is_null() {
            return Err(Error::from_code(crate::error::UV_ENOMEM));
        }
        // SAFETY: the nursery is open.
        let scope = unsafe { sys::crib_nursery_scope(raw) };
        Ok(Self { raw, owner: here.task, outer: here.scope, scope, slot: Cell::new(Some(slot)) })
    }

    /// Polls what is inside.
    pub(crate) fn enter<T>(&self, f: impl FnOnce() -> T) -> T {
        enter(&self.owner, self.scope, f)
    }

    /// Closes it with the result of its body, and waits. `None`: it was cancelled by itself before there was one.
    pub(crate) fn close<T>(&self, result: Result<T>) -> impl Future<Output = Result<Option<T>>> {
        let (value, error) = match result {
            Ok(v) => (Some(v), null_mut()),
            Err(e) => (None, e.into_raw(self.scope)),
        };
        let slot = self.slot.take().expect("a nursery is closed once");
        let close = Op::reserved(Close { raw: self.raw, error }, slot);
        // Whoever polls: it is the task that opened the nursery that closes it, in the scope around.
        let (owner, outer) = (self.owner.clone(), self.outer);
        async move {
            let mut close = pin!(close);
            poll_fn(|cx| enter(&owner, outer, || close.as_mut().poll(cx))).await?;
            Ok(value)
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(slot) = self.slot.take() else { return };
        if !self.owner.is_living() {
            return;
        }
        // SAFETY: checked ids; what is begun goes on without us, and the task's end waits for it.
        unsafe {
            sys::crib_nursery_cancel(self.raw, c"its future was dropped".as_ptr());
            sys::crib_begin_nursery_close(slot.op(), self.raw, null_mut());
        }
        slot.abandon();
    }
}

struct Close {
    raw: *mut sys::crib_nursery,
    error: *mut sys::crib_error,
}

impl Begin for Close {
    type Output = ();
    const EXTRA: bool = true;

    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        let error = std::mem::replace(&mut self.error, null_mut());
        // SAFETY: checked ids; the error is consumed.
        begun(unsafe { sys::crib_begin_nursery_close(op, self.raw, error) })
    }

    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        if d.status < 0 { Err(d.error()) } else { Ok(()) }
    }
}

impl Drop for Close {
    fn drop(&mut self) {
        // SAFETY: ours, if it was never begun.
        unsafe { sys::crib_unref(self.error.cast()) }
    }
}
