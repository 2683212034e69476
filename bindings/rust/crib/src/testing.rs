//! For tests: virtual time, and waiting until nothing moves.

use crate::engine::{Begin, Core, Done, Op, begun, code, done};
use crate::error::Result;
use crate::sys;
use crate::time::nanos;
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// Moves the mock clock of this run forward.
///
/// # Errors
/// Misuse without a mock clock.
///
/// ```
/// # use std::time::Duration;
/// # use crib::{MockClock, Runtime, testing};
/// Runtime::builder().mock_clock(MockClock::Manual).build()?.run(async {
///     let begun = crib::now();
///     testing::jump(Duration::from_secs(60))?;
///     assert_eq!(crib::now() - begun, Duration::from_secs(60));
///     Ok(())
/// })?;
/// # Ok::<(), crib::Error>(())
/// ```
pub fn jump(by: Duration) -> Result<()> {
    // SAFETY: checked.
    code(unsafe { sys::crib_clock_jump(nanos(by)) }).map(|_| ())
}

struct AllBlocked(i64);

impl Begin for AllBlocked {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id.
        begun(unsafe { sys::crib_begin_wait_all_tasks_blocked(op, self.0) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}

/// Waits until no task can run, other than those that wait here, and none did for `cushion` of real time.
///
/// # Errors
/// Cancelled.
///
/// ```
/// # use std::time::Duration;
/// # crib::run(crib::nursery(async |n| {
/// let event = std::rc::Rc::new(crib::Event::new()?);
/// let waits = event.clone();
/// n.start_soon("waiter", async move { waits.wait().await });
/// crib::testing::wait_all_tasks_blocked(Duration::ZERO).await?; // now it waits
/// event.set();
/// # Ok(()) })).unwrap();
/// ```
pub fn wait_all_tasks_blocked(cushion: Duration) -> impl Future<Output = Result<()>> {
    Op::new(AllBlocked(nanos(cushion)))
}
