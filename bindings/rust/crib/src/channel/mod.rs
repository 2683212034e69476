//! Channels between the tasks of one run.

mod refused;
mod statistics;

pub use refused::{TryRecvError, TrySendError};
pub use statistics::ChannelStatistics;

use crate::engine::{Begin, Core, Done, Op, begun, code, done};
use crate::error::{Error, Result};
use crate::handle::Counted;
use crate::sys;
use crate::value::{NIL, Type};
use std::future::Future;
use std::ptr::null_mut;
use std::rc::Rc;

/// A capacity without limit.
pub const UNBOUNDED: usize = sys::CRIB_UNBOUNDED;

/// Makes a channel that buffers up to `capacity` values, for the tasks of this run. With capacity 0 a send waits until a
/// receiver takes the value; [`UNBOUNDED`] has no limit.
///
/// Ends are cloned and dropped on their own. When the last sender is gone, receivers get what is buffered, then `None`;
/// when the last receiver is gone, senders get [`Broken`](crate::ErrorKind::Broken). Each value is dropped exactly once,
/// whoever has it.
///
/// Integers travel as every language understands them; other values only Rust can take out.
///
/// # Errors
/// Misuse outside a run.
///
/// ```
/// # crib::run(async {
/// let (tx, rx) = crib::channel(10)?;
/// tx.send("hello").await?;
/// drop(tx);
/// assert_eq!(rx.recv().await?, Some("hello"));
/// assert_eq!(rx.recv().await?, None);
/// # Ok(()) }).unwrap();
/// ```
pub fn channel<T: 'static>(capacity: usize) -> Result<(Sender<T>, Receiver<T>)> {
    open(capacity, sys::CRIB_OVERFLOW_WAIT)
}

/// What a send does when the buffer is full and no receiver waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The oldest buffered value is dropped.
    DropOldest,
    /// The value that is sent is dropped.
    DropNewest,
    /// Only the latest value is kept, whatever the capacity says.
    Latest,
}

/// Makes a channel whose sends never wait: when it is full, a value is dropped, and counted.
///
/// # Errors
/// Misuse outside a run; `DropOldest` needs a capacity of at least 1.
///
/// ```
/// # use crib::Overflow;
/// # crib::run(async {
/// let (tx, rx) = crib::overflowing_channel(1, Overflow::DropOldest)?;
/// tx.send("old").await?;
/// tx.send("new").await?;
/// assert_eq!(rx.recv().await?, Some("new"));
/// assert_eq!(rx.statistics()?.dropped, 1);
/// # Ok(()) }).unwrap();
/// ```
pub fn overflowing_channel<T: 'static>(capacity: usize, overflow: Overflow) -> Result<(Sender<T>, Receiver<T>)> {
    let (capacity, overflow) = match overflow {
        Overflow::Latest => (0, sys::CRIB_OVERFLOW_LATEST),
        Overflow::DropOldest => (capacity, sys::CRIB_OVERFLOW_DROP_OLDEST),
        Overflow::DropNewest => (capacity, sys::CRIB_OVERFLOW_DROP_NEWEST),
    };
    open(capacity, overflow)
}

fn open<T: 'static>(capacity: usize, overflow: i32) -> Result<(Sender<T>, Receiver<T>)> {
    let size = size_of::<sys::crib_channel_options>();
    let options = sys::crib_channel_options { size, capacity, overflow, shared: 0 };
    let (mut tx, mut rx) = (null_mut(), null_mut());
    // SAFETY: the options are copied; both ends are ours.
    code(unsafe { sys::crib_channel_open_with(&options, &mut tx, &mut rx) })?;
    // SAFETY: made just now.
    Ok(unsafe { (Sender::from_raw(tx), Receiver::from_raw(rx)) })
}

pub(crate) struct Send<'a, T: 'static> {
    pub(crate) tx: &'a Counted<sys::crib_sender>,
    pub(crate) kind: Type<T>,
    pub(crate) value: Option<T>,
}

// Nothing points to the value: it is boxed when the send begins.
impl<T> Unpin for Send<'_, T> {}

impl<T: 'static> Begin for Send<'_, T> {
    type Output = ();
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        let value = self.value.take().map_or(NIL, |v| self.kind.wrap(v));
        // SAFETY: a checked id and a counted handle; the value is consumed.
        begun(unsafe { sys::crib_begin_send(op, self.tx.as_ptr(), value) })
    }
    fn finish(&mut self, d: Done<'_>) -> Result<()> {
        done(d)
    }
}

