//! Runs the example that the argument names in virtual time: its output does not depend on how fast the machine is.
#![allow(dead_code, reason = "their own main functions run in real time")]

use crib::{MockClock, Runtime};

macro_rules! examples {
    ($($module:ident = $path:literal),* $(,)?) => {
        $(#[path = $path] mod $module;)*

        fn run(rt: &Runtime, name: &str) -> crib::Result<()> {
            match name {
                $(stringify!($module) => rt.run($module::app()),)*
                _ => Err(crib::Error::msg(format!("there is no example {name}"))),
            }
        }
    };
}

examples! {
    two_tasks = "../../../examples/rust/01_two_tasks.rs",
    timeout = "../../../examples/rust/02_timeout.rs",
    first_failure_cancels = "../../../examples/rust/03_first_failure_cancels.rs",
    pipeline = "../../../examples/rust/04_pipeline.rs",
    select = "../../../examples/rust/05_select.rs",
    lock = "../../../examples/rust/06_lock.rs",
    token = "../../../examples/rust/07_token.rs",
    graceful_shutdown = "../../../examples/rust/08_graceful_shutdown.rs",
    ten_thousand_tasks = "../../../examples/rust/09_ten_thousand_tasks.rs",
    mixed = "../../../examples/rust/10_mixed.rs",
}

fn main() -> crib::Result<()> {
    let rt = Runtime::builder().mock_clock(MockClock::AutoJump).build()?;
    run(&rt, &std::env::args().nth(1).unwrap_or_default())
}
