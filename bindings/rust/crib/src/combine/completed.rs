//! Results as they come.

use super::{Work, most_children, wait_below};
use crate::error::{Error, Result};
use crate::nursery::NurseryBuilder;
use crate::sync::Semaphore;
use crate::time::check_cancelled;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

/// What the works and their taker share.
struct Stream<T> {
    results: RefCell<VecDeque<(usize, Result<T>)>>,
    there: Semaphore,
    left: Cell<usize>,
}

impl<T> Stream<T> {
    fn new(count: usize) -> Result<Self> {
        let (results, left) = (RefCell::new(VecDeque::new()), Cell::new(count));
        Ok(Self { results, there: Semaphore::new(0)?, left })
    }

    fn put(&self, i: usize, result: Result<T>) {
        self.results.borrow_mut().push_back((i, result));
        let _ = self.there.release(1);
    }

    /// The failures that nobody took.
    fn failures(&self) -> Vec<Error> {
        let left = self.results.take();
        left.into_iter().filter_map(|(_, result)| result.err()).filter(|e| !e.is_cancelled()).collect()
    }
}

/// The results of works, as they come: see [`as_completed`].
pub struct Completed<'a, T>(&'a Stream<T>);

impl<T> Completed<'_, T> {
    /// The number of the work that ended next, and its result; `None` after the last one.
    ///
    /// # Errors
    /// Cancelled.
    ///
    /// ```
    /// # use crib::Work;
    /// # crib::run(crib::as_completed(0, [Work::new("one", async { Ok(1) })], async |results| {
    /// assert!(matches!(results.next().await?, Some((0, Ok(1)))));
    /// assert!(results.next().await?.is_none());
    /// # Ok(()) })).unwrap();
    /// ```
    pub async fn next(&mut self) -> Result<Option<(usize, Result<T>)>> {
        let stream = self.0;
        if stream.left.get() == 0 {
            return check_cancelled().map(|()| None);
        }
        stream.there.acquire().await?.forget();
        stream.left.set(stream.left.get() - 1);
        Ok(stream.results.borrow_mut().pop_front())
    }
}

/// Runs works, at most `limit` at a time (0 is no limit), while the body takes their results as they come. A failure is a
/// result, too, and cancels nobody. When the body ends, what still runs is cancelled, and awaited.
///
/// # Errors
/// What the body fails with, and the failures that it did not take.
///
/// ```
/// # use std::time::Duration;
/// # use crib::Work;
/// # crib::run(async {
/// let sleep = async |ms| {
///     crib::sleep(Duration::from_millis(ms)).await?;
///     Ok(ms)
/// };
/// let works = [Work::new("long", sleep(2)), Work::new("short", sleep(1))];
/// let order = crib::as_completed(0, works, async |results| {
///     let mut order = Vec::new();
///     while let Some((i, result)) = results.next().await? {
///         order.push((i, result?));
///     }
///     Ok(order)
/// });
/// assert_eq!(order.await?, [(1, 1), (0, 2)]);
/// # Ok(()) }).unwrap();
/// ```
pub async fn as_completed<'a, T: 'a, R>(
    limit: usize,
    works: impl IntoIterator<Item = Work<'a, T>>,
    body: impl AsyncFnOnce(&mut Completed<'_, T>) -> Result<R>,
) -> Result<R> {
    let works: Vec<_> = works.into_iter().collect();
    let stream = Stream::new(works.len())?;
    let results = &stream;
    // The task that starts what is above the limit counts, too.
    let most = if limit > 0 && limit < works.len() { limit + 1 } else { 0 };
    let run = NurseryBuilder::default().max_children(most_children(most)).scope(async |s| {
        let mut works = works.into_iter().enumerate().map(|(i, Work { name, future })| {
            let task = async move {
                results.put(i, future.await);
                Ok(())
            };
            (name, task)
        });
        for (name, task) in works.by_ref().take(if most > 0 { limit } else { usize::MAX }) {
            s.try_start_soon(&name, task)?;
        }
        if most > 0 {
            s.try_start_soon("as_completed", async move {
                for (name, task) in works {
                    wait_below(s, most).await?;
                    s.try_start_soon(&name, task)?;
                }
                Ok(())
            })?;
        }
        let result = body(&mut Completed(results)).await?;
        s.cancel("the results are no longer wanted");
        Ok(result)
    });
    let result = run.await;
    let mut failures = stream.failures();
    if failures.is_empty() {
        return result;
    }
    failures.splice(0..0, result.err());
    Err(Error::group(failures))
}
