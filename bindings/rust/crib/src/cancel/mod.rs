//! Cancel scopes: timeouts, shields, soft cancel.

mod handle;

pub use handle::{CancelHandle, CancelState, SoftCancel};

use crate::engine::{Core, current, enter, outside_tasks};
use crate::error::{Error, Result, UV_ECANCELED};
use crate::sys;
use crate::time::{Instant, nanos};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::ptr::null_mut;
use std::rc::Rc;
use std::time::Duration;

/// Ends `future` silently when `timeout` has passed: then the result is `None`.
///
/// Everything inside is cancelled, however deep, and may clean up. Timeouts nest; the shorter one counts.
///
/// # Errors
/// What `future` fails with, Cancelled of an outer scope included.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// let late = crib::move_on_after(Duration::from_millis(1), async {
///     crib::sleep(Duration::from_secs(3600)).await?;
///     Ok("done")
/// })
/// .await?;
/// assert_eq!(late, None);
/// # Ok(()) }).unwrap();
/// ```
pub async fn move_on_after<T>(timeout: Duration, future: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    CancelScope::new().timeout(timeout).run(future).await
}

/// As [`move_on_after`], at a time.
///
/// # Errors
/// As [`move_on_after`].
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// let soon = crib::now() + Duration::from_millis(1);
/// assert!(crib::move_on_at(soon, crib::sleep_forever()).await?.is_none());
/// # Ok(()) }).unwrap();
/// ```
pub async fn move_on_at<T>(time: Instant, future: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    CancelScope::new().deadline(time).run(future).await
}

/// Ends `future` when `timeout` has passed, which is a failure.
///
/// # Errors
/// [`TooSlow`](crate::ErrorKind::TooSlow) if the time passed; else as [`move_on_after`].
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// let e = crib::fail_after(Duration::from_millis(1), crib::sleep_forever()).await.unwrap_err();
/// assert_eq!(e.kind(), crib::ErrorKind::TooSlow);
/// # Ok(()) }).unwrap();
/// ```
pub async fn fail_after<T>(timeout: Duration, future: impl Future<Output = Result<T>>) -> Result<T> {
    some(CancelScope::new().timeout(timeout).fails().run(future).await)
}

/// As [`fail_after`], at a time.
///
/// # Errors
/// As [`fail_after`].
///
/// ```
/// # crib::run(async {
/// let e = crib::fail_at(crib::Instant::PAST, crib::checkpoint()).await.unwrap_err();
/// assert_eq!(e.kind(), crib::ErrorKind::TooSlow);
/// # Ok(()) }).unwrap();
/// ```
pub async fn fail_at<T>(time: Instant, future: impl Future<Output = Result<T>>) -> Result<T> {
    some(CancelScope::new().deadline(time).fails().run(future).await)
}

/// Runs `future` where no outer cancel reaches it: cleanup that has to wait. Combine it with a timeout.
///
/// # Errors
/// What `future` fails with.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// crib::move_on_after(Duration::from_millis(1), async {
///     let result = crib::sleep_forever().await;
///     crib::shield(crib::fail_after(Duration::from_secs(1), async {
///         // … say goodbye, which waits …
///         crib::checkpoint().await
///     }))
///     .await?;
///     result
/// })
/// .await?;
/// # Ok(()) }).unwrap();
/// ```
pub async fn shield<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    some(CancelScope::new().shield(Shield::Full).run(future).await)
}

/// Runs `future` where no soft cancel reaches it, as long as its grace lasts.
///
/// # Errors
/// What `future` fails with.
///
/// ```
/// # crib::run(async {
/// crib::soft_shield(crib::checkpoint()).await?;
/// # Ok(()) }).unwrap();
/// ```
pub async fn soft_shield<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    some(CancelScope::new().shield(Shield::Soft).run(future).await)
}