pub(crate) struct Receive<'a, T> {
    pub(crate) rx: &'a Counted<sys::crib_receiver>,
    pub(crate) kind: Type<T>,
}

impl<T: 'static> Begin for Receive<'_, T> {
    type Output = Option<T>;
    fn begin(&mut self, op: *mut sys::crib_op, _: &Rc<Core>) -> sys::crib_result {
        // SAFETY: a checked id and a counted handle.
        unsafe { sys::crib_begin_receive(op, self.rx.as_ptr()) }
    }
    fn finish(&mut self, d: Done<'_>) -> Result<Option<T>> {
        match d.status {
            0.. => self.kind.unwrap(d.value).map(Some),
            sys::CRIB_EENDOFCHANNEL => Ok(None),
            _ => Err(d.error()),
        }
    }
}

/// A value to send that may be kept.
pub(crate) fn try_send<T: 'static>(
    tx: &Counted<sys::crib_sender>,
    kind: Type<T>,
    value: T,
) -> std::result::Result<(), TrySendError<T>> {
    let mut io = kind.wrap(value);
    // SAFETY: a counted handle; the value is consumed if it is nil afterwards.
    let rc = unsafe { sys::crib_sender_send_nowait(tx.as_ptr(), &mut io) };
    if rc >= 0 {
        return Ok(());
    }
    match kind.unwrap(io) {
        Ok(value) => Err(TrySendError::of(rc, value)),
        Err(_) => unreachable!("a value that was refused is the caller's"),
    }
}

pub(crate) fn try_recv<T: 'static>(
    rx: &Counted<sys::crib_receiver>,
    kind: Type<T>,
) -> std::result::Result<T, TryRecvError> {
    let mut out = NIL;
    // SAFETY: a counted handle; the value is ours.
    match unsafe { sys::crib_receiver_receive_nowait(rx.as_ptr(), &mut out) } {
        0.. => kind.unwrap(out).map_err(TryRecvError::Failed),
        sys::CRIB_EWOULDBLOCK => Err(TryRecvError::Empty),
        sys::CRIB_EENDOFCHANNEL | sys::CRIB_ECLOSED => Err(TryRecvError::Closed),
        rc => Err(TryRecvError::Failed(closing_error(rx.as_ptr(), rc))),
    }
}

/// What a code says of a receiver: the error that its channel was closed with, if that is it.
pub(crate) fn closing_error(rx: *mut sys::crib_receiver, rc: i32) -> Error {
    // SAFETY: a counted handle; the tree is ours.
    let tree = unsafe { Error::from_raw(sys::crib_receiver_error(rx)) };
    tree.filter(|e| e.code() == rc).unwrap_or_else(|| Error::from_code(rc))
}

/// The sending end of a [`channel`]. A clone is an end of its own; dropping an end closes it.
pub struct Sender<T: 'static> {
    raw: Counted<sys::crib_sender>,
    kind: Type<T>,
}

