//! Portals: how other threads reach a run.

use crate::engine::{code, made, quietly};
use crate::error::Result;
use crate::handle::Counted;
use crate::sync::simple;
use crate::sys;
use std::ffi::c_void;
use std::future::Future;

/// How other threads reach a run. While one is open the run is not taken for deadlocked.
///
/// ```
/// # use crib::Portal;
/// # crib::run(async {
/// let portal = Portal::open()?;
/// let remote = portal.clone();
/// let thread = std::thread::spawn(move || {
///     // … blocking work …
///     remote.wake()
/// });
/// portal.wait().await?;
/// thread.join().unwrap()?;
/// # Ok(()) }).unwrap();
/// ```
pub struct Portal(Counted<sys::crib_portal>);

// SAFETY: portals are counted, used and released from any thread; waiting is refused outside the portal's run.
unsafe impl Send for Portal {}
// SAFETY: as above.
unsafe impl Sync for Portal {}

impl Portal {
    /// Opens a portal to the run of this thread.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// assert!(crib::Portal::open().is_err());
    /// ```
    pub fn open() -> Result<Self> {
        // SAFETY: the handle is ours.
        made(unsafe { sys::crib_portal_open() }).map(Self)
    }

    /// Runs a function in the run's thread, soon, outside tasks: it may set events, trigger tokens, start tasks in a
    /// nursery, but not wait.
    ///
    /// # Errors
    /// [`RunFinished`](crate::ErrorKind::RunFinished); then the function is dropped.
    ///
    /// ```
    /// # crib::run(async {
    /// let (portal, stop) = (crib::Portal::open()?, crib::CancelToken::new("stop")?);
    /// let remote = stop.clone();
    /// std::thread::spawn(move || portal.post(move || remote.trigger())).join().unwrap()?;
    /// stop.wait().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn post<F: FnOnce() + Send + 'static>(&self, f: F) -> Result<()> {
        unsafe extern "C" fn call<F: FnOnce()>(data: *mut c_void) {
            // SAFETY: the box below, which lives until `destroy`.
            let f = unsafe { &mut *data.cast::<Option<F>>() };
            if let Some(f) = f.take() {
                quietly(f);
            }
        }
        unsafe extern "C" fn destroy<F>(data: *mut c_void) {
            // SAFETY: the box below, destroyed once.
            let f = unsafe { Box::from_raw(data.cast::<Option<F>>()) };
            quietly(|| drop(f));
        }
        let data = Box::into_raw(Box::new(Some(f))).cast();
        // SAFETY: a counted handle; the box is destroyed in every case.
        code(unsafe { sys::crib_portal_post(self.0.as_ptr(), Some(call::<F>), data, Some(destroy::<F>)) }).map(|_| ())
    }

    /// Wakes whoever waits in [`wait`](Portal::wait); one that finds nobody waiting is remembered once. It allocates
    /// nothing and may be called from signal handlers.
    ///
    /// # Errors
    /// [`RunFinished`](crate::ErrorKind::RunFinished).
    ///
    /// ```
    /// # crib::run(async {
    /// let portal = crib::Portal::open()?;
    /// portal.wake()?;
    /// portal.wait().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn wake(&self) -> Result<()> {
        // SAFETY: any thread.
        code(unsafe { sys::crib_portal_wake(self.0.as_ptr()) }).map(|_| ())
    }

    /// Waits for a wake since the last wait.
    ///
    /// # Errors
    /// Cancelled; [`Busy`](crate::ErrorKind::Busy) if somebody waits already; misuse in another run.
    ///
    /// ```
    /// # crib::run(async {
    /// let portal = crib::Portal::open()?;
    /// portal.wake()?;
    /// portal.wait().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn wait(&self) -> impl Future<Output = Result<()>> + use<'_> {
        simple(&self.0, sys::crib_begin_portal_wait)
    }
}

impl Clone for Portal {
    fn clone(&self) -> Self {
        // SAFETY: any thread; the new reference is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_portal_ref(self.0.as_ptr())) };
        Self(raw.expect("a reference to a portal that lives"))
    }
}
