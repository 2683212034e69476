//! Who is being polled in this thread, and under which scope operations work that begin now.

use super::core::Core;
use crate::{error, error::Error, sys};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::rc::Rc;

#[derive(Clone, Copy)]
struct Here {
    task: *const Core,
    scope: *mut sys::crib_scope,
}

thread_local! {
    static HERE: Cell<Here> = const { Cell::new(Here { task: null(), scope: null_mut() }) };
}

/// The task that is being polled and the scope it is in (NULL: its own).
pub(crate) struct Context {
    pub(crate) task: Rc<Core>,
    pub(crate) scope: *mut sys::crib_scope,
}

/// What is polled now; an error outside tasks.
pub(crate) fn current() -> error::Result<Context> {
    let here = HERE.get();
    if here.task.is_null() {
        return Err(Error::misuse("used outside a task: only inside crib::run"));
    }
    // SAFETY: `enter` keeps the core alive while it stands here.
    let task = unsafe {
        Rc::increment_strong_count(here.task);
        Rc::from_raw(here.task)
    };
    Ok(Context { task, scope: here.scope })
}

/// Puts back what was there before, also when what is polled panics.
struct Back(Here);

impl Drop for Back {
    fn drop(&mut self) {
        HERE.set(self.0);
    }
}

/// Polls (or drops) something as `task`, in `scope`.
pub(crate) fn enter<T>(task: &Rc<Core>, scope: *mut sys::crib_scope, f: impl FnOnce() -> T) -> T {
    let _back = Back(HERE.replace(Here { task: Rc::as_ptr(task), scope }));
    f()
}

/// Runs a callback, which belongs to no task, whoever is being polled.
pub(crate) fn leave<T>(f: impl FnOnce() -> T) -> T {
    let _back = Back(HERE.replace(Here { task: null(), scope: null_mut() }));
    f()
}

/// Makes a call to the library where it sees no current task, as from one of its callbacks.
///
/// A scope closes in the task that opened it or in a callback. A task whose future another one polls (see
/// [`scope`](crate::scope)) may come to close a scope while the library takes the other for the current task.
pub(crate) fn outside_tasks<T>(f: impl FnOnce() -> T) -> T {
    struct Call<F, T> {
        f: Option<F>,
        result: Option<T>,
    }
    unsafe extern "C" fn call<F: FnOnce() -> T, T>(p: *mut c_void) {
        // SAFETY: `p` is the `Call` below, which outlives this.
        let call = unsafe { &mut *p.cast::<Call<F, T>>() };
        if let Some(f) = call.f.take() {
            call.result = Some(f());
        }
    }
    fn table<F: FnOnce() -> T, T>(_: &Call<F, T>) -> sys::crib_vtable {
        let size = size_of::<sys::crib_vtable>();
        sys::crib_vtable { size, drop: Some(call::<F, T>), kind: c"a call".as_ptr(), flags: 0 }
    }
    let mut call = Call { f: Some(f), result: None };
    let vt = table(&call);
    // SAFETY: a value is dropped at once, by its table's function, as a callback.
    unsafe { sys::crib_value_drop(sys::crib_value { p: (&raw mut call).cast(), vt: &raw const vt }) }
    call.result.expect("the library drops a value at once")
}
