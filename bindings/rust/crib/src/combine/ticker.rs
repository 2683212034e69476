//! Ticks that do not drift.

use crate::error::{Error, Result};
use crate::time::{Instant, now, sleep_until};
use std::time::Duration;

/// A tick every so often. It does not drift, and does not make up for ticks that nobody waited for.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(async {
/// let mut ticker = crib::Ticker::new(Duration::from_millis(1))?;
/// for _ in 0..3 {
///     let missed = ticker.tick().await?;
///     println!("tick, after {missed} that were missed");
/// }
/// # Ok(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct Ticker {
    period: u64,
    next: Instant,
}

impl Ticker {
    /// The first tick comes a period from now.
    ///
    /// # Errors
    /// Misuse for a period of nothing.
    ///
    /// ```
    /// assert!(crib::Ticker::new(std::time::Duration::ZERO).is_err());
    /// ```
    pub fn new(period: Duration) -> Result<Self> {
        let nanos = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        if nanos == 0 {
            return Err(Error::misuse("a ticker without a period"));
        }
        Ok(Self { period: nanos, next: now() + period })
    }

    /// Waits for the next tick. Returns how many were missed since the last wait.
    ///
    /// # Errors
    /// Cancelled: then that tick is still to come.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # crib::run(async {
    /// let mut ticker = crib::Ticker::new(Duration::from_millis(1))?;
    /// assert_eq!(ticker.tick().await?, 0);
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn tick(&mut self) -> Result<u64> {
        let late = u64::try_from((now() - self.next).as_nanos()).unwrap_or(u64::MAX);
        // One that falls on this very time is still to be seen.
        let missed = if late == 0 { 0 } else { (late - 1) / self.period + 1 };
        let tick = self.next + Duration::from_nanos(self.period.saturating_mul(missed));
        sleep_until(tick).await?;
        self.next = tick + Duration::from_nanos(self.period);
        Ok(missed)
    }
}