/// Runs `future` where a soft cancel of either mode ends it at once: accept loops, idle reads. Then the result is `None`.
///
/// # Errors
/// What `future` fails with, Cancelled of an outer scope included.
///
/// ```
/// # use crib::{CancelScope, SoftCancel};
/// # crib::run(async {
/// CancelScope::new().run_with(async |scope| {
///     scope.cancel_soft(SoftCancel::Drain, std::time::Duration::from_secs(5), "closing time")?;
///     assert!(crib::graceful(crib::sleep_forever()).await?.is_none()); // takes no more work
///     crib::checkpoint().await // but what is under way goes on
/// })
/// .await?;
/// # Ok(()) }).unwrap();
/// ```
pub async fn graceful<T>(future: impl Future<Output = Result<T>>) -> Result<Option<T>> {
    CancelScope::new().graceful().run(future).await
}

/// The result of a scope that nobody cancels but its deadline.
fn some<T>(result: Result<Option<T>>) -> Result<T> {
    result?.ok_or_else(|| Error::with_code(UV_ECANCELED, "cancelled by itself before there was a result"))
}

/// Which outer cancels a scope hides from what is inside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shield {
    /// None.
    #[default]
    No,
    /// All.
    Full,
    /// Soft ones.
    Soft,
}

/// The settings of a cancel scope: [`run`](CancelScope::run) opens it around a future.
///
/// ```
/// # use std::time::Duration;
/// # use crib::{CancelScope, Shield};
/// # crib::run(async {
/// let answer = CancelScope::new()
///     .timeout(Duration::from_secs(5))
///     .shield(Shield::Full)
///     .run(async { Ok(42) })
///     .await?;
/// assert_eq!(answer, Some(42));
/// # Ok(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a scope does nothing until something runs in it"]
pub struct CancelScope {
    timeout: Option<Duration>,
    deadline: Option<Instant>,
    grace: Duration,
    shield: Shield,
    graceful: bool,
    fails: bool,
}

impl CancelScope {
    /// A scope without deadline or shield.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelScope::new().run(async { Ok(1) }).await?, Some(1));
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels it so long after it was entered. With a deadline too, the earlier counts.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(async {
    /// let scope = crib::CancelScope::new().timeout(Duration::ZERO);
    /// assert_eq!(scope.run(crib::checkpoint()).await?, None);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Cancels it at a time.
    ///
    /// ```
    /// # crib::run(async {
    /// let scope = crib::CancelScope::new().deadline(crib::Instant::PAST);
    /// assert_eq!(scope.run(crib::checkpoint()).await?, None);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn deadline(mut self, time: Instant) -> Self {
        self.deadline = Some(time);
        self
    }

    /// Makes expiry a soft cancel that interrupts, and only `grace` later a hard one.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(async {
    /// let scope = crib::CancelScope::new().timeout(Duration::ZERO).grace(Duration::from_secs(1));
    /// let cleaned_up = scope.run(crib::soft_shield(async { Ok(true) })).await?;
    /// assert_eq!(cleaned_up, Some(true));
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Hides outer cancels from what is inside.
    ///
    /// ```
    /// # use crib::{CancelScope, Shield};
    /// # crib::run(async {
    /// CancelScope::new().shield(Shield::Full).run(crib::checkpoint()).await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn shield(mut self, shield: Shield) -> Self {
        self.shield = shield;
        self
    }

