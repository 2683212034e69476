//! Time, sleeping and checkpoints.

use crate::cancel::{CancelHandle, shield};
use crate::engine::{Begin, Done, Op, begun, current, done};
use crate::error::{Error, Result};
use crate::{engine, sys};
use std::fmt;
use std::future::Future;
use std::ops::{Add, AddAssign, Sub};
use std::rc::Rc;
use std::time::Duration;

/// A point in the time of the run: monotonic, with an arbitrary origin, virtual under a mock clock. Sums saturate.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// let begun = crib::now();
/// crib::sleep(Duration::from_millis(1)).await?;
/// assert!(crib::now() - begun >= Duration::from_millis(1));
/// # Ok(()) }).unwrap();
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub(crate) i64);

impl Instant {
    /// A time that never comes.
    pub const FOREVER: Self = Self(sys::CRIB_FOREVER);
    /// A time that has always passed.
    pub const PAST: Self = Self(sys::CRIB_EXPIRED);

    /// Nanoseconds since the clock's origin, as C programs see it.
    ///
    /// ```
    /// assert!(crib::now().as_nanos() > 0);
    /// ```
    pub fn as_nanos(self) -> i64 {
        self.0
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::FOREVER => f.write_str("Instant(never)"),
            Self::PAST => f.write_str("Instant(past)"),
            Self(ns) => write!(f, "Instant({}.{:09})", ns / 1_000_000_000, ns % 1_000_000_000),
        }
    }
}

/// As the library counts: nanoseconds, and everything beyond 292 years is forever.
pub(crate) fn nanos(d: Duration) -> i64 {
    i64::try_from(d.as_nanos()).unwrap_or(sys::CRIB_FOREVER)
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, d: Duration) -> Self {
        Self(self.0.saturating_add(nanos(d)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;
    fn sub(self, d: Duration) -> Self {
        if self == Self::FOREVER { self } else { Self(self.0.saturating_sub(nanos(d))) }
    }
}

impl Sub for Instant {
    type Output = Duration;
    /// How much later this is; zero if it is earlier.
    fn sub(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

/// The current time of the run; outside one, the machine's monotonic clock.
///
/// ```
/// assert!(crib::now() <= crib::now());
/// ```
pub fn now() -> Instant {
    // SAFETY: asks only.
    Instant(unsafe { sys::crib_now() })
}

struct Checkpoint;

impl Begin for Checkpoint {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<engine::Core>) -> sys::crib_result {
        // SAFETY: a checked id.
        begun(unsafe { sys::crib_begin_checkpoint(op) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}

/// Lets the other tasks run, then checks for cancellation. Loops that compute for long call it now and then.
///
/// # Errors
/// Cancelled.
///
/// ```
/// # crib::run(async {
/// for _chunk in 0..10 {
///     // … compute …
///     crib::checkpoint().await?;
/// }
/// # Ok(()) }).unwrap();
/// ```
pub fn checkpoint() -> impl Future<Output = Result<()>> {
    Op::new(Checkpoint)
}

struct SleepFor(i64);

impl Begin for SleepFor {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<engine::Core>) -> sys::crib_result {
        // SAFETY: a checked id.
        begun(unsafe { sys::crib_begin_sleep(op, self.0) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}

/// Sleeps for at least `duration`; zero is a [`checkpoint`].
///
/// # Errors
/// Cancelled.
///
/// ```
/// # crib::run(async {
/// crib::sleep(std::time::Duration::from_millis(1)).await?;
/// # Ok(()) }).unwrap();
/// ```
pub fn sleep(duration: Duration) -> impl Future<Output = Result<()>> {
    Op::new(SleepFor(nanos(duration)))
}

struct SleepUntil(Instant);

impl Begin for SleepUntil {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<engine::Core>) -> sys::crib_result {
        // SAFETY: a checked id.
        begun(unsafe { sys::crib_begin_sleep_until(op, self.0.0) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}

/// Sleeps until a time; one that has passed is a [`checkpoint`].
///
/// # Errors
/// Cancelled.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// let mut next = crib::now();
/// for _ in 0..3 {
///     next += Duration::from_millis(1); // does not drift
///     crib::sleep_until(next).await?;
/// }
/// # Ok(()) }).unwrap();
/// ```
pub fn sleep_until(time: Instant) -> impl Future<Output = Result<()>> {
    Op::new(SleepUntil(time))
}

/// Sleeps until it is cancelled.
///
/// # Errors
/// Cancelled, always: it never succeeds.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// let nothing = crib::move_on_after(Duration::from_millis(1), crib::sleep_forever()).await?;
/// assert!(nothing.is_none());
/// # Ok(()) }).unwrap();
/// ```
pub fn sleep_forever() -> impl Future<Output = Result<()>> {
    Op::new(SleepUntil(Instant::FOREVER))
}

/// Checks for cancellation without waiting: what the next operation here would say.
///
/// # Errors
/// Cancelled; misuse outside a task.
///
/// ```
/// # crib::run(async {
/// crib::check_cancelled()?;
/// # Ok(()) }).unwrap();
/// ```
pub fn check_cancelled() -> Result<()> {
    let here = current()?;
    let scope = if here.scope.is_null() { here.task.own_scope() } else { here.scope };
    // SAFETY: a checked id; NULL if cancel points in it go on; the error is ours.
    unsafe { Error::from_raw(sys::crib_error_cancelled(scope)) }.map_or(Ok(()), Err)
}

/// The earliest deadline around the caller, as far as it can be seen through shields; [`Instant::FOREVER`] if there is
/// none, [`Instant::PAST`] if it is cancelled already.
///
/// # Errors
/// Misuse outside a task.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// assert_eq!(crib::effective_deadline()?, crib::Instant::FOREVER);
/// let second = Duration::from_secs(1);
/// crib::move_on_after(second, async {
///     assert!(crib::effective_deadline()? <= crib::now() + second);
///     Ok(())
/// })
/// .await?;
/// # Ok(()) }).unwrap();
/// ```
pub fn effective_deadline() -> Result<Instant> {
    CancelHandle::current().map(|scope| scope.effective_deadline())
}

/// Lets others run, and is not cancelled: the half of a [`checkpoint`] that [`check_cancelled`] is not.
///
/// # Errors
/// Misuse outside a task.
///
/// ```
/// # use crib::{CancelScope, cancel_shielded_checkpoint};
/// # crib::run(CancelScope::new().run_with(async |scope| {
/// scope.cancel("enough");
/// cancel_shielded_checkpoint().await
/// })).unwrap();
/// ```
pub async fn cancel_shielded_checkpoint() -> Result<()> {
    shield(checkpoint()).await
}
