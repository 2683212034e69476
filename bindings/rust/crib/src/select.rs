//! Select: waits for several operations at once, and carries out exactly one.

use crate::channel::{Receiver, Sender, closing_error};
use crate::engine::{Begin, Core, Done, Op, begun, current, poll_once};
use crate::error::{Error, Result};
use crate::sync::{Event, Lock, LockGuard, Permit, Semaphore};
use crate::sys;
use crate::task::Task;
use crate::time::Instant;
use crate::token::CancelToken;
use crate::value::{NIL, Type, Value};
use std::ffi::c_void;
use std::future::Future;
use std::ptr::null_mut;
use std::rc::Rc;

/// Waits for several operations at once, and carries out exactly one; the others leave no trace. If several are ready one
/// is drawn, each with the same chance.
///
/// Each clause has a function that makes the result of what it got, or an error. At most 64 clauses.
///
/// ```
/// # use std::time::Duration;
/// # use crib::Select;
/// # crib::run(async {
/// let (tx, rx) = crib::channel::<i64>(1)?;
/// let stop = crib::CancelToken::new("stop")?;
/// tx.send(1).await?;
/// let what = Select::new()
///     .recv(&rx, |item| Ok(format!("item {:?}", item?)))
///     .token(&stop, || Ok("stopped".into()))
///     .deadline(crib::now() + Duration::from_secs(1), || Ok("nothing came".into()))
///     .wait()
///     .await?;
/// assert_eq!(what, "item Some(1)");
/// # Ok(()) }).unwrap();
/// ```
#[must_use = "a select does nothing until it waits"]
pub struct Select<'a, R> {
    clauses: Vec<sys::crib_clause>,
    arms: Vec<Box<dyn Arm<R> + 'a>>,
    in_order: bool,
}

/// What becomes of one clause.
trait Arm<R> {
    /// The value to send.
    fn value(&mut self) -> sys::crib_value {
        NIL
    }
    /// A value that was not sent comes back.
    fn settle(&mut self, value: sys::crib_value) {
        // SAFETY: the value is ours.
        drop(unsafe { Value::from_raw(value) });
    }
    /// The clause was chosen.
    fn finish(self: Box<Self>, chosen: Chosen<'_>) -> Result<R>;
}

struct Chosen<'a> {
    status: i32,
    value: sys::crib_value,
    error: Option<Error>,
    task: &'a Rc<Core>,
}

impl Chosen<'_> {
    fn result(self) -> Result<()> {
        match self.status {
            0.. => Ok(()),
            code => Err(self.error.unwrap_or_else(|| Error::from_code(code))),
        }
    }
}

impl<R> Default for Select<'_, R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, R> Select<'a, R> {
    /// A select without clauses, which would wait until it is cancelled.
    ///
    /// ```
    /// # crib::run(async {
    /// let done = crib::Event::new()?;
    /// done.set();
    /// crib::Select::new().event(&done, || Ok(())).wait().await
    /// # }).unwrap();
    /// ```
    pub fn new() -> Self {
        Self { clauses: Vec::new(), arms: Vec::new(), in_order: false }
    }

    fn clause(mut self, kind: i32, object: *mut c_void, time: i64, arm: impl Arm<R> + 'a) -> Self {
        self.clauses.push(sys::crib_clause { kind, status: sys::CRIB_PENDING, object, time, value: NIL });
        self.arms.push(Box::new(arm));
        self
    }

