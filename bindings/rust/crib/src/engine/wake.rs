//! Wakers. A waker is `Send`, a task is not: woken in its own thread, the task is scheduled; woken in another one, a
//! portal of the run carries that over. A task holds a portal only while somebody else holds a waker of it, for an open
//! portal keeps the library from seeing a deadlock.

use super::core::Core;
use crate::handle::Counted;
use crate::sys;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex};
use std::task::Wake;

/// A number for this thread that no other thread ever has.
pub(crate) fn this_thread() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(0) };
    }
    // Values may be dropped when the thread's own are gone: then it is nobody's home.
    NUMBER
        .try_with(|n| {
            if n.get() == 0 {
                n.set(NEXT.fetch_add(1, Ordering::Relaxed));
            }
            n.get()
        })
        .unwrap_or(0)
}

/// The portal by which other threads reach the run.
struct Portal(Counted<sys::crib_portal>);
// SAFETY: portals are used and released from any thread.
unsafe impl Send for Portal {}

/// What all wakers of one task share.
pub(crate) struct Shared {
    home: u64,
    /// Looked at in the home thread only; NULL once the task has ended.
    core: AtomicPtr<Core>,
    /// Woken from another thread, and not scheduled for that yet.
    woken: AtomicBool,
    portal: Mutex<Option<Portal>>,
}

/// The references that the core itself has.
const OWN_REFERENCES: usize = 2;

impl Shared {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            home: this_thread(),
            core: AtomicPtr::new(null_mut()),
            woken: AtomicBool::new(false),
            portal: Mutex::new(None),
        })
    }

    pub(crate) fn set_core(&self, core: *const Core) {
        self.core.store(core.cast_mut(), Ordering::Relaxed);
    }

    /// The task has ended: wakers that are left wake nobody.
    pub(crate) fn forget(&self) {
        self.set_core(null_mut());
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Portal>> {
        self.portal.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Whether somebody beside the core holds a waker.
    pub(crate) fn is_held(self: &Arc<Self>) -> bool {
        let count = Arc::strong_count(self);
        // Whoever has given his waker up may have used it before: then that is seen from here on.
        fence(Ordering::Acquire);
        count > OWN_REFERENCES
    }

    /// Opens the portal when somebody holds a waker, and closes it when nobody does any more. Returns whether it is open.
    pub(crate) fn update_portal(self: &Arc<Self>) -> bool {
        let wanted = self.is_held();
        let mut portal = self.lock();
        if wanted && portal.is_none() {
            // SAFETY: on the loop thread, in a run; NULL without memory.
            *portal = unsafe { Counted::from_raw(sys::crib_portal_open()) }.map(Portal);
        } else if !wanted {
            *portal = None;
        }
        portal.is_some()
    }

    /// Whether another thread has woken the task since this was last asked.
    pub(crate) fn take_woken(&self) -> bool {
        self.woken.load(Ordering::Relaxed) && self.woken.swap(false, Ordering::SeqCst)
    }

    fn schedule(&self) {
        let core = self.core.load(Ordering::Relaxed);
        // SAFETY: in the home thread, where the core clears this before it goes.
        if let Some(core) = unsafe { core.as_ref() } {
            core.schedule();
        }
    }

    fn wake_from_elsewhere(self: &Arc<Self>) {
        if self.woken.swap(true, Ordering::SeqCst) {
            return;
        }
        // Without a portal the task is being polled: it looks at `woken` when it has one.
        let portal = self.lock();
        let Some(Portal(portal)) = portal.as_ref() else { return };
        let data = Arc::into_raw(self.clone()).cast_mut().cast();
        // SAFETY: `destroy` gives the reference back, also when this fails; then the run is over.
        unsafe { sys::crib_portal_post(portal.as_ptr(), Some(arrived), data, Some(release)) };
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.home == this_thread() {
            self.schedule();
        } else {
            self.wake_from_elsewhere();
        }
    }
}

unsafe extern "C" fn arrived(data: *mut c_void) {
    // SAFETY: the reference that `wake_from_elsewhere` gave away is still there.
    let shared = unsafe { &*data.cast::<Shared>() };
    shared.woken.store(false, Ordering::SeqCst);
    shared.schedule();
}

unsafe extern "C" fn release(data: *mut c_void) {
    // SAFETY: takes back the reference, once.
    drop(unsafe { Arc::from_raw(data.cast::<Shared>()) });
}
