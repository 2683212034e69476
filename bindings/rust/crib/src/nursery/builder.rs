//! The rules of a nursery, and its run.

use super::open::Open;
use super::{KillChildren, Members, Nursery};
use crate::engine::{Slab, catching};
use crate::error::{Error, Result, UV_ECANCELED};
use crate::scope::{self, Scope};
use crate::sys;
use crate::time::nanos;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::ptr::null_mut;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Which end of a child cancels the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// The first failure cancels the rest; all errors are reported.
    #[default]
    All,
    /// The first child to end cancels the rest.
    FirstDone,
    /// The first success cancels the rest; failures count only if nobody succeeds.
    FirstSuccess,
    /// A failure cancels nobody; it reaches [`NurseryBuilder::on_failure`] if that is set, else the close.
    Supervise,
}

pub(super) type OnFailure = Box<dyn FnMut(&str, Error)>;

/// The rules of a nursery; see [`Nursery::builder`].
#[derive(Default)]
pub struct NurseryBuilder {
    policy: Policy,
    max_children: u32,
    drain: bool,
    service: bool,
    grace: Duration,
    pub(super) on_failure: Option<OnFailure>,
}

impl NurseryBuilder {
    /// Which end of a child cancels the others.
    ///
    /// ```
    /// # use crib::{Nursery, Policy};
    /// # crib::run(async {
    /// let found = std::rc::Rc::new(std::cell::Cell::new(0));
    /// let answer = found.clone();
    /// Nursery::builder().policy(Policy::FirstSuccess).run(async move |n| {
    ///     n.start_soon("fails", async { Err(crib::Error::msg("no")) });
    ///     n.start_soon("succeeds", async move { answer.set(42); Ok(()) });
    ///     Ok(())
    /// }).await?;
    /// assert_eq!(found.get(), 42);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// At most so many children at a time.
    ///
    /// ```
    /// # crib::run(crib::Nursery::builder().max_children(8).run(async |n| {
    /// n.wait_room().await?;
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn max_children(mut self, most: u32) -> Self {
        self.max_children = most;
        self
    }

    /// Takes no more children once it is cancelled, softly or not.
    ///
    /// ```
    /// # crib::run(crib::Nursery::builder().drain().run(async |n| {
    /// n.cancel("closing time");
    /// assert!(n.try_start_soon("late", async { Ok(()) }).is_err());
    /// # Ok(()) })).unwrap();
    /// ```
    pub fn drain(mut self) -> Self {
        self.drain = true;
        self
    }

    /// Children serve the body: they are shielded until it has ended, then cancelled.
    ///
    /// ```
    /// # crib::run(crib::Nursery::builder().service().run(async |n| {
    /// n.start_soon("background", crib::sleep_forever());
    /// Ok(()) // ends the service too
    /// # })).unwrap();
    /// ```
    pub fn service(mut self) -> Self {
        self.service = true;
        self
    }

    /// When the nursery cancels by itself, what is soft-shielded may go on for so long.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(crib::Nursery::builder().grace(Duration::from_secs(1)).run(async |_n| Ok(()))).unwrap();
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// With [`Policy::Supervise`], is told of each failure: the task's name and its error. It cannot wait.
    ///
    /// ```
    /// # use crib::{Nursery, Policy};
    /// # let told = std::rc::Rc::new(std::cell::Cell::new(0));
    /// # let counter = told.clone();
    /// # crib::run(Nursery::builder().policy(Policy::Supervise).on_failure(move |task, error| {
    /// #     counter.set(counter.get() + 1);
    /// println!("{task}: {error}");
    /// # }).run(async |n| {
    /// n.start_soon("fails", async { Err(crib::Error::msg("no")) });
    /// # Ok(()) })).unwrap();
    /// # assert_eq!(told.get(), 1);
    /// ```
    pub fn on_failure(mut self, told: impl FnMut(&str, Error) + 'static) -> Self {
        self.on_failure = Some(Box::new(told));
        self
    }

    /// Runs `body` in such a nursery; see [`nursery`](crate::nursery()).
    ///
    /// # Errors
    /// As [`nursery`](crate::nursery()).
    ///
    /// ```
    /// # crib::run(crib::Nursery::builder().run(async |_n| Ok(()))).unwrap();
    /// ```
    pub async fn run<T>(self, body: impl AsyncFnOnce(Nursery) -> Result<T>) -> Result<T> {
        self.run_cancellable(body)
            .await?
            .ok_or_else(|| Error::with_code(UV_ECANCELED, "the nursery was cancelled before its body had a result"))
    }

    /// As [`run`](NurseryBuilder::run); `None` if the nursery was cancelled by itself before the body had a result.
    ///
    /// # Errors
    /// As [`nursery`](crate::nursery()).
    ///
    /// ```
    /// # crib::run(async {
    /// let result = crib::Nursery::builder().run_cancellable(async |n| {
    ///     n.cancel("not needed");
    ///     crib::checkpoint().await?;
    ///     Ok(42)
    /// }).await?;
    /// assert_eq!(result, None);
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn run_cancellable<T>(self, body: impl AsyncFnOnce(Nursery) -> Result<T>) -> Result<Option<T>> {
        let open = Open::new(self)?;
        let raw = open.raw;
        let members = Members { raw, closed: Cell::new(false), children: RefCell::new(Slab::new()) };
        let members = Rc::new(members);
        let guard = KillChildren(members.clone());
        let result = {
            let mut body = pin!(Some(body(Nursery(members.clone()))));
            poll_fn(|cx| {
                let Some(polled) = body.as_mut().as_pin_mut() else { return Poll::Pending };
                let polled = open.enter(|| catching(|| polled.poll(cx)));
                match polled {
                    Ok(poll) => poll,
                    Err(panic) => {
                        let _ = catching(|| body.set(None));
                        Poll::Ready(Err(panic))
                    }
                }
            })
            .await
        };
        let result = open.close(result).await;
        members.closed.set(true);
        drop(guard);
        result
    }

    /// Runs `body` in such a nursery, whose children may borrow; see [`scope`](crate::scope()).
    ///
    /// # Errors
    /// As [`scope`](crate::scope()).
    ///
    /// ```
    /// # crib::run(async {
    /// let numbers = vec![1, 2, 3];
    /// crib::Nursery::builder().max_children(4).scope(async |s| {
    ///     s.start_soon("printer", async { println!("{numbers:?}"); Ok(()) });
    ///     Ok(())
    /// }).await?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn scope<'env, T>(self, body: impl for<'s> AsyncFnOnce(&'s Scope<'s, 'env>) -> Result<T>) -> Result<T> {
        scope::run(self, body).await
    }

    pub(super) fn options(&self, parent: *mut sys::crib_scope) -> sys::crib_nursery_options {
        let policy = match self.policy {
            Policy::All => sys::CRIB_POLICY_ALL,
            Policy::FirstDone => sys::CRIB_POLICY_FIRST_DONE,
            Policy::FirstSuccess => sys::CRIB_POLICY_FIRST_SUCCESS,
            Policy::Supervise => sys::CRIB_POLICY_SUPERVISE,
        };
        sys::crib_nursery_options {
            size: size_of::<sys::crib_nursery_options>(),
            parent,
            policy,
            max_children: self.max_children,
            stack_bytes: 0,
            drain: self.drain.into(),
            service: self.service.into(),
            on_failure: None,
            user_data: null_mut(),
            grace: nanos(self.grace),
        }
    }
}