    /// A soft cancel of either mode ends it at once.
    ///
    /// ```
    /// # crib::run(async {
    /// crib::CancelScope::new().graceful().run(crib::checkpoint()).await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn graceful(mut self) -> Self {
        self.graceful = true;
        self
    }

    /// When its own deadline has ended it, that is a failure: [`TooSlow`](crate::ErrorKind::TooSlow).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(async {
    /// let scope = crib::CancelScope::new().timeout(Duration::ZERO).fails();
    /// assert_eq!(scope.run(crib::checkpoint()).await.unwrap_err().kind(), crib::ErrorKind::TooSlow);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn fails(mut self) -> Self {
        self.fails = true;
        self
    }

    /// Runs a future in such a scope. `None`: the scope was cancelled, and took the cancellation in.
    ///
    /// If this is dropped, the scope is closed with the future.
    ///
    /// # Errors
    /// What `future` fails with, Cancelled of an outer scope included.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelScope::new().run(async { Ok(1) }).await?, Some(1));
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn run<T>(self, future: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        self.run_with(async move |_| future.await).await
    }

    /// As [`run`](CancelScope::run), for a body that is given a handle of the scope.
    ///
    /// # Errors
    /// As [`run`](CancelScope::run).
    ///
    /// ```
    /// # crib::run(async {
    /// let result = crib::CancelScope::new().run_with(async |scope| {
    ///     scope.cancel("changed my mind");
    ///     crib::checkpoint().await?;
    ///     Ok("not reached")
    /// })
    /// .await?;
    /// assert_eq!(result, None);
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn run_with<T>(self, body: impl AsyncFnOnce(CancelHandle) -> Result<T>) -> Result<Option<T>> {
        self.run_caught(body).await.0
    }

    /// As [`run_with`](CancelScope::run_with), and tells whether the scope took a cancellation in: that may be so although
    /// something else failed, which goes on.
    ///
    /// ```
    /// # crib::run(async {
    /// let (result, caught) = crib::CancelScope::new()
    ///     .run_caught(async |scope| {
    ///         scope.cancel("enough");
    ///         crib::checkpoint().await
    ///     })
    ///     .await;
    /// assert!(result?.is_none() && caught);
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn run_caught<T>(self, body: impl AsyncFnOnce(CancelHandle) -> Result<T>) -> (Result<Option<T>>, bool) {
        let open = match Open::new(&self) {
            Ok(open) => open,
            Err(e) => return (Err(e), false),
        };
        let result = {
            let mut body = pin!(body(CancelHandle::from_raw(open.raw)));
            poll_fn(|cx| enter(&open.owner, open.raw, || body.as_mut().poll(cx))).await
        };
        open.close(result)
    }

    fn options(&self, parent: *mut sys::crib_scope) -> sys::crib_scope_options {
        let expired = self.timeout == Some(Duration::ZERO);
        // Zero means none, of both: a time that has passed is said in another way.
        let deadline = if expired { sys::CRIB_EXPIRED } else { self.deadline.map_or(0, |d| d.0) };
        let shield = match self.shield {
            Shield::No => 0,
            Shield::Full => 1,
            Shield::Soft => 2,
        };
        sys::crib_scope_options {
            size: size_of::<sys::crib_scope_options>(),
            parent,
            deadline,
            timeout: self.timeout.map_or(0, nanos),
            grace: nanos(self.grace),
            shield,
            graceful: self.graceful.into(),
            fail: self.fails.into(),
            reserved: 0,
        }
    }
}

/// A scope of the library that is open in a task.
struct Open {
    raw: *mut sys::crib_scope,
    owner: Rc<Core>,
}

impl Open {
    fn new(settings: &CancelScope) -> Result<Self> {
        let here = current()?;
        let parent = if here.scope.is_null() { here.task.own_scope() } else { here.scope };
        // SAFETY: the options are copied, the parent is a checked id.
        let raw = unsafe { sys::crib_scope_open(&settings.options(parent)) };
        if raw.is_null() {
            return Err(Error::from_code(crate::error::UV_ENOMEM));
        }
        Ok(Self { raw, owner: here.task })
    }

    fn close<T>(mut self, result: Result<T>) -> (Result<Option<T>>, bool) {
        let (value, error) = match result {
            Ok(v) => (Some(v), null_mut()),
            Err(e) => (None, e.into_raw(self.raw)),
        };
        match self.close_raw(error) {
            (None, caught) => (Ok(value), caught),
            (Some(e), caught) => (Err(e), caught),
        }
    }

    fn close_raw(&mut self, error: *mut sys::crib_error) -> (Option<Error>, bool) {
        let raw = std::mem::replace(&mut self.raw, null_mut());
        let mut caught = false;
        // SAFETY: the error is consumed, the result ours.
        let mut close = || unsafe { sys::crib_scope_close_error(raw, error, &mut caught) };
        // SAFETY: asks only.
        let inside = unsafe { sys::crib_task_current() } == self.owner.raw();
        let left = if inside { close() } else { outside_tasks(close) };
        // SAFETY: ours.
        (unsafe { Error::from_raw(left) }, caught)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if !self.raw.is_null() && self.owner.is_living() {
            self.close_raw(null_mut());
        }
    }
}
