#![doc = include_str!("../README.md")]

pub use crib_sys as sys;

mod cancel;
mod channel;
mod combine;
mod engine;
mod error;
mod handle;
mod local;
mod nursery;
mod portal;
pub mod raw;
mod runtime;
mod scope;
mod select;
mod shared;
mod sync;
mod task;
pub mod testing;
mod time;
mod token;
mod value;

pub use cancel::{
    CancelHandle, CancelScope, CancelState, Shield, SoftCancel, fail_after, fail_at, graceful, move_on_after,
    move_on_at, shield, soft_shield,
};
pub use channel::{
    ChannelStatistics, Overflow, Receiver, Sender, TryRecvError, TrySendError, UNBOUNDED, channel, overflowing_channel,
};
pub use combine::{Completed, Retry, Ticker, Work, as_completed, cancellable_wait, first_success, gather, map};
pub use error::{Error, ErrorKind, Result};
pub use local::Local;
pub use nursery::{Nursery, NurseryBuilder, Policy, nursery};
pub use portal::Portal;
pub use runtime::{MockClock, Runtime, RuntimeBuilder, run};
pub use scope::{Scope, scope};
pub use select::Select;
pub use shared::{SharedReceiver, SharedSender, shared_channel};
pub use sync::{
    Barrier, Condition, Event, Limiter, LimiterGuard, Lock, LockGuard, Permit, ReadGuard, RwLock, Semaphore, WriteGuard,
};
pub use task::{Started, Task, set_task_name, task_name};
pub use time::{
    Instant, cancel_shielded_checkpoint, check_cancelled, checkpoint, effective_deadline, now, sleep, sleep_forever,
    sleep_until,
};
pub use token::CancelToken;
pub use value::Value;
