//! At most so many at a time, known by name.

use crate::engine::{Begin, Core, Done, Op, begun, code, current, made};
use crate::error::Result;
use crate::handle::Counted;
use crate::sys;
use std::ffi::c_void;
use std::future::Future;
use std::ptr::null;
use std::rc::Rc;

/// At most so many at a time, where the total can be changed while it is in use. Each token has a borrower: a task has at
/// most one, and a second acquire of the same task is refused.
///
/// ```
/// # crib::run(async {
/// let connections = crib::Limiter::new(10)?;
/// let token = connections.acquire().await?;
/// assert_eq!(connections.borrowed()?, 1);
/// drop(token);
/// # Ok(()) }).unwrap();
/// ```
pub struct Limiter(Counted<sys::crib_limiter>);

impl Limiter {
    /// A limiter with so many tokens.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Limiter::new(2)?.borrowed()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new(total: u32) -> Result<Self> {
        // SAFETY: the handle is ours.
        made(unsafe { sys::crib_limiter_new(f64::from(total)) }).map(Self)
    }

    /// Borrows a token for the calling task, waiting for one; it is given back when it is dropped.
    ///
    /// # Errors
    /// Cancelled; misuse if the task has one.
    ///
    /// ```
    /// # crib::run(async {
    /// let l = crib::Limiter::new(1)?;
    /// let _token = l.acquire().await?;
    /// assert_eq!(l.acquire().await.err().unwrap().kind(), crib::ErrorKind::Misuse);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn acquire(&self) -> impl Future<Output = Result<LimiterGuard<'_>>> + use<'_> {
        Op::new(Acquire { limiter: self, borrower: null(), task: None })
    }

    /// Borrows a token on behalf of anything that has an address, such as a connection.
    ///
    /// # Errors
    /// As [`acquire`](Limiter::acquire).
    ///
    /// ```
    /// # crib::run(async {
    /// let l = crib::Limiter::new(2)?;
    /// let (one, other) = (1, 2);
    /// let _first = l.acquire_for(&one).await?;
    /// let _second = l.acquire_for(&other).await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn acquire_for<'a, B: ?Sized>(
        &'a self,
        borrower: &'a B,
    ) -> impl Future<Output = Result<LimiterGuard<'a>>> + use<'a, B> {
        Op::new(Acquire { limiter: self, borrower: std::ptr::from_ref(borrower).cast(), task: None })
    }

    /// Borrows a token for the calling task if that needs no wait.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock); misuse if the task has one.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(crib::Limiter::new(0)?.try_acquire().is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_acquire(&self) -> Result<LimiterGuard<'_>> {
        let task = current()?.task;
        self.try_borrow(task.raw().cast_const().cast())?;
        Ok(LimiterGuard { limiter: self, borrower: null(), task: Some(task) })
    }

    /// Borrows a token on behalf of anything that has an address, if that needs no wait.
    ///
    /// # Errors
    /// As [`try_acquire`](Limiter::try_acquire).
    ///
    /// ```
    /// # crib::run(async {
    /// let (l, guest) = (crib::Limiter::new(2)?, "a guest");
    /// let _token = l.try_acquire_for(guest)?;
    /// assert!(l.try_acquire_for(guest).is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_acquire_for<'a, B: ?Sized>(&'a self, borrower: &'a B) -> Result<LimiterGuard<'a>> {
        current()?;
        let borrower = std::ptr::from_ref(borrower).cast();
        self.try_borrow(borrower)?;
        Ok(LimiterGuard { limiter: self, borrower, task: None })
    }

    fn try_borrow(&self, borrower: *const c_void) -> Result<()> {
        // SAFETY: a counted handle; the borrower is not looked at.
        code(unsafe { sys::crib_limiter_acquire_nowait_on_behalf_of(self.0.as_ptr(), borrower) }).map(|_| ())
    }

    /// Changes the total. Raising it serves waiters; lowering it takes nothing away.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// let l = crib::Limiter::new(0)?;
    /// l.set_total(1)?;
    /// l.acquire().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn set_total(&self, total: u32) -> Result<()> {
        // SAFETY: a counted handle, in its thread.
        code(unsafe { sys::crib_limiter_set_total(self.0.as_ptr(), f64::from(total)) }).map(|_| ())
    }

    /// How many tokens are borrowed.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Limiter::new(2)?.borrowed()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn borrowed(&self) -> Result<usize> {
        self.statistics().map(|stats| stats.borrowed)
    }

    /// How many wait for a token.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Limiter::new(2)?.waiting()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn waiting(&self) -> Result<usize> {
        self.statistics().map(|stats| stats.waiting)
    }

    fn statistics(&self) -> Result<sys::crib_limiter_stats> {
        let size = size_of::<sys::crib_limiter_stats>();
        let mut stats = sys::crib_limiter_stats { size, waiting: 0, borrowed: 0, total: 0.0 };
        // SAFETY: a counted handle; the struct is filled in.
        code(unsafe { sys::crib_limiter_statistics(self.0.as_ptr(), &mut stats) })?;
        Ok(stats)
    }
}

struct Acquire<'a> {
    limiter: &'a Limiter,
    /// NULL: the task.
    borrower: *const c_void,
    /// Kept, so that its address names nobody else while the token is borrowed.
    task: Option<Rc<Core>>,
}

impl<'a> Begin for Acquire<'a> {
    type Output = LimiterGuard<'a>;
    fn begin(&mut self, op: *mut sys::crib_op, task: &Rc<Core>) -> sys::crib_result {
        if self.borrower.is_null() {
            self.task = Some(task.clone());
        }
        // SAFETY: a checked id and a counted handle; the borrower is not looked at.
        begun(unsafe { sys::crib_begin_limiter_acquire(op, self.limiter.0.as_ptr(), self.borrower) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<LimiterGuard<'a>> {
        let task = self.task.take();
        d.count().map(|_| LimiterGuard { limiter: self.limiter, borrower: self.borrower, task })
    }
}

/// A token of a [`Limiter`], given back when it is dropped.
#[must_use = "a token that is dropped is given back at once"]
pub struct LimiterGuard<'a> {
    limiter: &'a Limiter,
    borrower: *const c_void,
    task: Option<Rc<Core>>,
}

impl Drop for LimiterGuard<'_> {
    fn drop(&mut self) {
        let borrower = match &self.task {
            None => self.borrower,
            // A task that has ended gave its token back.
            Some(task) if task.is_over() => return,
            Some(task) => task.raw().cast_const().cast(),
        };
        // SAFETY: a counted handle; the borrower is not looked at.
        unsafe { sys::crib_limiter_release_on_behalf_of(self.limiter.0.as_ptr(), borrower) };
    }
}