    /// Receives from a channel; as [`Receiver::recv`].
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel(1)?;
    /// tx.send("hello").await?;
    /// let got = crib::Select::new().recv(&rx, |item| item).wait().await?;
    /// assert_eq!(got, Some("hello"));
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn recv<T: 'static>(self, rx: &'a Receiver<T>, then: impl FnOnce(Result<Option<T>>) -> Result<R> + 'a) -> Self {
        let (raw, kind) = rx.parts();
        self.clause(sys::CRIB_CLAUSE_RECEIVE, raw.cast(), 0, Recv { rx: raw, kind, then })
    }

    /// Sends what is in `value`, which is empty afterwards if it was sent, and full if it was not. If the select is dropped
    /// while it waits, the value is dropped too.
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, _rx) = crib::channel(0)?;
    /// let stop = crib::CancelToken::new("stop")?;
    /// stop.trigger();
    /// let mut item = Some("precious");
    /// crib::Select::new().send(&tx, &mut item, |sent| sent).token(&stop, || Ok(())).wait().await?;
    /// assert_eq!(item, Some("precious"));
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn send<T: 'static>(
        self,
        tx: &'a Sender<T>,
        value: &'a mut Option<T>,
        then: impl FnOnce(Result<()>) -> Result<R> + 'a,
    ) -> Self {
        let (raw, kind) = tx.parts();
        let clause = if value.is_some() { sys::CRIB_CLAUSE_SEND } else { sys::CRIB_CLAUSE_NONE };
        self.clause(clause, raw.cast(), 0, Send { kind, value, then })
    }

    /// Acquires a lock; as [`Lock::lock`].
    ///
    /// ```
    /// # crib::run(async {
    /// let lock = crib::Lock::new(1)?;
    /// let guard = crib::Select::new().lock(&lock, |guard| guard).wait().await?;
    /// assert_eq!(*guard, 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn lock<T: ?Sized>(
        self,
        lock: &'a Lock<T>,
        then: impl FnOnce(Result<LockGuard<'a, T>>) -> Result<R> + 'a,
    ) -> Self {
        self.clause(sys::CRIB_CLAUSE_LOCK, lock.raw().cast(), 0, Acquire { lock, then })
    }

    /// Takes a permit; as [`Semaphore::acquire`].
    ///
    /// ```
    /// # crib::run(async {
    /// let s = crib::Semaphore::new(1)?;
    /// let _permit = crib::Select::new().acquire(&s, |permit| permit).wait().await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn acquire(self, semaphore: &'a Semaphore, then: impl FnOnce(Result<Permit<'a>>) -> Result<R> + 'a) -> Self {
        self.clause(sys::CRIB_CLAUSE_SEMAPHORE, semaphore.raw().cast(), 0, Take { semaphore, then })
    }

    /// Waits for an event.
    ///
    /// ```
    /// # crib::run(async {
    /// let e = crib::Event::new()?;
    /// e.set();
    /// assert_eq!(crib::Select::new().event(&e, || Ok("set")).wait().await?, "set");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn event(self, event: &'a Event, then: impl FnOnce() -> Result<R> + 'a) -> Self {
        self.clause(sys::CRIB_CLAUSE_EVENT, event.raw().cast(), 0, Plain(then))
    }

    /// Waits for a token to be triggered.
    ///
    /// ```
    /// # crib::run(async {
    /// let stop = crib::CancelToken::new("stop")?;
    /// stop.trigger();
    /// assert_eq!(crib::Select::new().token(&stop, || Ok("stop")).wait().await?, "stop");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn token(self, token: &'a CancelToken, then: impl FnOnce() -> Result<R> + 'a) -> Self {
        self.clause(sys::CRIB_CLAUSE_TOKEN, token.as_raw().cast(), 0, Plain(then))
    }

    /// Waits for a task to end.
    ///
    /// ```
    /// # crib::run(crib::nursery(async |n| {
    /// let task = n.spawn("work", async { Ok(1) });
    /// crib::Select::new().task(&task, || Ok(())).wait().await?;
    /// assert_eq!(task.join().await?, 1);
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn task<T>(self, task: &'a Task<T>, then: impl FnOnce() -> Result<R> + 'a) -> Self {
        self.clause(sys::CRIB_CLAUSE_TASK, task.as_raw().cast(), 0, Plain(then))
    }

    /// Waits until a time.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Select::new().deadline(crib::now(), || Ok("late")).wait().await?, "late");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn deadline(self, time: Instant, then: impl FnOnce() -> Result<R> + 'a) -> Self {
        self.clause(sys::CRIB_CLAUSE_DEADLINE, null_mut(), time.0, Plain(then))
    }

    /// Of several clauses that are ready takes the first, instead of a fair choice.
    ///
    /// ```
    /// # use crib::{Event, Select};
    /// # crib::run(async {
    /// let (a, b) = (Event::new()?, Event::new()?);
    /// a.set();
    /// b.set();
    /// assert_eq!(Select::new().event(&a, || Ok("a")).event(&b, || Ok("b")).in_order().wait().await?, "a");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn in_order(mut self) -> Self {
        self.in_order = true;
        self
    }

    /// Carries out one of the clauses, waiting until one is possible.
    ///
    /// # Errors
    /// Cancelled: nothing was chosen; misuse, such as for a lock that the task has; what the clause's function fails with.
    ///
    /// ```
    /// # crib::run(async {
    /// let late = crib::Select::new().deadline(crib::now(), || Ok(true)).wait().await?;
    /// assert!(late);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn wait(self) -> impl Future<Output = Result<R>> + use<'a, R> {
        Op::new(self)
    }

    /// Carries out one of the clauses if that needs no wait.
    ///
    /// # Errors
    /// [`WouldBlock`](crate::ErrorKind::WouldBlock) if none is ready; else as [`wait`](Select::wait).
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel(1)?;
    /// let now = || crib::Select::new().recv(&rx, |v| v).try_now();
    /// assert_eq!(now().unwrap_err().kind(), crib::ErrorKind::WouldBlock);
    /// tx.send(1).await?;
    /// assert_eq!(now()?, Some(1));
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_now(mut self) -> Result<R> {
        let task = current()?.task;
        // SAFETY: asks only.
        if unsafe { sys::crib_task_current() } != task.raw() {
            return poll_once(self); // whose locks must not become the current one's
        }
        self.take_values();
        let flags = self.flags();
        // SAFETY: counted handles that the clauses borrow, in a task, which is ours.
        let rc = unsafe { sys::crib_select_nowait(self.clauses.as_mut_ptr(), self.clauses.len(), flags) };
        self.carry_out(rc, &task, || None)
    }

    fn flags(&self) -> u32 {
        if self.in_order { sys::CRIB_SELECT_IN_ORDER as u32 } else { 0 }
    }

    fn take_values(&mut self) {
        for (clause, arm) in self.clauses.iter_mut().zip(&mut self.arms) {
            clause.value = arm.value();
        }
    }

    /// Gives what was chosen to its clause, and the other values back.
    fn carry_out(&mut self, chosen: i32, task: &Rc<Core>, error: impl Fn() -> Option<Error>) -> Result<R> {
        let Ok(chosen) = usize::try_from(chosen) else {
            self.settle();
            return Err(error().unwrap_or_else(|| Error::from_code(chosen)));
        };
        let clause = &mut self.clauses[chosen];
        let status = clause.status;
        let is_send = clause.kind == sys::CRIB_CLAUSE_SEND;
        // What a send could not send comes back with the others.
        let value = if is_send { NIL } else { std::mem::replace(&mut clause.value, NIL) };
        self.settle();
        let error = if status < 0 { error().filter(|e| e.code() == status) } else { None };
        let arm = self.arms.swap_remove(chosen);
        arm.finish(Chosen { status, value, error, task })
    }

    fn settle(&mut self) {
        for (clause, arm) in self.clauses.iter_mut().zip(&mut self.arms) {
            let value = std::mem::replace(&mut clause.value, NIL);
            if !value.vt.is_null() {
                arm.settle(value);
            }
        }
    }
}

