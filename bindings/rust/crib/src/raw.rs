//! For programs that mix languages: C fibers beside Rust's tasks, and Rust's tasks in nurseries of C.

pub use crate::nursery::start_soon_in;

use crate::engine::{Begin, Core, Done, Op, begun, code};
use crate::error::Result;
use crate::nursery::Nursery;
use crate::sys;
use std::ffi::{CStr, c_void};
use std::future::Future;
use std::ptr::null_mut;
use std::rc::Rc;

struct Call {
    body: sys::crib_body_fn,
    user_data: *mut c_void,
    destroy: sys::crib_destroy_fn,
    begun: bool,
}

impl Begin for Call {
    type Output = i32;
    const EXTRA: bool = true;

    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        self.begun = true;
        // SAFETY: the promise made to `call`; the user data is destroyed in every case.
        begun(unsafe { sys::crib_begin_call(op, self.body, self.user_data, self.destroy) })
    }

    fn finish(&mut self, d: Done<'_>) -> Result<i32> {
        if d.status < 0 { Err(d.error()) } else { d.count() }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let (false, Some(destroy)) = (self.begun, self.destroy) {
            // SAFETY: it was never begun, so nobody else destroys it.
            unsafe { destroy(self.user_data) }
        }
    }
}

/// Runs C code on a pooled fiber, inside the caller's scope: every blocking function of the library, and what is built on
/// them, can be used from Rust.
///
/// # Errors
/// What the body failed with; Cancelled.
///
/// # Safety
/// `body` may be called once with `user_data`, on a stack of 256 KiB, and then `destroy`, both in this thread. Rust code
/// in the body must not panic, nor hold borrows of thread locals while it blocks.
///
/// ```
/// use crib::sys;
/// use std::ffi::{c_int, c_void};
///
/// unsafe extern "C" fn body(_: *mut c_void) -> c_int {
///     // SAFETY: in a fiber.
///     let rc = unsafe { sys::crib_sleep(1_000_000) };
///     if rc < 0 { rc } else { 42 }
/// }
///
/// # crib::run(async {
/// // SAFETY: the body needs no data.
/// let answer = unsafe { crib::raw::call(Some(body), std::ptr::null_mut(), None) }.await?;
/// assert_eq!(answer, 42);
/// # Ok(()) }).unwrap();
/// ```
pub unsafe fn call(
    body: sys::crib_body_fn,
    user_data: *mut c_void,
    destroy: sys::crib_destroy_fn,
) -> impl Future<Output = Result<i32>> {
    Op::new(Call { body, user_data, destroy, begun: false })
}

/// Starts a C fiber in a nursery, beside Rust's tasks.
///
/// # Errors
/// As [`Nursery::try_start_soon`].
///
/// # Safety
/// As [`call`].
///
/// ```
/// use crib::sys;
/// use std::ffi::{c_int, c_void};
///
/// unsafe extern "C" fn body(tx: *mut c_void) -> c_int {
///     // SAFETY: in a fiber that owns the end.
///     unsafe { sys::crib_sender_send(tx.cast(), sys::crib_value_int(42)) }
/// }
///
/// # crib::run(crib::nursery(async |n| {
/// let (tx, rx) = crib::channel::<i64>(0)?;
/// // SAFETY: the fiber owns its end, and gives it up.
/// unsafe { crib::raw::start_fiber(&n, c"fiber", Some(body), tx.into_raw().cast(), Some(sys::crib_unref))? };
/// assert_eq!(rx.recv().await?, Some(42));
/// # Ok(()) })).unwrap();
/// ```
pub unsafe fn start_fiber(
    nursery: &Nursery,
    name: &'static CStr,
    body: sys::crib_body_fn,
    user_data: *mut c_void,
    destroy: sys::crib_destroy_fn,
) -> Result<()> {
    // SAFETY: the caller's promise; the name is static.
    let rc = unsafe { sys::crib_nursery_start_soon(nursery.as_raw(), name.as_ptr(), body, user_data, destroy) };
    code(rc).map(|_| ())
}

/// The library's task that is being run, borrowed; NULL outside tasks.
///
/// ```
/// # crib::run(async {
/// assert!(!crib::raw::current_task().is_null());
/// # Ok(()) }).unwrap();
/// ```
pub fn current_task() -> *mut sys::crib_task {
    crate::engine::current().map_or(null_mut(), |here| here.task.raw())
}
