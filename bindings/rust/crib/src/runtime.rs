//! Runs: where tasks live.

use crate::engine::{self, Core, Name, Parent, erase};
use crate::error::{Error, Result, UV_ECANCELED};
use crate::handle::Counted;
use crate::local::Bindings;
use crate::sys;
use crate::task::Outcome;
use std::future::Future;
use std::rc::Rc;

/// Runs `main` as the main task of a new run, until it and everything it started have ended. Blocks the thread.
///
/// `main` may borrow from around the call.
///
/// # Errors
/// What `main` failed with; [`Deadlock`](crate::ErrorKind::Deadlock) if every task waits and nothing can wake one;
/// [`Interrupted`](crate::ErrorKind::Interrupted) after SIGINT; misuse inside a run.
///
/// ```
/// let name = String::from("world");
/// let length = crib::run(async {
///     println!("hello {name}");
///     Ok(name.len())
/// })?;
/// assert_eq!(length, 5);
/// # Ok::<(), crib::Error>(())
/// ```
pub fn run<T>(main: impl Future<Output = Result<T>>) -> Result<T> {
    Runtime::builder().build()?.run(main)
}

/// How time passes in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MockClock {
    /// It is real.
    #[default]
    Off,
    /// It stands still until [`testing::jump`](crate::testing::jump) moves it.
    Manual,
    /// When no task can run it jumps to the next deadline: hours pass in no time.
    AutoJump,
}

/// The options of a [`Runtime`].
///
/// ```
/// # use std::time::Duration;
/// # use crib::{MockClock, Runtime};
/// let rt = Runtime::builder().mock_clock(MockClock::AutoJump).seed(7).build()?;
/// rt.run(crib::sleep(Duration::from_secs(3600)))?; // returns at once
/// # Ok::<(), crib::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a builder does nothing until it builds"]
pub struct RuntimeBuilder {
    seed: u64,
    budget: u32,
    strict: bool,
    interrupt: Option<bool>,
    clock: MockClock,
}

impl RuntimeBuilder {
    /// Schedules tasks in an order that the seed decides; 0 is first in, first out.
    ///
    /// ```
    /// # crib::Runtime::builder().seed(42).build()?.run(async { Ok(()) })?;
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many operations a task may do before it must let others run; 0 is the default, 64.
    ///
    /// ```
    /// # crib::Runtime::builder().budget(1).build()?.run(async { Ok(()) })?;
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn budget(mut self, operations: u32) -> Self {
        self.budget = operations;
        self
    }

    /// Every operation lets others run, and the clock is looked at in every pass.
    ///
    /// ```
    /// # crib::Runtime::builder().strict(true).build()?.run(async { Ok(()) })?;
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Whether SIGINT cancels the main task: always or never, instead of only in the process's main thread where the
    /// program has not taken the signal itself.
    ///
    /// ```
    /// # crib::Runtime::builder().interrupt(false).build()?.run(async { Ok(()) })?;
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn interrupt(mut self, take: bool) -> Self {
        self.interrupt = Some(take);
        self
    }

    /// Virtual time, for tests.
    ///
    /// ```
    /// # use crib::{MockClock, Runtime};
    /// # Runtime::builder().mock_clock(MockClock::AutoJump).build()?.run(async { Ok(()) })?;
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn mock_clock(mut self, clock: MockClock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// Without memory.
    ///
    /// ```
    /// let rt = crib::Runtime::builder().build()?;
    /// # let _ = rt;
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn build(self) -> Result<Runtime> {
        let options = sys::crib_runtime_options {
            size: size_of::<sys::crib_runtime_options>(),
            seed: self.seed,
            stack_bytes: 0,
            budget: self.budget,
            strict: self.strict.into(),
            interrupt: self.interrupt.map_or(0, |take| if take { 1 } else { -1 }),
            mock_clock: match self.clock {
                MockClock::Off => 0,
                MockClock::Manual => 1,
                MockClock::AutoJump => 2,
            },
        };
        // SAFETY: the options are copied; the handle is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_runtime_new(&options)) };
        raw.map(Runtime).ok_or_else(|| Error::from_code(crate::error::UV_ENOMEM))
    }
}

/// A runtime: one event loop, in the thread that first enters it, for one run after another.
pub struct Runtime(Counted<sys::crib_runtime>);

impl Runtime {
    /// A runtime with options.
    ///
    /// ```
    /// let rt = crib::Runtime::builder().strict(true).build()?;
    /// assert_eq!(rt.run(async { Ok(1) })?, 1);
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn builder() -> RuntimeBuilder {
        RuntimeBuilder::default()
    }

    /// Runs `main` as the main task; see [`run`]. May be called again when it is over.
    ///
    /// # Errors
    /// As [`run`].
    ///
    /// ```
    /// let rt = crib::Runtime::builder().build()?;
    /// assert_eq!(rt.run(async { Ok(1) })?, 1);
    /// assert_eq!(rt.run(async { Ok(2) })?, 2);
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn run<T>(&self, main: impl Future<Output = Result<T>>) -> Result<T> {
        let outcome = Outcome::new();
        let future = Box::pin(outcome.clone().filled_by(main));
        // SAFETY: the call below returns when the library has destroyed the task, which drops the future.
        let future = unsafe { erase(future) };
        let core = Core::new(Name::new("main"), Some(future), Parent::Nobody, Bindings::none());
        let data = Rc::into_raw(core.clone()) as usize;
        // SAFETY: `destroy` gives the reference back in every case; the name lives in the core.
        let rc = unsafe {
            let name = core.name_ptr();
            sys::crib_runtime_run_stackless(self.0.as_ptr(), name, Some(engine::resume), data, Some(engine::destroy))
        };
        if !core.is_over() {
            // What the future borrows must not go before it.
            eprintln!("crib: a run returned before its main task was destroyed");
            std::process::abort();
        }
        if rc < 0 {
            // SAFETY: NULL is fine; the tree of this thread's last run, of which we take a reference.
            let tree = unsafe { Error::from_raw(sys::crib_error_ref(sys::crib_error_current())) };
            return Err(tree.filter(|e| e.code() == rc).unwrap_or_else(|| Error::from_code(rc)));
        }
        outcome.take().ok_or_else(|| Error::with_code(UV_ECANCELED, "the main task was cancelled"))
    }
}
