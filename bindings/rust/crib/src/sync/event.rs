//! Something happens once, and whoever waits for it goes on.

use super::simple;
use crate::engine::{code, made};
use crate::error::Result;
use crate::handle::Counted;
use crate::sys;
use std::future::Future;

/// Something that happens once. An event is never unset.
///
/// ```
/// # use crib::Event;
/// # crib::run(async {
/// let ready = Event::new()?;
/// crib::scope(async |s| {
///     s.start_soon("waiter", async { ready.wait().await });
///     ready.set();
///     Ok(())
/// })
/// .await?;
/// # Ok(()) }).unwrap();
/// ```
pub struct Event(Counted<sys::crib_event>);

impl Event {
    /// An event that has not happened.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(!crib::Event::new()?.is_set());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new() -> Result<Self> {
        // SAFETY: the handle is ours.
        made(unsafe { sys::crib_event_new() }).map(Self)
    }

    /// Sets it and wakes everybody who waits.
    ///
    /// ```
    /// # crib::run(async {
    /// let e = crib::Event::new()?;
    /// e.set();
    /// assert!(e.is_set());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn set(&self) {
        // SAFETY: a counted handle, in its thread.
        unsafe { sys::crib_event_set(self.0.as_ptr()) }
    }

    /// Whether it is set.
    ///
    /// ```
    /// # crib::run(async {
    /// assert!(!crib::Event::new()?.is_set());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn is_set(&self) -> bool {
        // SAFETY: a counted handle, in its thread.
        unsafe { sys::crib_event_is_set(self.0.as_ptr()) }
    }

    /// Waits until it is set.
    ///
    /// # Errors
    /// Cancelled.
    ///
    /// ```
    /// # crib::run(async {
    /// let e = crib::Event::new()?;
    /// e.set();
    /// e.wait().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn wait(&self) -> impl Future<Output = Result<()>> + use<'_> {
        simple(&self.0, sys::crib_begin_event_wait)
    }

    /// How many wait for it.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Event::new()?.waiting()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn waiting(&self) -> Result<usize> {
        let size = size_of::<sys::crib_event_stats>();
        let mut stats = sys::crib_event_stats { size, waiting: 0, is_set: 0, reserved: 0 };
        // SAFETY: a counted handle; the struct is filled in.
        code(unsafe { sys::crib_event_statistics(self.raw(), &mut stats) })?;
        Ok(stats.waiting)
    }

    pub(crate) fn raw(&self) -> *mut sys::crib_event {
        self.0.as_ptr()
    }
}
