//! A number of tasks wait until all of them have come.

use crate::engine::{Begin, Core, Done, Op, begun, code, made};
use crate::error::{Error, Result};
use crate::handle::Counted;
use crate::sys;
use std::future::Future;
use std::rc::Rc;

/// A number of tasks wait until all of them have come; one round after another.
///
/// ```
/// # use crib::Barrier;
/// # crib::run(async {
/// let barrier = Barrier::new(3)?;
/// let leaders = std::cell::Cell::new(0);
/// crib::scope(async |s| {
///     for _ in 0..3 {
///         s.start_soon("party", async {
///             if barrier.wait().await? {
///                 leaders.set(leaders.get() + 1); // one of them, the last to come
///             }
///             Ok(())
///         });
///     }
///     Ok(())
/// })
/// .await?;
/// assert_eq!(leaders.get(), 1);
/// # Ok(()) }).unwrap();
/// ```
pub struct Barrier(Counted<sys::crib_barrier>);

impl Barrier {
    /// A barrier for a number of tasks, at least one.
    ///
    /// # Errors
    /// Misuse outside a run, and for none.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(crib::Barrier::new(0).is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new(parties: u32) -> Result<Self> {
        if parties == 0 {
            return Err(Error::misuse("a barrier for nobody"));
        }
        // SAFETY: the handle is ours.
        made(unsafe { sys::crib_barrier_new(parties) }).map(Self)
    }

    /// Waits until as many tasks have come. True for the one that came last. Whoever is cancelled has not come.
    ///
    /// # Errors
    /// Cancelled.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(crib::Barrier::new(1)?.wait().await?);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn wait(&self) -> impl Future<Output = Result<bool>> + use<'_> {
        Op::new(Wait(&self.0))
    }

    /// How many wait for the others.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Barrier::new(2)?.waiting()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn waiting(&self) -> Result<usize> {
        let size = size_of::<sys::crib_barrier_stats>();
        let mut stats = sys::crib_barrier_stats { size, waiting: 0, rounds: 0, parties: 0, reserved: 0 };
        // SAFETY: a counted handle; the struct is filled in.
        code(unsafe { sys::crib_barrier_statistics(self.0.as_ptr(), &mut stats) })?;
        Ok(stats.waiting)
    }
}

struct Wait<'a>(&'a Counted<sys::crib_barrier>);

impl Begin for Wait<'_> {
    type Output = bool;
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { sys::crib_begin_barrier_wait(op, self.0.as_ptr()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<bool> {
        d.count().map(|last| last == 1)
    }
}
