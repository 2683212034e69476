//! Raw bindings to crib, structured concurrency for C: every public function, constant and
//! struct under its C name. What they mean, who owns what, and from where each may be called is said in the C headers.
//! The crate `crib` is the safe interface.
//!
//! `src/bindings.rs` is made by `tests/checks/rust_bindings.py --write` of the source tree, by bindgen, and committed.
#![no_std]
#![allow(non_camel_case_types, non_upper_case_globals, non_snake_case, missing_docs)]

#[rustfmt::skip]
mod bindings;
pub use bindings::*;

/// A channel without a limit.
pub const CRIB_UNBOUNDED: usize = usize::MAX;
/// A time that never comes.
pub const CRIB_FOREVER: i64 = i64::MAX;
/// A time that has always passed.
pub const CRIB_EXPIRED: i64 = i64::MIN;
