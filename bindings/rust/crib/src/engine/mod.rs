//! How Rust's futures become stackless tasks of the library.
//!
//! * Every task is a [`Core`]: the Rust side of one `crib_task`. The library resumes it whenever one of its op slots has
//!   completed; it then polls its future, or wakes who polls it ([`driver`]).
//! * A wait is an [`Op`]: a leaf future over one op slot of the task that first polls it ([`op`]).
//! * Who is polled, and under which scope, is in [`context`].
//!
//! The rules that make this sound: nothing in the library points into a future; what the library holds is a counted
//! reference to the core, given back by `destroy`. Futures that borrow are owned by the future that owns what they
//! borrow from, and only polled by it. No `RefCell` is borrowed while code of the application or the library runs.

mod context;
mod core;
mod driver;
mod name;
mod op;
mod slab;
mod wake;

pub(crate) use self::context::{current, enter, leave, outside_tasks};
pub(crate) use self::core::{BoxFuture, Core, Parent, erase};
pub(crate) use self::driver::{Polled, destroy, kill, poll, resume, start_stackless};
pub(crate) use self::name::Name;
pub(crate) use self::op::{Begin, Done, Op, Slot, begun, code, done, drop_value, made, now, poll_once};
pub(crate) use self::slab::Slab;
pub(crate) use self::wake::this_thread;

use crate::error::{Error, Result};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs code of the application whose panic has nowhere to go: the panic hook has told of it.
pub(crate) fn quietly(f: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(f));
}

/// Runs code of the application; a panic becomes an error.
pub(crate) fn catching<T>(f: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(f)).map_err(Error::panicked)
}
