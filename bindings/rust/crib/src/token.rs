//! Cancel tokens: flags, set once, that say "stop".

use crate::cancel::CancelScope;
use crate::engine::{Begin, Core, Done, Op, begun, done, made};
use crate::error::{Error, Result, UV_ECANCELED, c_string};
use crate::handle::Counted;
use crate::{CancelHandle, sys};
use std::ffi::CStr;
use std::fmt;
use std::future::Future;
use std::rc::Rc;

/// A named flag, set once, that says "stop", handed to whom it concerns. It can be triggered and looked at in any thread.
///
/// ```
/// # crib::run(async {
/// let stop = crib::CancelToken::external("stop")?;
/// let remote = stop.clone();
/// let thread = std::thread::spawn(move || remote.trigger());
/// stop.wait().await?;
/// thread.join().unwrap();
/// assert!(stop.is_triggered());
/// # Ok(()) }).unwrap();
/// ```
pub struct CancelToken(Counted<sys::crib_token>);

// SAFETY: counting, triggering and looking are for any thread; the rest is refused outside the token's run.
unsafe impl Send for CancelToken {}
// SAFETY: as above.
unsafe impl Sync for CancelToken {}

impl CancelToken {
    /// A token that is triggered in this run.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelToken::new("stop")?.name(), "stop");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new(name: &str) -> Result<Self> {
        // SAFETY: the name is copied.
        made(unsafe { sys::crib_token_new(c_string(name).as_ptr()) }).map(Self)
    }

    /// A token that another thread will trigger: a run that waits for it is not taken for deadlocked.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// let stop = crib::CancelToken::external("stop")?;
    /// # drop(stop); Ok(()) }).unwrap();
    /// ```
    pub fn external(name: &str) -> Result<Self> {
        // SAFETY: the name is copied.
        made(unsafe { sys::crib_token_new_external(c_string(name).as_ptr()) }).map(Self)
    }

    /// A token that is triggered when either of two is, or itself; its name is "first:second".
    ///
    /// # Errors
    /// Misuse for tokens of another run.
    ///
    /// ```
    /// # use crib::CancelToken;
    /// # crib::run(async {
    /// let (user, server) = (CancelToken::new("user")?, CancelToken::new("server")?);
    /// let either = CancelToken::chain(&user, &server)?;
    /// server.trigger();
    /// assert!(either.is_triggered() && !user.is_triggered());
    /// assert_eq!(either.triggered_by().unwrap().name(), "server");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn chain(first: &Self, second: &Self) -> Result<Self> {
        // SAFETY: counted handles, of which the chain takes references of its own.
        let raw = unsafe { Counted::from_raw(sys::crib_token_chain(first.as_raw(), second.as_raw())) };
        raw.map(Self).ok_or_else(|| Error::misuse("a chain of tokens of another run"))
    }

    /// A token that is triggered when a scope is cancelled, in any way.
    ///
    /// # Errors
    /// Misuse if the scope is over.
    ///
    /// ```
    /// # use crib::{CancelScope, CancelToken};
    /// # crib::run(async {
    /// CancelScope::new().run_with(async |scope| {
    ///     let token = CancelToken::of_scope(&scope, "scope")?;
    ///     scope.cancel("x");
    ///     assert!(token.is_triggered());
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn of_scope(scope: &CancelHandle, name: &str) -> Result<Self> {
        // SAFETY: a checked id; the name is copied; the handle is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_token_of_scope(scope.as_raw(), c_string(name).as_ptr())) };
        raw.map(Self).ok_or_else(|| Error::misuse("a token of a scope that is over"))
    }

    /// Its name.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelToken::new("stop")?.name(), "stop");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn name(&self) -> String {
        // SAFETY: borrowed from the token.
        unsafe { CStr::from_ptr(sys::crib_token_name(self.as_raw())) }.to_string_lossy().into_owned()
    }

    /// Triggers it, and all chains it is part of.
    ///
    /// ```
    /// # crib::run(async {
    /// let stop = crib::CancelToken::new("stop")?;
    /// stop.trigger();
    /// assert!(stop.is_triggered());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn trigger(&self) {
        // SAFETY: any thread.
        unsafe { sys::crib_token_trigger(self.as_raw()) }
    }

    /// Whether it, or a part of a chain, is triggered.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(!crib::CancelToken::new("stop")?.is_triggered());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn is_triggered(&self) -> bool {
        // SAFETY: any thread.
        unsafe { sys::crib_token_triggered(self.as_raw()) }
    }

    /// Which token it was: this one, else the first triggered one of its parts.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(crib::CancelToken::new("stop")?.triggered_by().is_none());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn triggered_by(&self) -> Option<Self> {
        // SAFETY: borrowed from this token; the new reference is ours.
        unsafe {
            let token = sys::crib_token_triggered_token(self.as_raw());
            Counted::from_raw(sys::crib_token_ref(token)).map(Self)
        }
    }

    /// Fails if it is triggered.
    ///
    /// # Errors
    /// [`TokenFired`](crate::ErrorKind::TokenFired), with the message "Cancellation requested by NAME token".
    ///
    /// ```
    /// # crib::run(async {
    /// let stop = crib::CancelToken::new("stop")?;
    /// stop.check()?;
    /// stop.trigger();
    /// assert_eq!(stop.check().unwrap_err().message(), "Cancellation requested by stop token");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn check(&self) -> Result<()> {
        // SAFETY: any thread; NULL if it is not triggered; the error is ours.
        unsafe { Error::from_raw(sys::crib_token_error(self.as_raw())) }.map_or(Ok(()), Err)
    }

    /// Waits until it is triggered.
    ///
    /// # Errors
    /// Cancelled; misuse in another run.
    ///
    /// ```
    /// # crib::run(async {
    /// let stop = crib::CancelToken::new("stop")?;
    /// stop.trigger();
    /// stop.wait().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn wait(&self) -> impl Future<Output = Result<()>> + use<'_> {
        Op::new(Wait(&self.0))
    }

    /// Runs a future until the token is triggered, which cancels it.
    ///
    /// # Errors
    /// [`TokenFired`](crate::ErrorKind::TokenFired) if the token was triggered before the future had a result; else what
    /// it fails with.
    ///
    /// ```
    /// # crib::run(async {
    /// let stop = crib::CancelToken::new("stop")?;
    /// stop.trigger();
    /// let e = stop.guard(crib::sleep_forever()).await.unwrap_err();
    /// assert_eq!(e.kind(), crib::ErrorKind::TokenFired);
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn guard<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let guarded = CancelScope::new().run_with(async |scope| {
            scope.link_token(self)?;
            future.await
        });
        if let Some(value) = guarded.await? {
            return Ok(value);
        }
        self.check()?;
        Err(Error::with_code(UV_ECANCELED, "cancelled by itself before there was a result"))
    }

    /// The library's handle, borrowed.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(!crib::CancelToken::new("stop")?.as_raw().is_null());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn as_raw(&self) -> *mut sys::crib_token {
        self.0.as_ptr()
    }
}

impl Clone for CancelToken {
    fn clone(&self) -> Self {
        // SAFETY: any thread; the new reference is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_token_ref(self.as_raw())) };
        Self(raw.expect("a reference to a token that lives"))
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("name", &self.name()).field("triggered", &self.is_triggered()).finish()
    }
}

struct Wait<'a>(&'a Counted<sys::crib_token>);

impl Begin for Wait<'_> {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { sys::crib_begin_token_wait(op, self.0.as_ptr()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}
