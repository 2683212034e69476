//! Why a value was not sent or received at once.

use crate::error::Error;
use crate::sys;
use std::fmt;

/// Why a value was not sent without waiting, and the value.
#[derive(Clone, PartialEq, Eq)]
pub enum TrySendError<T> {
    /// It would have to wait.
    Full(T),
    /// Every receiver is gone, or this end is closed.
    Closed(T),
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, _rx) = crib::channel(0)?;
    /// assert_eq!(tx.try_send(5).unwrap_err().into_inner(), 5);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(v) | Self::Closed(v) => v,
        }
    }

    pub(crate) fn of(rc: i32, value: T) -> Self {
        if rc == sys::CRIB_EWOULDBLOCK { Self::Full(value) } else { Self::Closed(value) }
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "the channel is full",
            Self::Closed(_) => "the channel takes no more",
        })
    }
}

impl<T> std::error::Error for TrySendError<T> {}

impl<T> From<TrySendError<T>> for Error {
    fn from(e: TrySendError<T>) -> Self {
        Self::from_code(match e {
            TrySendError::Full(_) => sys::CRIB_EWOULDBLOCK,
            TrySendError::Closed(_) => sys::CRIB_EBROKEN,
        })
    }
}

/// Why there was no value to receive without waiting.
#[derive(Clone, Debug)]
pub enum TryRecvError {
    /// There is none now.
    Empty,
    /// There will be none: every sender is gone, or this end is closed.
    Closed,
    /// What a sender closed with, or a value of another type.
    Failed(Error),
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the channel is empty"),
            Self::Closed => f.write_str("the channel has ended"),
            Self::Failed(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for TryRecvError {}

impl From<TryRecvError> for Error {
    fn from(e: TryRecvError) -> Self {
        match e {
            TryRecvError::Empty => Self::from_code(sys::CRIB_EWOULDBLOCK),
            TryRecvError::Closed => Self::from_code(sys::CRIB_EENDOFCHANNEL),
            TryRecvError::Failed(e) => e,
        }
    }
}
