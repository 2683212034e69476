//! What all scenarios use: a run in virtual time, lines of output, and errors as scenarios show them.

use crib::{Error, ErrorKind, Instant, MockClock, Result, Runtime};
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

/// A main task; some give a number.
pub(crate) type Main = Pin<Box<dyn Future<Output = Result<i64>>>>;
pub(crate) type Scenario = (u32, fn() -> Main);

/// What a main task may give.
pub(crate) trait Ending: 'static {
    fn number(self) -> i64;
}

impl Ending for () {
    fn number(self) -> i64 {
        0
    }
}

impl Ending for i64 {
    fn number(self) -> i64 {
        self
    }
}

pub(crate) fn main<T: Ending>(main: impl Future<Output = Result<T>> + 'static) -> Main {
    Box::pin(async move { main.await.map(T::number) })
}

/// The table of a file: the number and the main task of each scenario.
macro_rules! scenarios {
    ($($number:literal => $main:ident,)*) => {
        pub(crate) const SCENARIOS: &[$crate::stage::Scenario] = &[$(($number, || $crate::stage::main($main()))),*];
    };
}

thread_local! {
    static BEGUN: Cell<Instant> = const { Cell::new(Instant::PAST) };
}

/// Milliseconds of virtual time since the scenario began.
pub(crate) fn time() -> u128 {
    (crib::now() - BEGUN.get()).as_millis()
}

/// A line: the time, the task that speaks (callbacks belong to none), and what it says.
macro_rules! say {
    ($($what:tt)*) => { $crate::stage::say_text(&format!($($what)*)) };
}

pub(crate) fn say_text(text: &str) {
    match crib::task_name() {
        Some(name) => println!("{} {name}: {text}", time()),
        None => println!("{} {text}", time()),
    }
}

pub(crate) fn play(main: fn() -> Main) -> ExitCode {
    let result = Runtime::builder()
        .mock_clock(MockClock::AutoJump)
        .build()
        .and_then(|rt| {
            rt.run(async {
                BEGUN.set(crib::now());
                main().await
            })
        });
    match result {
        Ok(0) => println!("end: ok"),
        Ok(number) => println!("end: {number}"),
        Err(e) => println!("end: {}", text(&e)),
    }
    ExitCode::SUCCESS
}

/// An error: a group by its members, one of the scenario's own by its message, others by the name of their code.
pub(crate) fn text(error: &Error) -> String {
    if error.is_cancelled() {
        return "CRIB_ECANCELLED".into();
    }
    let members: Vec<_> = error.children().map(|e| text(&e)).collect();
    if !members.is_empty() {
        return format!("[{}]", members.join(", "));
    }
    match error.kind() {
        ErrorKind::User => error.message(),
        _ => error.code_name().into(),
    }
}

pub(crate) fn outcome<T>(result: &Result<T>) -> String {
    match result {
        Ok(_) => "ok".into(),
        Err(e) => text(e),
    }
}

/// What was received: a value, or why there is none.
pub(crate) fn received<T: std::fmt::Display>(result: &Result<Option<T>>) -> String {
    match result {
        Ok(Some(value)) => format!("got {value}"),
        Ok(None) => "CRIB_EENDOFCHANNEL".into(),
        Err(e) => text(e),
    }
}

pub(crate) fn boom<T>() -> Result<T> {
    fail("boom")
}

pub(crate) fn fail<T>(message: &str) -> Result<T> {
    Err(Error::msg(message))
}

pub(crate) fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

pub(crate) fn or_none(what: Option<impl Into<String>>) -> String {
    what.map_or("none".into(), Into::into)
}

/// A deadline, in milliseconds since the scenario began.
pub(crate) fn deadline(time: Instant) -> String {
    match time {
        Instant::FOREVER => "none".into(),
        Instant::PAST => "passed".into(),
        time => (time - BEGUN.get()).as_millis().to_string(),
    }
}

pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) async fn sleep(n: u64) -> Result<()> {
    crib::sleep(ms(n)).await
}

/// Computes for so long, without a checkpoint: the virtual clock jumps.
pub(crate) fn compute(n: u64) -> Result<()> {
    crib::testing::jump(ms(n))
}

/// Sleeps, and tells what came of it.
pub(crate) async fn sleep_and_tell(n: u64) -> Result<()> {
    let result = sleep(n).await;
    say!("{}", outcome(&result));
    result
}

/// Fails after a while, and says so.
pub(crate) async fn fails_after(n: u64) -> Result<()> {
    sleep(n).await?;
    say!("fails");
    boom()
}
