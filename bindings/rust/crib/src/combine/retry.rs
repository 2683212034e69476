//! One work, several times.

use crate::error::{Error, Result};
use crate::time::{check_cancelled, effective_deadline, now, sleep};
use std::fmt;
use std::time::Duration;

/// Tries something again until it succeeds, after delays that grow.
///
/// ```
/// # use std::time::Duration;
/// # use crib::{Error, Retry};
/// # crib::run(async {
/// let mut attempts = 0;
/// let answer = Retry::new()
///     .delay(Duration::from_millis(1))
///     .run(async || {
///         attempts += 1;
///         if attempts < 3 { Err(Error::msg("not yet")) } else { Ok(42) }
///     })
///     .await?;
/// assert_eq!((answer, attempts), (42, 3));
/// # Ok(()) }).unwrap();
/// ```
#[must_use = "nothing is tried until it runs"]
pub struct Retry<'a> {
    attempts: u32,
    delay: Duration,
    factor: f64,
    most_delay: Duration,
    retries: Box<dyn Fn(&Error) -> bool + 'a>,
}

impl Default for Retry<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Retry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attempts, delay) = (&self.attempts, &self.delay);
        f.debug_struct("Retry").field("attempts", attempts).field("delay", delay).finish_non_exhaustive()
    }
}

impl<'a> Retry<'a> {
    /// As often as it takes, after 100 ms and then twice as long each time, up to 30 s.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Retry::new().run(async || Ok(1)).await?, 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn new() -> Self {
        let (delay, most_delay) = (Duration::from_millis(100), Duration::from_secs(30));
        Self { attempts: 0, delay, factor: 2.0, most_delay, retries: Box::new(|_| true) }
    }

    /// How often it is tried, the first time included; 0 is no limit.
    ///
    /// ```
    /// # crib::run(async {
    /// let result = crib::Retry::new().attempts(1).run(async || Err::<(), _>(crib::Error::msg("no"))).await;
    /// assert_eq!(result.unwrap_err().message(), "no");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn attempts(mut self, most: u32) -> Self {
        self.attempts = most;
        self
    }

    /// The delay after the first attempt.
    ///
    /// ```
    /// # let _ =
    /// crib::Retry::new().delay(std::time::Duration::from_secs(1));
    /// ```
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// By how much each delay is longer than the one before, at least 1.
    ///
    /// ```
    /// # let _ =
    /// crib::Retry::new().factor(1.5);
    /// ```
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = factor.max(1.0);
        self
    }

    /// No delay is longer.
    ///
    /// ```
    /// # let _ =
    /// crib::Retry::new().most_delay(std::time::Duration::from_secs(5));
    /// ```
    pub fn most_delay(mut self, delay: Duration) -> Self {
        self.most_delay = delay;
        self
    }

    /// Only tries again after a failure of which this says so.
    ///
    /// ```
    /// # use crib::{Error, ErrorKind, Retry};
    /// # crib::run(async {
    /// let result = Retry::new()
    ///     .when(|e| e.kind() == ErrorKind::TooSlow)
    ///     .run(async || Err::<(), _>(Error::msg("not worth it")))
    ///     .await;
    /// assert!(result.is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn when(mut self, retries: impl Fn(&Error) -> bool + 'a) -> Self {
        self.retries = Box::new(retries);
        self
    }

    /// Tries. A cancellation is passed on, and no delay is begun that reaches the effective deadline.
    ///
    /// # Errors
    /// What the last attempt failed with; Cancelled.
    ///
    /// ```
    /// # crib::run(async {
    /// assert_eq!(crib::Retry::new().run(async || Ok("at once")).await?, "at once");
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn run<T>(self, mut attempt: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        check_cancelled()?;
        let mut delay = self.delay.min(self.most_delay);
        let mut attempts = 0;
        loop {
            let error = match attempt().await {
                Err(e) if !e.is_cancelled() => e,
                result => return result,
            };
            attempts += 1;
            let is_last = self.attempts > 0 && attempts >= self.attempts;
            if is_last || !(self.retries)(&error) || now() + delay >= effective_deadline()? {
                return Err(error);
            }
            sleep(delay).await?;
            let longer = Duration::try_from_secs_f64(delay.as_secs_f64() * self.factor);
            delay = longer.map_or(self.most_delay, |longer| longer.min(self.most_delay));
        }
    }
}
