//! Tasks that hold a lock wait until another one, holding it too, says that something has changed.

use super::lock::{Lock, LockGuard};
use crate::engine::{Begin, Core, Done, Op, begun, code, made};
use crate::error::{Error, Result};
use crate::handle::Counted;
use crate::sys;
use std::rc::Rc;

/// Lets tasks that hold a lock wait until something that it guards has changed.
///
/// ```
/// # use crib::{Condition, Lock};
/// # crib::run(async {
/// let queue = Lock::new(Vec::new())?;
/// let changed = Condition::new(&queue)?;
/// crib::scope(async |s| {
///     s.start_soon("consumer", async {
///         let mut items = queue.lock().await?;
///         changed.wait_while(&mut items, |items| items.is_empty()).await?;
///         assert_eq!(items.pop(), Some(1));
///         Ok(())
///     });
///     crib::checkpoint().await?;
///     let mut items = queue.lock().await?;
///     items.push(1);
///     changed.notify_one(&items)?;
///     Ok(())
/// })
/// .await?;
/// # Ok(()) }).unwrap();
/// ```
pub struct Condition {
    raw: Counted<sys::crib_condition>,
    lock: *mut sys::crib_lock,
}

impl Condition {
    /// A condition of what `lock` guards.
    ///
    /// # Errors
    /// Misuse outside a run.
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(())?;
    /// crib::Condition::new(&lock)?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new<T: ?Sized>(lock: &Lock<T>) -> Result<Self> {
        // SAFETY: the condition keeps the lock; the handle is ours.
        let raw = made(unsafe { sys::crib_condition_new(lock.raw()) })?;
        Ok(Self { raw, lock: lock.raw() })
    }

    /// Releases the lock, waits for a notification and acquires the lock again, also if it is cancelled.
    ///
    /// If the future is dropped before it is done, the lock is gone: the guard may not be used any more, but to drop it.
    ///
    /// # Errors
    /// Cancelled, with the lock held; [`Broken`](crate::ErrorKind::Broken), without; misuse for the guard of another lock,
    /// or of another task.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(async {
    /// let lock = crib::Lock::new(0)?;
    /// let changed = crib::Condition::new(&lock)?;
    /// let mut guard = lock.lock().await?;
    /// let waited = crib::move_on_after(Duration::from_millis(1), changed.wait(&mut guard)).await?;
    /// assert!(waited.is_none());
    /// *guard += 1; // still held
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn wait<T: ?Sized>(&self, guard: &mut LockGuard<'_, T>) -> Result<()> {
        if guard.lock().raw() != self.lock || !guard.is_held() {
            return Err(Error::misuse("a condition waits with a guard of its own lock"));
        }
        let task = guard.task().clone();
        Op::new(Wait { condition: self, guard, task }).await
    }

    /// Waits as long as `condition` holds of what the lock guards.
    ///
    /// # Errors
    /// As [`wait`](Condition::wait).
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(1)?;
    /// let changed = crib::Condition::new(&lock)?;
    /// changed.wait_while(&mut lock.lock().await?, |n| *n == 0).await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn wait_while<T: ?Sized>(
        &self,
        guard: &mut LockGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> Result<()> {
        while condition(guard) {
            self.wait(guard).await?;
        }
        Ok(())
    }

    /// Notifies the task that waits longest. Returns whether there was one.
    ///
    /// # Errors
    /// Misuse for the guard of another lock.
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(0)?;
    /// let changed = crib::Condition::new(&lock)?;
    /// assert!(!changed.notify_one(&lock.lock().await?)?);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn notify_one<T: ?Sized>(&self, guard: &LockGuard<'_, T>) -> Result<bool> {
        self.notify(guard, 1).map(|count| count > 0)
    }

    /// Notifies all tasks that wait. Returns how many there were.
    ///
    /// # Errors
    /// Misuse for the guard of another lock.
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(0)?;
    /// let changed = crib::Condition::new(&lock)?;
    /// assert_eq!(changed.notify_all(&lock.lock().await?)?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn notify_all<T: ?Sized>(&self, guard: &LockGuard<'_, T>) -> Result<usize> {
        self.notify(guard, usize::MAX)
    }

    /// How many wait for a notification; who was notified waits for the lock.
    ///
    /// # Errors
    /// Misuse outside its run.
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(0)?;
    /// assert_eq!(crib::Condition::new(&lock)?.waiting()?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn waiting(&self) -> Result<usize> {
        let mut stats = sys::crib_condition_stats { size: size_of::<sys::crib_condition_stats>(), waiting: 0 };
        // SAFETY: a counted handle; the struct is filled in.
        code(unsafe { sys::crib_condition_statistics(self.raw.as_ptr(), &mut stats) })?;
        Ok(stats.waiting)
    }

    fn notify<T: ?Sized>(&self, guard: &LockGuard<'_, T>, most: usize) -> Result<usize> {
        if guard.lock().raw() != self.lock || !guard.is_held() || guard.task().is_over() {
            return Err(Error::misuse("a condition is notified with a guard of its own lock"));
        }
        // SAFETY: a counted handle and a task that lives.
        let count = unsafe { sys::crib_condition_notify_by(self.raw.as_ptr(), guard.task().raw(), most) };
        code(count).map(|n| n.unsigned_abs() as usize)
    }
}

struct Wait<'a, 'b, T: ?Sized> {
    condition: &'a Condition,
    guard: &'a mut LockGuard<'b, T>,
    task: Rc<Core>,
}

impl<T: ?Sized> Begin for Wait<'_, '_, T> {
    type Output = ();
    /// Given up, such a slot is freed: only then does it not get the lock in the end.
    const EXTRA: bool = true;

    fn begin(&mut self, op: *mut sys::crib_op, task: &Rc<Core>) -> sys::crib_result {
        if !Rc::ptr_eq(task, &self.task) {
            return begun(sys::CRIB_EMISUSE);
        }
        // SAFETY: a checked id and a counted handle.
        let rc = unsafe { sys::crib_begin_condition_wait(op, self.condition.raw.as_ptr()) };
        if rc == sys::CRIB_PENDING {
            self.guard.set_held(false);
        }
        begun(rc)
    }

    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        let lost = matches!(d.status, sys::CRIB_EBROKEN | sys::CRIB_EMISUSE);
        if !lost {
            self.guard.set_held(true);
        }
        d.count().map(|_| ())
    }
}
