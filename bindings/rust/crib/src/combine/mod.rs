//! Patterns made of scopes: several works at once, one work several times.

mod completed;
mod first;
mod gather;
mod retry;
mod ticker;

pub use completed::{Completed, as_completed};
pub use first::{cancellable_wait, first_success};
pub use gather::{gather, map};
pub use retry::Retry;
pub use ticker::Ticker;

use crate::error::{Error, Result, UV_ECANCELED};
use crate::scope::Scope;
use crate::time::check_cancelled;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Something that becomes a task, and the name of that task.
#[must_use = "a work does nothing until somebody runs it"]
pub struct Work<'a, T> {
    name: String,
    future: Pin<Box<dyn Future<Output = Result<T>> + 'a>>,
}

impl<'a, T> Work<'a, T> {
    /// A work that may borrow from around whoever runs it.
    ///
    /// ```
    /// # use crib::Work;
    /// # crib::run(async {
    /// let works = [Work::new("one", async { Ok(1) }), Work::new("two", async { Ok(2) })];
    /// assert_eq!(crib::gather(0, works).await?, [1, 2]);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new(name: &str, future: impl Future<Output = Result<T>> + 'a) -> Self {
        Self { name: name.into(), future: Box::pin(future) }
    }
}

impl<T> fmt::Debug for Work<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Waits until a scope has fewer children than `most`; 0 is no limit.
async fn wait_below(scope: &Scope<'_, '_>, most: usize) -> Result<()> {
    while most > 0 && scope.count() >= most {
        scope.wait_room().await?;
    }
    check_cancelled()
}

/// A limit as nurseries have it.
fn most_children(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(0)
}

fn all_were_cancelled() -> Error {
    Error::with_code(UV_ECANCELED, "each of them was cancelled by itself")
}
