//! Channels between runs in different threads.

use crate::channel::{ChannelStatistics, Receive, Send as SendOp, TryRecvError, TrySendError, try_recv, try_send};
use crate::engine::{Op, code};
use crate::error::Result;
use crate::handle::Counted;
use crate::sys;
use crate::value::Type;
use std::future::Future;
use std::ptr::null_mut;

/// Makes a channel between runs in different threads, of 1 to 2^24 values: the way a program uses several cores. Its ends
/// work as those of [`channel`](crate::channel()), in a task of any run.
///
/// # Errors
/// `UV_EINVAL` for another capacity.
///
/// ```
/// let (tx, rx) = crib::shared_channel(16)?;
/// let worker = std::thread::spawn(move || {
///     crib::run(async {
///         let mut sum = 0;
///         while let Some(i) = rx.recv().await? {
///             sum += i;
///         }
///         Ok(sum)
///     })
/// });
/// crib::run(async move {
///     for i in 1..=3 {
///         tx.send(i).await?;
///     }
///     Ok(())
/// })?;
/// assert_eq!(worker.join().unwrap()?, 6);
/// # Ok::<(), crib::Error>(())
/// ```
///
/// Only what is `Send` crosses:
///
/// ```compile_fail,E0277
/// let (tx, rx) = crib::shared_channel::<std::rc::Rc<i32>>(1).unwrap();
/// ```
pub fn shared_channel<T: Send + 'static>(capacity: usize) -> Result<(SharedSender<T>, SharedReceiver<T>)> {
    let (mut tx, mut rx) = (null_mut(), null_mut());
    // SAFETY: both ends are ours.
    code(unsafe { sys::crib_channel_open_shared(capacity, &mut tx, &mut rx) })?;
    // SAFETY: made just now.
    let (tx, rx) = unsafe { (Counted::from_raw(tx), Counted::from_raw(rx)) };
    let kind = Type::sendable();
    let tx = SharedSender { raw: tx.expect("an end"), kind };
    Ok((tx, SharedReceiver { raw: rx.expect("an end"), kind }))
}

/// The sending end of a [`shared_channel`].
pub struct SharedSender<T: Send + 'static> {
    raw: Counted<sys::crib_sender>,
    kind: Type<T>,
}

// SAFETY: an end of a shared channel is used, cloned and released in any thread, and its values are `Send`.
unsafe impl<T: Send> Send for SharedSender<T> {}
// SAFETY: as above; an end may be used by several threads.
unsafe impl<T: Send> Sync for SharedSender<T> {}

impl<T: Send + 'static> SharedSender<T> {
    /// Sends a value, waiting for room. When it is cancelled or fails, the value was not sent, and is dropped.
    ///
    /// # Errors
    /// [`Broken`](crate::ErrorKind::Broken) when every receiver is gone; Cancelled.
    ///
    /// ```
    /// let (tx, _rx) = crib::shared_channel(1)?;
    /// crib::run(tx.send(1))
    /// # ?; Ok::<(), crib::Error>(())
    /// ```
    pub fn send(&self, value: T) -> impl Future<Output = Result<()>> + use<'_, T> {
        Op::new(SendOp { tx: &self.raw, kind: self.kind, value: Some(value) })
    }

    /// Sends a value if that needs no wait; in any thread, also outside runs.
    ///
    /// # Errors
    /// The value, and why it was not sent.
    ///
    /// ```
    /// let (tx, _rx) = crib::shared_channel(1)?;
    /// assert!(tx.try_send(1).is_ok());
    /// assert!(tx.try_send(2).is_err());
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn try_send(&self, value: T) -> std::result::Result<(), TrySendError<T>> {
        try_send(&self.raw, self.kind, value)
    }

    /// Closes this end.
    ///
    /// ```
    /// let (tx, rx) = crib::shared_channel::<i32>(1)?;
    /// tx.close();
    /// assert_eq!(crib::run(rx.recv())?, None);
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn close(&self) {
        // SAFETY: a counted handle.
        unsafe { sys::crib_sender_close(self.raw.as_ptr()) }
    }

    /// What the channel is doing; the numbers may be old by the time they are read.
    ///
    /// # Errors
    /// None today.
    ///
    /// ```
    /// let (tx, _rx) = crib::shared_channel::<i32>(4)?;
    /// assert_eq!(tx.statistics()?.capacity, 4);
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn statistics(&self) -> Result<ChannelStatistics> {
        // SAFETY: a counted handle.
        ChannelStatistics::of(|out| unsafe { sys::crib_sender_statistics(self.raw.as_ptr(), out) })
    }
}

impl<T: Send + 'static> Clone for SharedSender<T> {
    /// # Panics
    /// If this end is closed.
    fn clone(&self) -> Self {
        // SAFETY: a counted handle; the new end is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_sender_clone(self.raw.as_ptr())) };
        Self { raw: raw.expect("an end that is open"), kind: self.kind }
    }
}

/// The receiving end of a [`shared_channel`].
pub struct SharedReceiver<T: Send + 'static> {
    raw: Counted<sys::crib_receiver>,
    kind: Type<T>,
}

// SAFETY: as of the sending end.
unsafe impl<T: Send> Send for SharedReceiver<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for SharedReceiver<T> {}

impl<T: Send + 'static> SharedReceiver<T> {
    /// Receives the oldest value, waiting for one; `None` when the channel has ended.
    ///
    /// # Errors
    /// Cancelled: then nothing was taken.
    ///
    /// ```
    /// let (tx, rx) = crib::shared_channel(1)?;
    /// tx.try_send(1).unwrap();
    /// assert_eq!(crib::run(rx.recv())?, Some(1));
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn recv(&self) -> impl Future<Output = Result<Option<T>>> + use<'_, T> {
        Op::new(Receive { rx: &self.raw, kind: self.kind })
    }

    /// Receives the oldest value if there is one; in any thread, also outside runs.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// ```
    /// let (tx, rx) = crib::shared_channel(1)?;
    /// tx.try_send(1).unwrap();
    /// assert_eq!(rx.try_recv().unwrap(), 1);
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn try_recv(&self) -> std::result::Result<T, TryRecvError> {
        try_recv(&self.raw, self.kind)
    }

    /// Closes this end.
    ///
    /// ```
    /// let (tx, rx) = crib::shared_channel(1)?;
    /// rx.close();
    /// assert!(tx.try_send(1).is_err());
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn close(&self) {
        // SAFETY: a counted handle.
        unsafe { sys::crib_receiver_close(self.raw.as_ptr()) }
    }

    /// What the channel is doing; the numbers may be old by the time they are read.
    ///
    /// # Errors
    /// None today.
    ///
    /// ```
    /// let (_tx, rx) = crib::shared_channel::<i32>(4)?;
    /// assert_eq!(rx.statistics()?.buffered, 0);
    /// # Ok::<(), crib::Error>(())
    /// ```
    pub fn statistics(&self) -> Result<ChannelStatistics> {
        // SAFETY: a counted handle.
        ChannelStatistics::of(|out| unsafe { sys::crib_receiver_statistics(self.raw.as_ptr(), out) })
    }
}

impl<T: Send + 'static> Clone for SharedReceiver<T> {
    /// # Panics
    /// If this end is closed.
    fn clone(&self) -> Self {
        // SAFETY: a counted handle; the new end is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_receiver_clone(self.raw.as_ptr())) };
        Self { raw: raw.expect("an end that is open"), kind: self.kind }
    }
}
