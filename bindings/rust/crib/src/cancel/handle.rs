//! Handles of cancel scopes: cancelling, deadlines, states.

use crate::engine::{code, current};
use crate::error::Result;
use crate::sys;
use crate::time::{Instant, nanos};
use crate::token::CancelToken;
use std::ffi::CStr;
use std::time::Duration;

/// How a soft cancel begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoftCancel {
    /// Only [graceful](crate::graceful()) regions end now.
    Drain,
    /// Everything ends now but what is [soft-shielded](crate::soft_shield()).
    Interrupt,
}

/// What state a scope is in, outer cancels included that its shield lets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelState {
    /// Not cancelled.
    Open,
    /// Softly cancelled.
    Soft,
    /// Cancelled.
    Cancelled,
    /// Over.
    Closed,
}

/// A handle of a cancel scope: to cancel it, to move its deadline, to ask what became of it. It may be kept and used
/// when the scope is over; then it has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelHandle(*mut sys::crib_scope);

impl CancelHandle {
    pub(crate) fn from_raw(raw: *mut sys::crib_scope) -> Self {
        Self(raw)
    }

    /// The innermost scope around the caller.
    ///
    /// # Errors
    /// Misuse outside a task.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(!crib::CancelHandle::current()?.is_cancelled());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn current() -> Result<Self> {
        let here = current()?;
        Ok(Self(if here.scope.is_null() { here.task.own_scope() } else { here.scope }))
    }

    /// Cancels everything inside, now and for good. The first reason stays.
    ///
    /// ```
    /// # crib::run(async {
    /// crib::CancelScope::new().run_with(async |scope| {
    ///     scope.cancel("no longer needed");
    ///     assert_eq!(scope.reason().as_deref(), Some("no longer needed"));
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn cancel(&self, reason: &str) {
        let reason = crate::error::c_string(reason);
        // SAFETY: a checked id; the reason is copied.
        unsafe { sys::crib_scope_cancel(self.0, reason.as_ptr()) };
    }

    /// Asks everything inside to end, and cancels what is left `grace` later. Later calls can only move that time
    /// earlier and widen the mode.
    ///
    /// # Errors
    /// Misuse outside the run.
    ///
    /// ```
    /// # use crib::{CancelScope, CancelState, SoftCancel};
    /// # crib::run(async {
    /// CancelScope::new().run_with(async |scope| {
    ///     scope.cancel_soft(SoftCancel::Interrupt, std::time::Duration::from_secs(1), "finish up")?;
    ///     assert_eq!(scope.state(), CancelState::Soft);
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn cancel_soft(&self, mode: SoftCancel, grace: Duration, reason: &str) -> Result<()> {
        let reason = crate::error::c_string(reason);
        let mode = match mode {
            SoftCancel::Drain => sys::CRIB_SOFT_DRAIN,
            SoftCancel::Interrupt => sys::CRIB_SOFT_INTERRUPT,
        };
        // SAFETY: a checked id; the reason is copied.
        code(unsafe { sys::crib_scope_cancel_soft(self.0, mode, nanos(grace), reason.as_ptr()) }).map(|_| ())
    }

    /// Moves the deadline; [`Instant::FOREVER`] disarms it. After a cancel nothing changes any more.
    ///
    /// # Errors
    /// Misuse if the scope is over.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(async {
    /// crib::CancelScope::new().run_with(async |scope| {
    ///     scope.set_deadline(crib::now() + Duration::from_secs(1))?;
    ///     scope.set_deadline(crib::Instant::FOREVER)?;
    ///     crib::checkpoint().await
    /// })
    /// .await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn set_deadline(&self, time: Instant) -> Result<()> {
        // SAFETY: a checked id.
        code(unsafe { sys::crib_scope_set_deadline(self.0, time.0) }).map(|_| ())
    }

    /// Its own deadline.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelHandle::current()?.deadline(), crib::Instant::FOREVER);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn deadline(&self) -> Instant {
        // SAFETY: a checked id.
        Instant(unsafe { sys::crib_scope_deadline(self.0) })
    }

    /// The earliest deadline of it and the scopes around it, as far as they can be seen through shields;
    /// [`Instant::FOREVER`] if there is none, [`Instant::PAST`] if it is cancelled already.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelHandle::current()?.effective_deadline(), crib::Instant::FOREVER);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn effective_deadline(&self) -> Instant {
        // SAFETY: a checked id.
        Instant(unsafe { sys::crib_scope_effective_deadline(self.0) })
    }

    /// Raises or lowers the full shield, with immediate effect.
    ///
    /// # Errors
    /// Misuse if the scope is over.
    ///
    /// ```
    /// # crib::run(async {
    /// crib::CancelScope::new().run_with(async |scope| scope.set_shield(true)).await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn set_shield(&self, shield: bool) -> Result<()> {
        // SAFETY: a checked id.
        code(unsafe { sys::crib_scope_set_shield(self.0, shield) }).map(|_| ())
    }

    /// What state it is in.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelHandle::current()?.state(), crib::CancelState::Open);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn state(&self) -> CancelState {
        // SAFETY: a checked id.
        match unsafe { sys::crib_scope_state(self.0) } {
            sys::CRIB_SCOPE_OPEN => CancelState::Open,
            sys::CRIB_SCOPE_SOFT => CancelState::Soft,
            sys::CRIB_SCOPE_CANCELLED => CancelState::Cancelled,
            _ => CancelState::Closed,
        }
    }

    /// Whether this scope itself was cancelled, softly too, and not only one around it.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(!crib::CancelHandle::current()?.is_cancelled());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn is_cancelled(&self) -> bool {
        // SAFETY: a checked id.
        unsafe { sys::crib_scope_cancel_called(self.0) }
    }

    /// The reason given when it, or the scope around it that cancels it, was cancelled.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelHandle::current()?.reason(), None);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn reason(&self) -> Option<String> {
        // SAFETY: a checked id; the string lives through this call.
        unsafe {
            let reason = sys::crib_scope_reason(self.0);
            (!reason.is_null()).then(|| CStr::from_ptr(reason).to_string_lossy().into_owned())
        }
    }

    /// Who cancelled it: "explicit", "deadline", "nursery", "interrupt", …; `None` if nobody did.
    ///
    /// ```
    /// # crib::run(async {
    /// crib::CancelScope::new().run_with(async |scope| {
    ///     scope.cancel("x");
    ///     assert_eq!(scope.source(), Some("explicit"));
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn source(&self) -> Option<&'static str> {
        // SAFETY: a checked id; names of sources are static ASCII.
        unsafe {
            let source = sys::crib_scope_source(self.0);
            let name = CStr::from_ptr(sys::crib_source_name(source));
            if source == sys::CRIB_SOURCE_NONE { None } else { name.to_str().ok() }
        }
    }

    /// How long until a soft cancel becomes a hard one; `None` if none is under way, or it has no hard time.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::CancelHandle::current()?.remaining_grace(), None);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn remaining_grace(&self) -> Option<Duration> {
        // SAFETY: a checked id.
        match unsafe { sys::crib_scope_remaining_grace(self.0) } {
            sys::CRIB_FOREVER => None,
            ns => Some(Duration::from_nanos(ns.max(0).unsigned_abs())),
        }
    }

    /// Cancels `other` when this one is cancelled.
    ///
    /// # Errors
    /// Misuse if either is over.
    ///
    /// ```
    /// # crib::run(async {
    /// crib::CancelScope::new().run_with(async |inner| {
    ///     crib::CancelHandle::current()?.link(&inner)
    /// })
    /// .await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn link(&self, other: &Self) -> Result<()> {
        // SAFETY: checked ids.
        code(unsafe { sys::crib_scope_link(self.0, other.0) }).map(|_| ())
    }

    /// Cancels this scope when a token is triggered.
    ///
    /// # Errors
    /// Misuse if the scope is over, or the token is of another run.
    ///
    /// ```
    /// # crib::run(async {
    /// let stop = crib::CancelToken::new("stop")?;
    /// crib::CancelScope::new().run_with(async |scope| {
    ///     scope.link_token(&stop)?;
    ///     stop.trigger();
    ///     assert!(crib::checkpoint().await.is_err());
    ///     Ok(())
    /// })
    /// .await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn link_token(&self, token: &CancelToken) -> Result<()> {
        // SAFETY: a checked id and a counted handle.
        code(unsafe { sys::crib_scope_link_token(self.0, token.as_raw()) }).map(|_| ())
    }

    /// The library's handle: an id, for calls of `crib-sys`.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(!crib::CancelHandle::current()?.as_raw().is_null());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn as_raw(&self) -> *mut sys::crib_scope {
        self.0
    }
}
