//! Data for many readers or one writer.

use crate::engine::{Begin, Core, Done, Op, begun, code, made, now};
use crate::error::{Error, Result};
use crate::handle::Counted;
use crate::sys;
use std::cell::{Cell, UnsafeCell};
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Data for many readers or one writer; first come, first served. A task holds it once, in one way.
///
/// It breaks as a [`Lock`](crate::Lock) does, by who holds it to write.
///
/// ```
/// # crib::run(async {
/// let settings = crib::RwLock::new(1)?;
/// assert_eq!(*settings.read().await?, 1);
/// *settings.write().await? = 2;
/// # Ok(()) }).unwrap();
/// ```
pub struct RwLock<T: ?Sized> {
    raw: Counted<sys::crib_rwlock>,
    /// Guards that exist, also those that the library knows nothing of any more: readers, or -1 for a writer.
    guards: Cell<isize>,
    poisoned: Cell<bool>,
    data: UnsafeCell<T>,
}

impl<T> RwLock<T> {
    /// A lock around `data` that is free.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::RwLock::new(1)?.into_inner(), 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new(data: T) -> Result<Self> {
        // SAFETY: the handle is ours.
        let raw = made(unsafe { sys::crib_rwlock_new() })?;
        Ok(Self { raw, guards: Cell::new(0), poisoned: Cell::new(false), data: UnsafeCell::new(data) })
    }

    /// The data: nobody else has the lock.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::RwLock::new(1)?.into_inner(), 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Acquires it to read, waiting for that.
    ///
    /// # Errors
    /// Cancelled; [`Broken`](crate::ErrorKind::Broken); misuse if the task holds it already.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(*crib::RwLock::new(1)?.read().await?, 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn read(&self) -> impl Future<Output = Result<ReadGuard<'_, T>>> + use<'_, T> {
        Op::new(Read(self))
    }

    /// Acquires it to write, waiting for that.
    ///
    /// # Errors
    /// As [`read`](RwLock::read).
    ///
    /// ```
    /// # crib::run(async {
    /// *crib::RwLock::new(1)?.write().await? += 1;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn write(&self) -> impl Future<Output = Result<WriteGuard<'_, T>>> + use<'_, T> {
        Op::new(Write { lock: self, recover: false })
    }

    /// Acquires it to read if that needs no wait.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) if somebody writes, or waits to; else as [`read`](RwLock::read).
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(*crib::RwLock::new(1)?.try_read()?, 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_read(&self) -> Result<ReadGuard<'_, T>> {
        now(Read(self), || {
            // SAFETY: a counted handle, in a task.
            unsafe { sys::crib_rwlock_acquire_read_nowait(self.raw()) }
        })
    }

    /// Acquires it to write if that needs no wait.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) if somebody has it; else as [`write`](RwLock::write).
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::RwLock::new(1)?;
    /// let _reads = lock.try_read()?;
    /// assert!(lock.try_write().is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_write(&self) -> Result<WriteGuard<'_, T>> {
        now(Write { lock: self, recover: false }, || {
            // SAFETY: a counted handle, in a task.
            unsafe { sys::crib_rwlock_acquire_write_nowait(self.raw()) }
        })
    }

    /// How many tasks wait for it, to read or to write.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::RwLock::new(1)?.waiting_tasks()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn waiting_tasks(&self) -> Result<usize> {
        // SAFETY: plain numbers and pointers, for which zero is fine.
        let mut stats: sys::crib_rwlock_stats = unsafe { std::mem::zeroed() };
        stats.size = size_of::<sys::crib_rwlock_stats>();
        // SAFETY: a counted handle; the struct is filled in.
        code(unsafe { sys::crib_rwlock_statistics(self.raw(), &mut stats) })?;
        Ok(stats.waiting_readers + stats.waiting_writers)
    }

    /// As [`write`](RwLock::write), also if it is broken: the caller sets right what it guards.
    ///
    /// # Errors
    /// As [`Lock::recover`](crate::Lock::recover).
    ///
    /// ```
    /// # crib::run(async {
    /// *crib::RwLock::new(1)?.recover().await? = 0;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn recover(&self) -> impl Future<Output = Result<WriteGuard<'_, T>>> + use<'_, T> {
        Op::new(Write { lock: self, recover: true })
    }

    fn raw(&self) -> *mut sys::crib_rwlock {
        self.raw.as_ptr()
    }

    fn release(&self, task: &Rc<Core>) {
        if !task.is_over() {
            // SAFETY: a counted handle and a task that lives.
            unsafe { sys::crib_rwlock_release_by(self.raw(), task.raw()) };
        }
    }

    fn broken<G>(&self, task: &Rc<Core>) -> Result<G> {
        self.release(task);
        Err(Error::from_code(sys::CRIB_EBROKEN))
    }
}

struct Read<'a, T: ?Sized>(&'a RwLock<T>);

impl<'a, T: ?Sized> Begin for Read<'a, T> {
    type Output = ReadGuard<'a, T>;
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { sys::crib_begin_rwlock_acquire_read(op, self.0.raw()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<ReadGuard<'a, T>> {
        let task = d.task.clone();
        d.count()?;
        let lock = self.0;
        if lock.poisoned.get() || lock.guards.get() < 0 {
            return lock.broken(&task);
        }
        lock.guards.set(lock.guards.get() + 1);
        Ok(ReadGuard { lock, task })
    }
}

struct Write<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    recover: bool,
}

impl<'a, T: ?Sized> Begin for Write<'a, T> {
    type Output = WriteGuard<'a, T>;
    fn begin(&mut self, op: *mut sys::crib_op, task: &Rc<Core>) -> sys::crib_result {
        if self.recover && self.lock.guards.get() == 0 {
            // SAFETY: a counted handle and a task that lives. It is refused unless the lock is broken.
            let rc = unsafe { sys::crib_rwlock_recover_by(self.lock.raw(), task.raw()) };
            if rc == 0 {
                return begun(0);
            }
        }
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { sys::crib_begin_rwlock_acquire_write(op, self.lock.raw()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<WriteGuard<'a, T>> {
        let task = d.task.clone();
        d.count()?;
        let lock = self.lock;
        if lock.guards.get() != 0 || (lock.poisoned.get() && !self.recover) {
            return lock.broken(&task);
        }
        lock.guards.set(-1);
        lock.poisoned.set(false);
        Ok(WriteGuard { lock, task })
    }
}

/// Shared access to what a [`RwLock`] guards; released when it is dropped.
#[must_use = "a lock whose guard is dropped is released at once"]
pub struct ReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    task: Rc<Core>,
}

impl<T: ?Sized> Deref for ReadGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: there is no writer while readers are counted in `guards`.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for ReadGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.guards.set(self.lock.guards.get() - 1);
        self.lock.release(&self.task);
    }
}

/// Exclusive access to what a [`RwLock`] guards; released when it is dropped.
#[must_use = "a lock whose guard is dropped is released at once"]
pub struct WriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    task: Rc<Core>,
}

impl<T: ?Sized> Deref for WriteGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the one guard there is (`guards`).
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for WriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the one guard there is (`guards`), borrowed mutably.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized> Drop for WriteGuard<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.lock.poisoned.set(true);
        }
        self.lock.guards.set(0);
        self.lock.release(&self.task);
    }
}
