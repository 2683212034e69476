//! Synchronisation between the tasks of one run. Everything here is for the thread of its run.

mod barrier;
mod condition;
mod event;
mod limiter;
mod lock;
mod rwlock;
mod semaphore;

pub use barrier::Barrier;
pub use condition::Condition;
pub use event::Event;
pub use limiter::{Limiter, LimiterGuard};
pub use lock::{Lock, LockGuard};
pub use rwlock::{ReadGuard, RwLock, WriteGuard};
pub use semaphore::{Permit, Semaphore};

use crate::engine::{Begin, Core, Done, Op, begun, done};
use crate::error::Result;
use crate::handle::Counted;
use crate::sys;
use std::future::Future;
use std::rc::Rc;

/// An operation of a handle that has no result but success.
pub(crate) struct Simple<'a, T> {
    on: &'a Counted<T>,
    begin: unsafe extern "C" fn(*mut sys::crib_op, *mut T) -> i32,
}

impl<T> Begin for Simple<'_, T> {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { (self.begin)(op, self.on.as_ptr()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}

pub(crate) fn simple<'a, T>(
    on: &'a Counted<T>,
    begin: unsafe extern "C" fn(*mut sys::crib_op, *mut T) -> i32,
) -> impl Future<Output = Result<()>> + use<'a, T> {
    Op::new(Simple { on, begin })
}
