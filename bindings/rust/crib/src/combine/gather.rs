//! All results, in order.

use super::{Work, all_were_cancelled, most_children, wait_below};
use crate::error::Result;
use crate::nursery::NurseryBuilder;
use crate::time::check_cancelled;

/// Runs works, at most `limit` at a time (0 is no limit), and gives their results in the order of the works. The first
/// failure cancels the others.
///
/// # Errors
/// As [`scope`](crate::scope()); [`Aborted`](crate::ErrorKind::Aborted) if one was cancelled by itself.
///
/// ```
/// # use std::time::Duration;
/// # use crib::Work;
/// # crib::run(async {
/// let slow = async |ms, value| {
///     crib::sleep(Duration::from_millis(ms)).await?;
///     Ok(value)
/// };
/// let works = [Work::new("a", slow(3, 1)), Work::new("b", slow(1, 2)), Work::new("c", slow(1, 3))];
/// assert_eq!(crib::gather(2, works).await?, [1, 2, 3]);
/// # Ok(()) }).unwrap();
/// ```
pub async fn gather<'a, T: 'a>(limit: usize, works: impl IntoIterator<Item = Work<'a, T>>) -> Result<Vec<T>> {
    check_cancelled()?;
    let works: Vec<_> = works.into_iter().collect();
    let start_all = NurseryBuilder::default().max_children(most_children(limit)).scope(async |s| {
        let mut tasks = Vec::with_capacity(works.len());
        for work in works {
            wait_below(s, limit).await?;
            tasks.push(s.try_spawn(&work.name, work.future)?);
        }
        Ok(tasks)
    });
    let tasks = start_all.await?;
    tasks.into_iter().map(|task| task.take().ok_or_else(all_were_cancelled)).collect()
}

/// Calls a function for each item, at most `limit` at a time (0 is no limit), and gives the results in order.
///
/// # Errors
/// As [`gather`].
///
/// ```
/// # crib::run(async {
/// let squares = crib::map(2, 0..4, async |i| {
///     crib::checkpoint().await?;
///     Ok(i * i)
/// });
/// assert_eq!(squares.await?, [0, 1, 4, 9]);
/// # Ok(()) }).unwrap();
/// ```
pub async fn map<I, T>(
    limit: usize,
    items: impl IntoIterator<Item = I>,
    f: impl AsyncFn(I) -> Result<T>,
) -> Result<Vec<T>> {
    let f = &f;
    gather(limit, items.into_iter().map(|item| Work::new("map", async move { f(item).await }))).await
}
