//! Locks around data.

use crate::engine::{Begin, Core, Done, Op, begun, code, current, made};
use crate::error::{Error, Result};
use crate::handle::Counted;
use crate::sys;
use std::cell::{Cell, UnsafeCell};
use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// Data for one task at a time. The lock is handed to the oldest waiter the moment it is released.
///
/// The owner is the task, not the future: within one task (`join!`) a second acquire is misuse. A panic while it is held
/// leaves the lock broken, as does a task that ends and has forgotten its guard: what it guards may be half done. Then
/// acquiring fails with [`Broken`](crate::ErrorKind::Broken), until [`recover`](Lock::recover).
///
/// ```
/// # use crib::Lock;
/// # crib::run(async {
/// let account = Lock::new(100)?;
/// crib::scope(async |s| {
///     for _ in 0..10 {
///         s.start_soon("withdraw", async {
///             let mut balance = account.lock().await?;
///             let seen = *balance;
///             crib::checkpoint().await?; // nobody comes between
///             *balance = seen - 10;
///             Ok(())
///         });
///     }
///     Ok(())
/// })
/// .await?;
/// assert_eq!(*account.lock().await?, 0);
/// # Ok(()) }).unwrap();
/// ```
pub struct Lock<T: ?Sized> {
    raw: Counted<sys::crib_lock>,
    /// A guard exists. Also when the library knows nothing of it any more, since its task has ended.
    guarded: Cell<bool>,
    poisoned: Cell<bool>,
    data: UnsafeCell<T>,
}

impl<T> Lock<T> {
    /// A lock around `data` that is free.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Lock::new(1)?.into_inner(), 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new(data: T) -> Result<Self> {
        // SAFETY: the handle is ours.
        let raw = made(unsafe { sys::crib_lock_new() })?;
        Ok(Self { raw, guarded: Cell::new(false), poisoned: Cell::new(false), data: UnsafeCell::new(data) })
    }

    /// The data: nobody else has the lock.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Lock::new(1)?.into_inner(), 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn into_inner(self) -> T {
        self.data.into_inner()
    }
}

impl<T: ?Sized> Lock<T> {
    /// Acquires the lock, waiting for it.
    ///
    /// # Errors
    /// Cancelled; [`Broken`](crate::ErrorKind::Broken); misuse if the task has it already.
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(vec![1])?;
    /// lock.lock().await?.push(2);
    /// assert_eq!(*lock.lock().await?, [1, 2]);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn lock(&self) -> impl Future<Output = Result<LockGuard<'_, T>>> + use<'_, T> {
        Op::new(Acquire { lock: self, recover: false })
    }

    /// Acquires the lock if that needs no wait.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) if somebody has it; else as [`lock`](Lock::lock).
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(0)?;
    /// *lock.try_lock()? += 1;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_lock(&self) -> Result<LockGuard<'_, T>> {
        let task = current()?.task;
        // SAFETY: a counted handle and a task that lives.
        code(unsafe { sys::crib_lock_acquire_nowait_by(self.raw(), task.raw()) })?;
        self.acquired(&task, false)
    }

    /// As [`lock`](Lock::lock), also if it is broken: the caller sets right what it guards.
    ///
    /// # Errors
    /// Cancelled; misuse if the task has it already; [`Broken`](crate::ErrorKind::Broken) if a guard was forgotten, or
    /// outlives its task.
    ///
    /// ```
    /// # std::panic::set_hook(Box::new(|_| ()));
    /// # crib::run(async {
    /// let lock = crib::Lock::new(0)?;
    /// let result = crib::scope(async |s| {
    ///     s.start_soon("clumsy", async {
    ///         let _guard = lock.lock().await?;
    ///         panic!("in the middle of it");
    ///     });
    ///     Ok(())
    /// })
    /// .await;
    /// assert!(result.is_err());
    /// assert_eq!(lock.lock().await.err().unwrap().kind(), crib::ErrorKind::Broken);
    /// *lock.recover().await? = 0;
    /// lock.lock().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn recover(&self) -> impl Future<Output = Result<LockGuard<'_, T>>> + use<'_, T> {
        Op::new(Acquire { lock: self, recover: true })
    }

    /// Takes over a lock that is broken, without waiting: the caller sets right what it guards.
    ///
    /// # Errors
    /// [`Busy`](crate::ErrorKind::Busy) if it is not broken; [`Broken`](crate::ErrorKind::Broken) if a guard was forgotten,
    /// or outlives its task.
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(0)?;
    /// assert_eq!(lock.try_recover().unwrap_err().kind(), crib::ErrorKind::Busy);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_recover(&self) -> Result<LockGuard<'_, T>> {
        let task = current()?.task;
        if self.guarded.get() {
            return Err(Error::from_code(if self.is_broken()? { sys::CRIB_EBROKEN } else { sys::CRIB_EBUSY }));
        }
        // SAFETY: a counted handle and a task that lives. It is refused unless the lock is broken.
        let rc = unsafe { sys::crib_lock_recover_by(self.raw(), task.raw()) };
        if rc == sys::CRIB_EBUSY && self.poisoned.get() {
            // SAFETY: as above.
            code(unsafe { sys::crib_lock_acquire_nowait_by(self.raw(), task.raw()) })?;
        } else {
            code(rc)?;
        }
        self.acquired(&task, true)
    }

    /// How many wait for it.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Lock::new(1)?.waiting()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn waiting(&self) -> Result<usize> {
        self.statistics().map(|stats| stats.waiting)
    }

    /// Whether its owner has ended without releasing it.
    fn is_broken(&self) -> Result<bool> {
        self.statistics().map(|stats| stats.broken != 0)
    }

    fn statistics(&self) -> Result<sys::crib_lock_stats> {
        let size = size_of::<sys::crib_lock_stats>();
        let owner = std::ptr::null_mut();
        let mut stats = sys::crib_lock_stats { size, waiting: 0, owner, broken: 0, reserved: 0 };
        // SAFETY: a counted handle; the struct is filled in.
        code(unsafe { sys::crib_lock_statistics(self.raw(), &mut stats) })?;
        Ok(stats)
    }

    /// The data, without a lock: nobody else can have it.
    ///
    /// ```
    /// # crib::run(async {
    /// let mut lock = crib::Lock::new(1)?;
    /// *lock.get_mut() = 2;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn get_mut(&mut self) -> &mut T {
        self.data.get_mut()
    }

    pub(crate) fn raw(&self) -> *mut sys::crib_lock {
        self.raw.as_ptr()
    }

    /// The library has given the lock to `task`.
    pub(crate) fn acquired(&self, task: &Rc<Core>, recover: bool) -> Result<LockGuard<'_, T>> {
        if self.guarded.get() || (self.poisoned.get() && !recover) {
            release(self.raw(), task);
            return Err(Error::from_code(sys::CRIB_EBROKEN));
        }
        self.guarded.set(true);
        self.poisoned.set(false);
        Ok(LockGuard { lock: self, task: task.clone(), held: true })
    }
}

