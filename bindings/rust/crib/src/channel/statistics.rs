//! What a channel is doing.

use crate::engine::code;
use crate::error::Result;
use crate::sys;

/// What a channel is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelStatistics {
    /// Values in the buffer.
    pub buffered: usize,
    /// Room in the buffer; [`UNBOUNDED`](crate::UNBOUNDED) is no limit.
    pub capacity: usize,
    /// The most values ever buffered.
    pub peak: usize,
    /// Open sending ends.
    pub senders: usize,
    /// Open receiving ends.
    pub receivers: usize,
    /// Sends that wait.
    pub waiting_senders: usize,
    /// Receives that wait.
    pub waiting_receivers: usize,
    /// Values nobody received.
    pub dropped: u64,
}

impl ChannelStatistics {
    /// Asks by `ask`, which fills the struct in.
    pub(crate) fn of(ask: impl FnOnce(*mut sys::crib_channel_stats) -> i32) -> Result<Self> {
        // SAFETY: plain numbers, for which zero is fine.
        let mut s: sys::crib_channel_stats = unsafe { std::mem::zeroed() };
        s.size = size_of::<sys::crib_channel_stats>();
        code(ask(&mut s))?;
        Ok(Self {
            buffered: s.buffered,
            capacity: s.capacity,
            peak: s.peak,
            senders: s.senders,
            receivers: s.receivers,
            waiting_senders: s.waiting_senders,
            waiting_receivers: s.waiting_receivers,
            dropped: s.dropped,
        })
    }
}