impl<T: 'static> Sender<T> {
    /// Takes over an end, such as one that C made.
    ///
    /// # Safety
    /// The caller owns the reference, in the thread of the channel's run.
    pub unsafe fn from_raw(raw: *mut sys::crib_sender) -> Self {
        // SAFETY: the caller's promise.
        let raw = unsafe { Counted::from_raw(raw) }.expect("an end, not NULL");
        Self { raw, kind: Type::local() }
    }

    /// Gives the end away, for example to a C task.
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, _rx) = crib::channel::<i64>(1)?;
    /// let raw = tx.into_raw();
    /// // SAFETY: the end was given away just now.
    /// drop(unsafe { crib::Sender::<i64>::from_raw(raw) });
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn into_raw(self) -> *mut sys::crib_sender {
        self.raw.into_raw()
    }

    pub(crate) fn parts(&self) -> (*mut sys::crib_sender, Type<T>) {
        (self.raw.as_ptr(), self.kind)
    }

    /// Sends a value, waiting for room; with capacity 0, for a receiver. When it is cancelled or fails, the value was not
    /// sent, and is dropped.
    ///
    /// # Errors
    /// [`Broken`](crate::ErrorKind::Broken) when every receiver is gone; Cancelled.
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel(1)?;
    /// tx.send(1).await?;
    /// drop(rx);
    /// assert_eq!(tx.send(2).await.unwrap_err().kind(), crib::ErrorKind::Broken);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn send(&self, value: T) -> impl Future<Output = Result<()>> + use<'_, T> {
        Op::new(Send { tx: &self.raw, kind: self.kind, value: Some(value) })
    }

    /// Sends a value if that needs no wait.
    ///
    /// # Errors
    /// The value, and why it was not sent.
    ///
    /// ```
    /// # use crib::TrySendError;
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel(1)?;
    /// tx.try_send("a").unwrap();
    /// assert!(matches!(tx.try_send("b"), Err(TrySendError::Full("b"))));
    /// drop(rx);
    /// assert!(matches!(tx.try_send("c"), Err(TrySendError::Closed("c"))));
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_send(&self, value: T) -> std::result::Result<(), TrySendError<T>> {
        try_send(&self.raw, self.kind, value)
    }

    /// Closes this end; sends that wait on it fail with [`Closed`](crate::ErrorKind::Closed).
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel::<i64>(1)?;
    /// tx.close();
    /// assert_eq!(rx.recv().await?, None);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn close(&self) {
        // SAFETY: a counted handle.
        unsafe { sys::crib_sender_close(self.raw.as_ptr()) }
    }

    /// Closes this end with an error, which receivers see instead of the end of the channel.
    ///
    /// # Errors
    /// [`Closed`](crate::ErrorKind::Closed) if it is closed already.
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel::<i64>(1)?;
    /// tx.close_with(crib::Error::msg("the source broke off"))?;
    /// assert_eq!(rx.recv().await.unwrap_err().message(), "the source broke off");
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn close_with(&self, error: Error) -> Result<()> {
        // SAFETY: a counted handle; the error is consumed.
        let rc = unsafe { sys::crib_sender_close_error(self.raw.as_ptr(), error.into_raw(null_mut())) };
        code(rc).map(|_| ())
    }

    /// What the channel is doing.
    ///
    /// # Errors
    /// Misuse outside the channel's run.
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, _rx) = crib::channel(2)?;
    /// tx.send(1).await?;
    /// assert_eq!(tx.statistics()?.buffered, 1);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn statistics(&self) -> Result<ChannelStatistics> {
        // SAFETY: a counted handle.
        ChannelStatistics::of(|out| unsafe { sys::crib_sender_statistics(self.raw.as_ptr(), out) })
    }
}

impl<T: 'static> Sender<T> {
    /// As `clone`, for an end that may be closed.
    ///
    /// # Errors
    /// [`Closed`](crate::ErrorKind::Closed).
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, _rx) = crib::channel::<i32>(1)?;
    /// tx.close();
    /// assert!(tx.try_clone().is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_clone(&self) -> Result<Self> {
        // SAFETY: a counted handle; the new end is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_sender_clone(self.raw.as_ptr())) };
        raw.map(|raw| Self { raw, kind: self.kind }).ok_or_else(|| Error::from_code(sys::CRIB_ECLOSED))
    }
}

impl<T: 'static> Clone for Sender<T> {
    /// # Panics
    /// If this end is closed.
    fn clone(&self) -> Self {
        self.try_clone().expect("an end that is open, in its own run")
    }
}

/// The receiving end of a [`channel`]. Each value goes to exactly one receiver. A clone is an end of its own; dropping an
/// end closes it.
pub struct Receiver<T: 'static> {
    raw: Counted<sys::crib_receiver>,
    kind: Type<T>,
}