fn release(raw: *mut sys::crib_lock, task: &Rc<Core>) {
    if !task.is_over() {
        // SAFETY: a counted handle and a task that lives.
        unsafe { sys::crib_lock_release_by(raw, task.raw()) };
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Lock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("held", &self.guarded.get()).finish_non_exhaustive()
    }
}

struct Acquire<'a, T: ?Sized> {
    lock: &'a Lock<T>,
    recover: bool,
}

impl<'a, T: ?Sized> Begin for Acquire<'a, T> {
    type Output = LockGuard<'a, T>;
    fn begin(&mut self, op: *mut sys::crib_op, task: &Rc<Core>) -> sys::crib_result {
        if self.recover && !self.lock.guarded.get() {
            // SAFETY: a counted handle and a task that lives. It is refused unless the lock is broken.
            let rc = unsafe { sys::crib_lock_recover_by(self.lock.raw(), task.raw()) };
            if rc == 0 {
                return begun(0);
            }
        }
        // SAFETY: a checked id and a counted handle.
        begun(unsafe { sys::crib_begin_lock_acquire(op, self.lock.raw()) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<LockGuard<'a, T>> {
        let task = d.task.clone();
        d.count()?;
        self.lock.acquired(&task, self.recover)
    }
}

/// Access to what a [`Lock`] guards; released when it is dropped.
///
/// Nothing of the data is held without it:
///
/// ```compile_fail,E0505
/// # crib::run(async {
/// let lock = crib::Lock::new(1)?;
/// let mut guard = lock.lock().await?;
/// let data = &mut *guard;
/// drop(guard);
/// *data += 1;
/// # Ok(()) }).unwrap();
/// ```
#[must_use = "a lock whose guard is dropped is released at once"]
pub struct LockGuard<'a, T: ?Sized> {
    lock: &'a Lock<T>,
    task: Rc<Core>,
    /// Not while a condition waits, nor after such a wait was dropped.
    held: bool,
}

impl<'a, T: ?Sized> LockGuard<'a, T> {
    pub(super) fn lock(&self) -> &'a Lock<T> {
        self.lock
    }

    pub(super) fn task(&self) -> &Rc<Core> {
        &self.task
    }

    pub(super) fn is_held(&self) -> bool {
        self.held
    }

    /// The library has taken the lock away, or given it back.
    pub(super) fn set_held(&mut self, held: bool) {
        self.held = held;
        self.lock.guarded.set(held);
    }

    fn check(&self) {
        assert!(self.held, "the lock went when a wait for its condition was given up");
    }
}

impl<T: ?Sized> Deref for LockGuard<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.check();
        // SAFETY: there is one guard that is held at a time (`guarded`).
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized> DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.check();
        // SAFETY: there is one guard that is held at a time (`guarded`), and it is borrowed mutably.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for LockGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.held { (**self).fmt(f) } else { f.write_str("(not held)") }
    }
}

impl<T: ?Sized> Drop for LockGuard<'_, T> {
    fn drop(&mut self) {
        if !self.held {
            return;
        }
        if std::thread::panicking() {
            self.lock.poisoned.set(true);
        }
        self.lock.guarded.set(false);
        release(self.lock.raw(), &self.task);
    }
}
