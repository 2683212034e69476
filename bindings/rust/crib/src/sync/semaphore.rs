//! A number of permits without owners.

use crate::engine::{Begin, Core, Done, Op, begun, code, made};
use crate::error::{Error, Result};
use crate::handle::Counted;
use crate::sys;
use std::future::Future;
use std::rc::Rc;

/// A number of permits. One that is given back goes to the oldest waiter at once.
///
/// ```
/// # use crib::Semaphore;
/// # crib::run(async {
/// let at_most_two = Semaphore::new(2)?;
/// crib::scope(async |s| {
///     for _ in 0..5 {
///         s.start_soon("worker", async {
///             let _permit = at_most_two.acquire().await?;
///             crib::checkpoint().await
///         });
///     }
///     Ok(())
/// })
/// .await?;
/// # Ok(()) }).unwrap();
/// ```
pub struct Semaphore(Counted<sys::crib_semaphore>);

impl Semaphore {
    /// A semaphore with so many permits to give.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Semaphore::new(3)?.permits()?, 3);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new(permits: u32) -> Result<Self> {
        // SAFETY: the handle is ours.
        made(unsafe { sys::crib_semaphore_new(permits, 0) }).map(Self)
    }

    /// A semaphore with so many permits to give, that never has more than `most`, at least one.
    ///
    /// # Errors
    /// Misuse outside a run, and for more permits than `most`.
    ///
    /// ```
    /// # crib::run(async {
    /// let s = crib::Semaphore::with_most(1, 1)?;
    /// assert!(s.release(1).is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn with_most(permits: u32, most: u32) -> Result<Self> {
        if permits > most || most == 0 {
            return Err(Error::misuse("a semaphore with more permits than it may have"));
        }
        // SAFETY: the handle is ours.
        made(unsafe { sys::crib_semaphore_new(permits, most) }).map(Self)
    }

    /// Takes a permit, waiting for one; it is given back when it is dropped.
    ///
    /// # Errors
    /// Cancelled.
    ///
    /// ```
    /// # crib::run(async {
    /// let s = crib::Semaphore::new(1)?;
    /// let permit = s.acquire().await?;
    /// assert!(s.try_acquire().is_none());
    /// drop(permit);
    /// assert!(s.try_acquire().is_some());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn acquire(&self) -> impl Future<Output = Result<Permit<'_>>> + use<'_> {
        Op::new(Acquire(self))
    }

    /// Takes a permit if that needs no wait.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(crib::Semaphore::new(0)?.try_acquire().is_none());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        // SAFETY: a counted handle, in its thread.
        let rc = unsafe { sys::crib_semaphore_acquire_nowait(self.raw()) };
        (rc == 0).then_some(Permit(self))
    }

    /// Adds permits.
    ///
    /// # Errors
    /// Beyond 2^32 - 1.
    ///
    /// ```
    /// # crib::run(async {
    /// let s = crib::Semaphore::new(0)?;
    /// s.release(2)?;
    /// assert_eq!(s.permits()?, 2);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn release(&self, permits: u32) -> Result<()> {
        for _ in 0..permits {
            // SAFETY: a counted handle, in its thread.
            code(unsafe { sys::crib_semaphore_release(self.raw()) })?;
        }
        Ok(())
    }

    /// How many permits there are to give.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Semaphore::new(3)?.permits()?, 3);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn permits(&self) -> Result<u32> {
        self.statistics().map(|stats| stats.value)
    }

    /// How many wait for a permit.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Semaphore::new(3)?.waiting()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn waiting(&self) -> Result<usize> {
        self.statistics().map(|stats| stats.waiting)
    }

    fn statistics(&self) -> Result<sys::crib_semaphore_stats> {
        let size = size_of::<sys::crib_semaphore_stats>();
        let mut stats = sys::crib_semaphore_stats { size, waiting: 0, value: 0, max: 0 };
        // SAFETY: a counted handle; the struct is filled in.
        code(unsafe { sys::crib_semaphore_statistics(self.raw(), &mut stats) })?;
        Ok(stats)
    }

    pub(crate) fn raw(&self) -> *mut sys::crib_semaphore {
        self.0.as_ptr()
    }

    /// The permit that the library has taken for the caller.
    pub(crate) fn taken(&self) -> Permit<'_> {
        Permit(self)
    }
}

struct Acquire<'a>(&'a Semaphore);

impl<'a> Begin for Acquire<'a> {
    type Output = Permit<'a>;
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { sys::crib_begin_semaphore_acquire(op, self.0.raw()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<Permit<'a>> {
        d.count().map(|_| self.0.taken())
    }
}

/// A permit of a [`Semaphore`], given back when it is dropped.
#[must_use = "a permit that is dropped is given back at once"]
pub struct Permit<'a>(&'a Semaphore);

impl Permit<'_> {
    /// Keeps the permit for good: it is not given back.
    ///
    /// ```
    /// # crib::run(async {
    /// let s = crib::Semaphore::new(1)?;
    /// s.acquire().await?.forget();
    /// assert_eq!(s.permits()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let _ = self.0.release(1);
    }
}
