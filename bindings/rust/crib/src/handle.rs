//! Counted handles of the library, released once.

use crate::sys;
use std::ptr::NonNull;

/// One reference to a counted handle. Not `Send`: most handles belong to the thread of their run.
pub(crate) struct Counted<T>(NonNull<T>);

impl<T> Counted<T> {
    /// Takes over a reference; `None` for NULL.
    ///
    /// # Safety
    /// `raw` is NULL or a counted handle of which the caller owns one reference.
    pub(crate) unsafe fn from_raw(raw: *mut T) -> Option<Self> {
        NonNull::new(raw).map(Self)
    }

    pub(crate) fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    pub(crate) fn into_raw(self) -> *mut T {
        let raw = self.0.as_ptr();
        std::mem::forget(self);
        raw
    }
}

impl<T> Drop for Counted<T> {
    fn drop(&mut self) {
        // SAFETY: this is the one reference that `from_raw` took over.
        unsafe { sys::crib_unref(self.0.as_ptr().cast()) }
    }
}