impl<R> Begin for Select<'_, R> {
    type Output = R;

    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        self.take_values();
        let flags = self.flags();
        // SAFETY: a checked id and counted handles that the clauses borrow; the clauses are copied.
        begun(unsafe { sys::crib_begin_select(op, self.clauses.as_mut_ptr(), self.clauses.len(), flags) })
    }

    fn take(&mut self, op: *mut sys::crib_op, result: &mut sys::crib_result) -> i32 {
        // SAFETY: a checked id and the clauses it began with.
        result.status = unsafe { sys::crib_op_take_select(op, self.clauses.as_mut_ptr(), self.clauses.len()) };
        result.status.min(0)
    }

    fn finish(&mut self, d: Done<'_>) -> Result<R> {
        self.carry_out(d.status, d.task, || d.tree())
    }
}

struct Recv<T, F> {
    rx: *mut sys::crib_receiver,
    kind: Type<T>,
    then: F,
}

impl<R, T: 'static, F: FnOnce(Result<Option<T>>) -> Result<R>> Arm<R> for Recv<T, F> {
    fn finish(self: Box<Self>, chosen: Chosen<'_>) -> Result<R> {
        (self.then)(match chosen.status {
            0.. => self.kind.unwrap(chosen.value).map(Some),
            sys::CRIB_EENDOFCHANNEL => Ok(None),
            code => Err(chosen.error.unwrap_or_else(|| closing_error(self.rx, code))),
        })
    }
}

struct Send<'a, T, F> {
    kind: Type<T>,
    value: &'a mut Option<T>,
    then: F,
}

impl<R, T: 'static, F: FnOnce(Result<()>) -> Result<R>> Arm<R> for Send<'_, T, F> {
    fn value(&mut self) -> sys::crib_value {
        self.value.take().map_or(NIL, |v| self.kind.wrap(v))
    }
    fn settle(&mut self, value: sys::crib_value) {
        *self.value = self.kind.unwrap(value).ok();
    }
    fn finish(self: Box<Self>, chosen: Chosen<'_>) -> Result<R> {
        (self.then)(chosen.result())
    }
}

struct Acquire<'a, T: ?Sized, F> {
    lock: &'a Lock<T>,
    then: F,
}

impl<'a, R, T: ?Sized, F: FnOnce(Result<LockGuard<'a, T>>) -> Result<R>> Arm<R> for Acquire<'a, T, F> {
    fn finish(self: Box<Self>, chosen: Chosen<'_>) -> Result<R> {
        let task = chosen.task.clone();
        (self.then)(chosen.result().and_then(|()| self.lock.acquired(&task, false)))
    }
}

struct Take<'a, F> {
    semaphore: &'a Semaphore,
    then: F,
}

impl<'a, R, F: FnOnce(Result<Permit<'a>>) -> Result<R>> Arm<R> for Take<'a, F> {
    fn finish(self: Box<Self>, chosen: Chosen<'_>) -> Result<R> {
        (self.then)(chosen.result().map(|()| self.semaphore.taken()))
    }
}

struct Plain<F>(F);

impl<R, F: FnOnce() -> Result<R>> Arm<R> for Plain<F> {
    fn finish(self: Box<Self>, _: Chosen<'_>) -> Result<R> {
        (self.0)()
    }
}
