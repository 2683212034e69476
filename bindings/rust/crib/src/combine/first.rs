//! One result of several.

use super::{Work, all_were_cancelled};
use crate::error::{Error, Result};
use crate::nursery::{NurseryBuilder, Policy};
use crate::scope::Scope;
use crate::sys;
use crate::time::{check_cancelled, now};
use crate::token::CancelToken;
use std::cell::Cell;
use std::time::Duration;

/// Who was first, and with what.
struct Contest<T> {
    winner: Cell<Option<(usize, T)>>,
    is_won: Cell<bool>,
}

impl<T> Contest<T> {
    fn new() -> Self {
        Self { winner: Cell::new(None), is_won: Cell::new(false) }
    }

    fn start<'scope>(&'scope self, s: &'scope Scope<'scope, '_>, works: Vec<Work<'scope, T>>) -> Result<()> {
        for (i, Work { name, future }) in works.into_iter().enumerate() {
            s.try_start_soon(&name, async move {
                let value = future.await?;
                // Who ends when all is over is too late.
                if !self.is_won.get() && !s.cancel_handle().is_cancelled() {
                    self.is_won.set(true);
                    self.winner.set(Some((i, value)));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn result(&self) -> Result<(usize, T)> {
        self.winner.take().ok_or_else(all_were_cancelled)
    }
}

fn some<'a, T>(works: impl IntoIterator<Item = Work<'a, T>>) -> Result<Vec<Work<'a, T>>> {
    let works: Vec<_> = works.into_iter().collect();
    if works.is_empty() { Err(Error::misuse("nothing to wait for: no works")) } else { Ok(works) }
}

/// The first result, and the number of the work that gave it; the others are cancelled, and awaited. Failures count only
/// if nobody succeeds.
///
/// # Errors
/// All failures, if nobody succeeds; Cancelled; misuse without works.
///
/// ```
/// # use crib::{Error, Work};
/// # crib::run(async {
/// let works = [
///     Work::new("broken", async { Err(Error::msg("out of order")) }),
///     Work::new("good", async { Ok("tea") }),
///     Work::new("slow", async {
///         crib::sleep_forever().await?;
///         Ok("coffee")
///     }),
/// ];
/// assert_eq!(crib::first_success(works).await?, (1, "tea"));
/// # Ok(()) }).unwrap();
/// ```
pub async fn first_success<'a, T: 'a>(works: impl IntoIterator<Item = Work<'a, T>>) -> Result<(usize, T)> {
    let works = some(works)?;
    check_cancelled()?;
    let contest = Contest::new();
    let builder = NurseryBuilder::default().policy(Policy::FirstSuccess);
    builder.scope(async |s| contest.start(s, works)).await?;
    contest.result()
}

/// The first work that ends decides, unless a token is triggered or the time passes before: then what is left is
/// cancelled, and awaited. A failure counts in any case, a success only if the token is not triggered.
///
/// # Errors
/// [`TokenFired`](crate::ErrorKind::TokenFired); [`TooSlow`](crate::ErrorKind::TooSlow); what a work failed with;
/// Cancelled; misuse without works.
///
/// ```
/// # use std::time::Duration;
/// # use crib::{CancelToken, ErrorKind, Work};
/// # crib::run(async {
/// let stop = CancelToken::new("stop")?;
/// let forever = || [Work::new("forever", crib::sleep_forever())];
/// let late = crib::cancellable_wait(Some(&stop), forever(), Some(Duration::from_millis(1))).await;
/// assert_eq!(late.unwrap_err().kind(), ErrorKind::TooSlow);
/// stop.trigger();
/// let stopped = crib::cancellable_wait(Some(&stop), forever(), None).await;
/// assert_eq!(stopped.unwrap_err().kind(), ErrorKind::TokenFired);
/// # Ok(()) }).unwrap();
/// ```
pub async fn cancellable_wait<'a, T: 'a>(
    token: Option<&CancelToken>,
    works: impl IntoIterator<Item = Work<'a, T>>,
    timeout: Option<Duration>,
) -> Result<(usize, T)> {
    let works = some(works)?;
    check_cancelled()?;
    let deadline = timeout.map(|timeout| now() + timeout);
    let contest = Contest::new();
    let builder = NurseryBuilder::default().policy(Policy::FirstDone);
    let race = builder.scope(async |s| {
        let scope = s.cancel_handle();
        if let Some(token) = token {
            scope.link_token(token)?;
        }
        if let Some(deadline) = deadline {
            scope.set_deadline(deadline)?;
        }
        scope.is_cancelled(); // a time that has passed counts from the start
        contest.start(s, works)
    });
    race.await?;
    token.map_or(Ok(()), CancelToken::check)?;
    if !contest.is_won.get() && deadline.is_some_and(|deadline| now() >= deadline) {
        return Err(Error::with_code(sys::CRIB_ETOOSLOW, "the time of a cancellable wait has passed"));
    }
    contest.result()
}