impl<T: 'static> Receiver<T> {
    /// Takes over an end, such as one that C made.
    ///
    /// # Safety
    /// The caller owns the reference, in the thread of the channel's run.
    pub unsafe fn from_raw(raw: *mut sys::crib_receiver) -> Self {
        // SAFETY: the caller's promise.
        let raw = unsafe { Counted::from_raw(raw) }.expect("an end, not NULL");
        Self { raw, kind: Type::local() }
    }

    /// Gives the end away, for example to a C task.
    ///
    /// ```
    /// # crib::run(async {
    /// let (_tx, rx) = crib::channel::<i64>(1)?;
    /// let raw = rx.into_raw();
    /// // SAFETY: the end was given away just now.
    /// drop(unsafe { crib::Receiver::<i64>::from_raw(raw) });
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn into_raw(self) -> *mut sys::crib_receiver {
        self.raw.into_raw()
    }

    pub(crate) fn parts(&self) -> (*mut sys::crib_receiver, Type<T>) {
        (self.raw.as_ptr(), self.kind)
    }

    /// Receives the oldest value, waiting for one; `None` when the channel has ended.
    ///
    /// # Errors
    /// Cancelled: then nothing was taken. What a sender [closed with](Sender::close_with). A value that is no `T`, sent by
    /// another language.
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel(8)?;
    /// for i in 0..3 {
    ///     tx.send(i).await?;
    /// }
    /// drop(tx);
    /// while let Some(i) = rx.recv().await? {
    ///     println!("{i}");
    /// }
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn recv(&self) -> impl Future<Output = Result<Option<T>>> + use<'_, T> {
        Op::new(Receive { rx: &self.raw, kind: self.kind })
    }

    /// Receives the oldest value if there is one.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// ```
    /// # use crib::TryRecvError;
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel(1)?;
    /// assert!(matches!(rx.try_recv(), Err(TryRecvError::Empty)));
    /// tx.send(1).await?;
    /// assert_eq!(rx.try_recv().unwrap(), 1);
    /// drop(tx);
    /// assert!(matches!(rx.try_recv(), Err(TryRecvError::Closed)));
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_recv(&self) -> std::result::Result<T, TryRecvError> {
        try_recv(&self.raw, self.kind)
    }

    /// Receives as many values as there are, at most so many, waiting for the first; none when the channel has ended.
    ///
    /// # Errors
    /// As [`recv`](Receiver::recv).
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel(5)?;
    /// for i in 1..=3 {
    ///     tx.send(i).await?;
    /// }
    /// assert_eq!(rx.recv_many(10).await?, [1, 2, 3]);
    /// # Ok(()) }).unwrap();
    /// ```
    pub async fn recv_many(&self, most: usize) -> Result<Vec<T>> {
        let Some(first) = self.recv().await? else { return Ok(Vec::new()) };
        let mut values = vec![first];
        while values.len() < most {
            match self.try_recv() {
                Ok(value) => values.push(value),
                // A value of another type: it was taken from the channel, and would not be seen again.
                Err(TryRecvError::Failed(e)) if !self.is_over() => return Err(e),
                Err(_) => break,
            }
        }
        Ok(values)
    }

    /// Whether it gives the error that the channel was closed with.
    fn is_over(&self) -> bool {
        // SAFETY: a counted handle; the tree is ours.
        unsafe { Error::from_raw(sys::crib_receiver_error(self.raw.as_ptr())) }.is_some()
    }

    /// Closes this end; receives that wait on it fail with [`Closed`](crate::ErrorKind::Closed).
    ///
    /// ```
    /// # crib::run(async {
    /// let (tx, rx) = crib::channel::<i64>(1)?;
    /// rx.close();
    /// assert!(tx.send(1).await.is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn close(&self) {
        // SAFETY: a counted handle.
        unsafe { sys::crib_receiver_close(self.raw.as_ptr()) }
    }

    /// What the channel is doing.
    ///
    /// # Errors
    /// Misuse outside the channel's run.
    ///
    /// ```
    /// # crib::run(async {
    /// let (_tx, rx) = crib::channel::<i64>(2)?;
    /// assert_eq!(rx.statistics()?.capacity, 2);
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn statistics(&self) -> Result<ChannelStatistics> {
        // SAFETY: a counted handle.
        ChannelStatistics::of(|out| unsafe { sys::crib_receiver_statistics(self.raw.as_ptr(), out) })
    }
}

impl<T: 'static> Receiver<T> {
    /// As `clone`, for an end that may be closed.
    ///
    /// # Errors
    /// [`Closed`](crate::ErrorKind::Closed).
    ///
    /// ```
    /// # crib::run(async {
    /// let (_tx, rx) = crib::channel::<i32>(1)?;
    /// rx.close();
    /// assert!(rx.try_clone().is_err());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn try_clone(&self) -> Result<Self> {
        // SAFETY: a counted handle; the new end is ours.
        let raw = unsafe { Counted::from_raw(sys::crib_receiver_clone(self.raw.as_ptr())) };
        raw.map(|raw| Self { raw, kind: self.kind }).ok_or_else(|| Error::from_code(sys::CRIB_ECLOSED))
    }
}

impl<T: 'static> Clone for Receiver<T> {
    /// # Panics
    /// If this end is closed.
    fn clone(&self) -> Self {
        self.try_clone().expect("an end that is open, in its own run")
    }
}
