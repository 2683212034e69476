//! Errors: trees that tell what failed, in which task, and what else did.

use crate::handle::Counted;
use crate::{engine, sys};
use std::any::Any;
use std::error::Error as StdError;
use std::ffi::{CStr, CString, c_void};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;
use std::sync::Mutex;

/// What operations, tasks and nurseries return.
pub type Result<T> = std::result::Result<T, Error>;

/// Numbers of the system that this crate makes itself; everything else passes through.
pub(crate) const UV_ECANCELED: i32 = -125;
pub(crate) const UV_ENOMEM: i32 = -12;

/// What kind of failure an [`Error`] is.
///
/// ```
/// # use crib::ErrorKind;
/// let e = crib::run(async { Err::<(), _>(crib::Error::msg("no luck")) }).unwrap_err();
/// assert_eq!(e.kind(), ErrorKind::User);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An enclosing scope is cancelled. Carry it on with `?`: the scope takes it in.
    Cancelled,
    /// Wrong order, thread, run or handle; the message says which.
    Misuse,
    /// The call would have to wait.
    WouldBlock,
    /// The other side is gone, or a lock was left half-done by its owner.
    Broken,
    /// This handle, nursery or run takes no more.
    Closed,
    /// What was asked for is in use.
    Busy,
    /// The scope's own deadline passed.
    TooSlow,
    /// A cancel token fired.
    TokenFired,
    /// Every task waits and nothing can wake one.
    Deadlock,
    /// SIGINT ended the run.
    Interrupted,
    /// The run is over.
    RunFinished,
    /// A value or an error of another language, or of another type than was expected.
    Foreign,
    /// The child ended without saying that it had started.
    NotStarted,
    /// The nursery that the child was meant for was cancelled.
    NurseryCancelled,
    /// What was waited for was cancelled by itself: a task, or a nursery before its body had a result.
    Aborted,
    /// A task panicked.
    Panic,
    /// An error of the program's own.
    User,
    /// Another code: of libuv, or of the application.
    Other,
}

fn kind_of(code: i32) -> ErrorKind {
    match code {
        sys::CRIB_ECANCELLED => ErrorKind::Cancelled,
        sys::CRIB_EMISUSE | sys::CRIB_ENOTFIBER => ErrorKind::Misuse,
        sys::CRIB_EWOULDBLOCK => ErrorKind::WouldBlock,
        sys::CRIB_EBROKEN => ErrorKind::Broken,
        sys::CRIB_ECLOSED | sys::CRIB_EENDOFCHANNEL => ErrorKind::Closed,
        sys::CRIB_EBUSY => ErrorKind::Busy,
        sys::CRIB_ETOOSLOW => ErrorKind::TooSlow,
        sys::CRIB_EOPCANCELLED => ErrorKind::TokenFired,
        sys::CRIB_EDEADLOCK => ErrorKind::Deadlock,
        sys::CRIB_EINTERRUPTED => ErrorKind::Interrupted,
        sys::CRIB_ERUNFINISHED => ErrorKind::RunFinished,
        sys::CRIB_EFOREIGN => ErrorKind::Foreign,
        sys::CRIB_ENOTSTARTED => ErrorKind::NotStarted,
        sys::CRIB_ENURSERYCANCELLED => ErrorKind::NurseryCancelled,
        UV_ECANCELED => ErrorKind::Aborted,
        _ => ErrorKind::Other,
    }
}

/// A failure: a code with a message and the task it came from; or a group of failures, one for each task that failed.
///
/// Errors of the program's own travel inside and come back by [`downcast_ref`](Error::downcast_ref), also through
/// nurseries and out of [`run`](crate::run):
///
/// ```
/// # use crib::Error;
/// let e = crib::run(crib::nursery(async |n| {
///     n.start_soon("parser", async {
///         "seven".parse::<i32>().map_err(Error::new)?;
///         Ok(())
///     });
///     Ok(())
/// }))
/// .unwrap_err();
/// assert!(e.downcast_ref::<std::num::ParseIntError>().is_some());
/// assert_eq!(e.leaves().next().unwrap().task_name().as_deref(), Some("parser"));
/// ```
///
/// `Debug` prints the whole tree, so `fn main() -> crib::Result<()>` shows it.
pub struct Error(Repr);

enum Repr {
    Plain(i32),
    Tree(Tree),
}

/// A reference to a tree of the library.
struct Tree {
    raw: ManuallyDrop<Counted<sys::crib_error>>,
    /// The thread it must be dropped in, if a payload in it cannot be dropped in any.
    home: Option<u64>,
}

// SAFETY: a tree does not change once it is made, its functions may be called from any thread and the count is atomic.
// A payload of another language is never looked at, and its last reference is only given up in its own thread.
unsafe impl Send for Tree {}
// SAFETY: as above.
unsafe impl Sync for Tree {}

impl Drop for Tree {
    fn drop(&mut self) {
        // In another thread a tree that may not be dropped there is left alone: its memory is lost.
        if self.home.is_none_or(|h| h == engine::this_thread()) {
            // SAFETY: dropped once, here.
            unsafe { ManuallyDrop::drop(&mut self.raw) }
        }
    }
}

/// What Rust's errors carry through the library: a boxed error, or what a task panicked with.
enum Payload {
    User(Box<dyn StdError + Send + Sync>),
    Panic(Mutex<Option<Box<dyn Any + Send>>>),
}

struct Table(sys::crib_vtable);
// SAFETY: never changed; its text is static.
unsafe impl Sync for Table {}

/// Tells payloads of this crate from others; a static has an address of its own.
static PAYLOAD: Table = Table(sys::crib_vtable {
    size: size_of::<sys::crib_vtable>(),
    drop: Some(drop_payload),
    kind: c"a Rust error".as_ptr(),
    flags: sys::CRIB_VALUE_SENDABLE as u32,
});

unsafe extern "C" fn drop_payload(p: *mut c_void) {
    // SAFETY: `p` was made by `with_payload`, and the library drops a value once.
    let payload = unsafe { Box::from_raw(p.cast::<Payload>()) };
    engine::quietly(|| drop(payload));
}

/// C strings end at a NUL; messages show one as a mark.
pub(crate) fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

fn text(p: *const std::ffi::c_char) -> String {
    if p.is_null() {
        return String::new();
    }
    // SAFETY: the library's strings end with NUL and live as long as what they were asked of.
    unsafe { CStr::from_ptr(p) }.to_string_lossy().into_owned()
}

impl Error {
    /// Wraps an error of the program's own. It is given back by [`downcast_ref`](Error::downcast_ref).
    ///
    /// ```
    /// # use crib::Error;
    /// let e = Error::new(std::fmt::Error);
    /// assert!(e.is::<std::fmt::Error>());
    /// ```
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let error = error.into();
        let message = error.to_string();
        Self::with_payload(&message, Payload::User(error))
    }

    /// An error that is nothing but a message.
    ///
    /// ```
    /// assert_eq!(crib::Error::msg("out of tea").to_string(), "out of tea");
    /// ```
    pub fn msg(message: impl fmt::Display) -> Self {
        Self::new(message.to_string())
    }

    /// An error with a code of the application's own, below -1,000,000, or one of libuv.
    ///
    /// ```
    /// let e = crib::Error::with_code(-1_000_001, "the printer is on fire");
    /// assert_eq!(e.code(), -1_000_001);
    /// ```
    ///
    /// # Panics
    /// If `code` is not negative.
    pub fn with_code(code: i32, message: &str) -> Self {
        assert!(code < 0, "an error's code is negative");
        let message = c_string(message);
        // SAFETY: copies the message; the result is ours, and never NULL for a negative code.
        unsafe { Self::from_raw(sys::crib_error_new(code, message.as_ptr())) }.unwrap_or(Self(Repr::Plain(code)))
    }

    pub(crate) fn from_code(code: i32) -> Self {
        Self(Repr::Plain(code))
    }

    pub(crate) fn misuse(message: &str) -> Self {
        Self::with_code(sys::CRIB_EMISUSE, message)
    }

    pub(crate) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        let said = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "(not a string)".into());
        Self::with_payload(&format!("panicked: {said}"), Payload::Panic(Mutex::new(Some(payload))))
    }

    fn with_payload(message: &str, payload: Payload) -> Self {
        let message = c_string(message);
        let p = Box::into_raw(Box::new(payload)).cast();
        let value = sys::crib_value { p, vt: &raw const PAYLOAD.0 };
        // SAFETY: the payload is consumed in every case, the message copied; the result is ours.
        unsafe { Self::from_raw(sys::crib_error_new_payload(sys::CRIB_EFOREIGN, message.as_ptr(), value)) }
            .unwrap_or(Self(Repr::Plain(UV_ENOMEM)))
    }

    /// Takes over a tree; `None` for NULL.
    ///
    /// # Safety
    /// `raw` is NULL or an error of which the caller owns one reference.
    pub unsafe fn from_raw(raw: *mut sys::crib_error) -> Option<Self> {
        // SAFETY: the caller's promise.
        let raw = ManuallyDrop::new(unsafe { Counted::from_raw(raw) }?);
        let home = (!sendable(raw.as_ptr())).then(engine::this_thread);
        Some(Self(Repr::Tree(Tree { raw, home })))
    }

    /// A group of errors, of which there is at least one.
    pub(crate) fn group(errors: Vec<Self>) -> Self {
        let mut raw: Vec<_> = errors.into_iter().map(|e| e.into_raw(null_mut())).collect();
        // SAFETY: the members are consumed; the result is ours.
        unsafe { Self::from_raw(sys::crib_error_group(std::ptr::null(), raw.as_mut_ptr(), raw.len())) }
            .unwrap_or(Self(Repr::Plain(UV_ENOMEM)))
    }

    /// Gives the error to the library: the caller owns a reference to the result. A plain Cancelled becomes that of
    /// `scope`; where nothing is cancelled, Cancelled is misuse, as everywhere.
    pub(crate) fn into_raw(self, scope: *mut sys::crib_scope) -> *mut sys::crib_error {
        match self.0 {
            Repr::Tree(ref tree) => {
                // SAFETY: the tree lives; the new reference is the caller's.
                unsafe { sys::crib_error_ref(tree.raw.as_ptr()) }
            }
            Repr::Plain(code) => {
                if code == sys::CRIB_ECANCELLED {
                    // SAFETY: a stale scope gives NULL.
                    let cancelled = unsafe { sys::crib_error_cancelled(scope) };
                    if !cancelled.is_null() {
                        return cancelled;
                    }
                }
                // SAFETY: no message; Cancelled becomes misuse here.
                unsafe { sys::crib_error_new(code, std::ptr::null()) }
            }
        }
    }

    fn raw(&self) -> *mut sys::crib_error {
        match &self.0 {
            Repr::Plain(_) => null_mut(),
            Repr::Tree(tree) => tree.raw.as_ptr(),
        }
    }

    /// One more reference to a tree that this error keeps alive.
    fn part(&self, raw: *mut sys::crib_error) -> Option<Self> {
        // SAFETY: `raw` is NULL or borrowed from this error; the new reference is ours.
        unsafe { Self::from_raw(sys::crib_error_ref(raw)) }
    }

    /// The code: of a group, that of its first member that is not Cancelled.
    ///
    /// ```
    /// assert!(crib::Error::msg("x").code() < 0);
    /// ```
    pub fn code(&self) -> i32 {
        match &self.0 {
            Repr::Plain(code) => *code,
            // SAFETY: the tree lives.
            Repr::Tree(tree) => unsafe { sys::crib_error_code(tree.raw.as_ptr()) },
        }
    }

    /// What kind of failure it is.
    ///
    /// ```
    /// # use crib::{Error, ErrorKind};
    /// assert_eq!(Error::msg("x").kind(), ErrorKind::User);
    /// ```
    pub fn kind(&self) -> ErrorKind {
        let code = self.code();
        if code != sys::CRIB_EFOREIGN {
            return kind_of(code);
        }
        // SAFETY: the tree lives; NULL is fine.
        match payload_of(unsafe { sys::crib_error_find(self.raw(), code) }) {
            Some(Payload::Panic(_)) => ErrorKind::Panic,
            Some(Payload::User(_)) => ErrorKind::User,
            None => ErrorKind::Foreign,
        }
    }

    /// Whether everything in it is Cancelled.
    ///
    /// ```
    /// assert!(!crib::Error::msg("x").is_cancelled());
    /// ```
    pub fn is_cancelled(&self) -> bool {
        self.code() == sys::CRIB_ECANCELLED
    }

    /// The symbolic name of the code, such as `CRIB_EBROKEN` or `UV_ECONNRESET`.
    ///
    /// ```
    /// assert_eq!(crib::Error::with_code(-32, "").code_name(), "UV_EPIPE");
    /// ```
    pub fn code_name(&self) -> &'static str {
        // SAFETY: a static string of ASCII.
        unsafe { CStr::from_ptr(sys::crib_error_name(self.code())) }.to_str().unwrap_or("UNKNOWN")
    }

    /// The message given when it was made, or what the code means.
    ///
    /// ```
    /// assert_eq!(crib::Error::msg("x").message(), "x");
    /// ```
    pub fn message(&self) -> String {
        match &self.0 {
            // SAFETY: a static string.
            Repr::Plain(code) => text(unsafe { sys::crib_error_text(*code) }),
            // SAFETY: the tree lives, and the string with it.
            Repr::Tree(tree) => text(unsafe { sys::crib_error_message(tree.raw.as_ptr()) }),
        }
    }

    /// The name of the task it came from, if that is known.
    ///
    /// ```
    /// let e = crib::run(async { Err::<(), _>(crib::Error::msg("x")) }).unwrap_err();
    /// assert_eq!(e.task_name().as_deref(), Some("main"));
    /// ```
    pub fn task_name(&self) -> Option<String> {
        let raw = self.raw();
        // SAFETY: NULL is fine.
        let name = unsafe { sys::crib_error_task_name(raw) };
        (!name.is_null()).then(|| text(name))
    }

    /// What was being handled when this error arose.
    ///
    /// ```
    /// assert!(crib::Error::msg("x").cause().is_none());
    /// ```
    pub fn cause(&self) -> Option<Error> {
        // SAFETY: NULL is fine; the result is borrowed from this error.
        self.part(unsafe { sys::crib_error_cause(self.raw()) })
    }

    /// The members of a group, in the order in which they failed; none for a single error.
    ///
    /// ```
    /// assert_eq!(crib::Error::msg("x").children().count(), 0);
    /// ```
    pub fn children(&self) -> impl Iterator<Item = Error> + '_ {
        // SAFETY: NULL is fine.
        let count = unsafe { sys::crib_error_count(self.raw()) };
        // SAFETY: `i` is in range; the result is borrowed from this error.
        (0..count).filter_map(|i| self.part(unsafe { sys::crib_error_child(self.raw(), i) }))
    }

    /// The single errors of the tree, in order; of a single error, itself.
    ///
    /// ```
    /// let e = crib::run(crib::nursery(async |n| {
    ///     for name in ["a", "b"] {
    ///         n.start_soon(name, async move { Err(crib::Error::msg(name)) });
    ///     }
    ///     Ok(())
    /// }));
    /// let messages: Vec<_> = e.unwrap_err().leaves().map(|l| l.message()).collect();
    /// assert_eq!(messages, ["a", "b"]);
    /// ```
    pub fn leaves(&self) -> impl Iterator<Item = Error> {
        let mut found = Vec::new();
        let mut ahead = vec![self.clone()];
        while let Some(e) = ahead.pop() {
            let children: Vec<_> = e.children().collect();
            if children.is_empty() {
                found.push(e);
            } else {
                ahead.extend(children.into_iter().rev());
            }
        }
        found.into_iter()
    }

    /// The first single error of a kind.
    ///
    /// ```
    /// # use crib::{Error, ErrorKind};
    /// assert!(Error::msg("x").find(ErrorKind::User).is_some());
    /// ```
    pub fn find(&self, kind: ErrorKind) -> Option<Error> {
        self.leaves().find(|e| e.kind() == kind)
    }

    /// The program's own error, if it is an `E`; of a group, the first member that is one.
    ///
    /// ```
    /// let e = crib::Error::new(std::fmt::Error);
    /// assert!(e.downcast_ref::<std::fmt::Error>().is_some());
    /// assert!(e.downcast_ref::<std::io::Error>().is_none());
    /// ```
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        let found = self.find_payload(|p| matches!(p, Payload::User(e) if e.is::<E>()))?;
        match found {
            Payload::User(e) => e.downcast_ref(),
            Payload::Panic(_) => None,
        }
    }

    /// Whether [`downcast_ref`](Error::downcast_ref) would find an `E`.
    ///
    /// ```
    /// assert!(!crib::Error::msg("x").is::<std::fmt::Error>());
    /// ```
    pub fn is<E: StdError + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// What a task panicked with, to go on with [`std::panic::resume_unwind`]. Whoever asks first gets it.
    ///
    /// ```
    /// std::panic::set_hook(Box::new(|_| ()));
    /// let e = crib::run(async { if true { panic!("oh") }; Ok(()) }).unwrap_err();
    /// assert_eq!(e.message(), "panicked: oh");
    /// assert_eq!(*e.take_panic().unwrap().downcast_ref::<&str>().unwrap(), "oh");
    /// ```
    pub fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        match self.find_payload(|p| matches!(p, Payload::Panic(_)))? {
            Payload::Panic(said) => said.lock().unwrap_or_else(|e| e.into_inner()).take(),
            Payload::User(_) => None,
        }
    }

    fn own_payload(&self) -> Option<&Payload> {
        payload_of(self.raw())
    }

    /// The first payload of this crate that is wanted, depth first.
    fn find_payload(&self, wanted: impl Fn(&Payload) -> bool) -> Option<&Payload> {
        let mut ahead = vec![self.raw()];
        while let Some(raw) = ahead.pop() {
            if let Some(p) = payload_of(raw) {
                if wanted(p) {
                    return Some(p);
                }
            }
            // SAFETY: NULL is fine; members are borrowed from this error.
            unsafe {
                let count = sys::crib_error_count(raw);
                ahead.extend((0..count).rev().map(|i| sys::crib_error_child(raw, i)));
            }
        }
        None
    }
}

/// The payload of one error, if it is one of this crate's; it lives as long as the tree.
fn payload_of<'a>(raw: *mut sys::crib_error) -> Option<&'a Payload> {
    // SAFETY: NULL is fine, and gives nil.
    let value = unsafe { sys::crib_error_payload(raw) };
    // SAFETY: values with this table hold a `Payload`; callers give the borrow the lifetime of the tree.
    (value.vt == &raw const PAYLOAD.0).then(|| unsafe { &*value.p.cast::<Payload>() })
}

/// Whether every payload in a tree may be dropped in any thread.
fn sendable(raw: *mut sys::crib_error) -> bool {
    let mut ahead = vec![raw];
    while let Some(raw) = ahead.pop() {
        if raw.is_null() {
            continue;
        }
        // SAFETY: `raw` is part of a living tree, and so are its cause and members.
        unsafe {
            let vt = sys::crib_error_payload(raw).vt;
            if !vt.is_null() && (*vt).flags & sys::CRIB_VALUE_SENDABLE as u32 == 0 {
                return false;
            }
            ahead.push(sys::crib_error_cause(raw));
            ahead.extend((0..sys::crib_error_count(raw)).map(|i| sys::crib_error_child(raw, i)));
        }
    }
    true
}

impl Clone for Error {
    fn clone(&self) -> Self {
        match &self.0 {
            Repr::Plain(code) => Self(Repr::Plain(*code)),
            Repr::Tree(tree) => self.part(tree.raw.as_ptr()).unwrap_or(Self(Repr::Plain(self.code()))),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut leaves = self.leaves();
        let first = leaves.next().map_or_else(|| self.message(), |e| e.message());
        match leaves.count() {
            0 => f.write_str(&first),
            1 => write!(f, "{first} (and 1 more error)"),
            more => write!(f, "{first} (and {more} more errors)"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = self.raw();
        if raw.is_null() {
            return write!(f, "{}: {}", self.code_name(), self.message());
        }
        // SAFETY: without a buffer only the length is returned; then the buffer has room for it and the NUL.
        let text = unsafe {
            let mut buffer = vec![0u8; sys::crib_error_format(raw, null_mut(), 0) + 1];
            sys::crib_error_format(raw, buffer.as_mut_ptr().cast(), buffer.len());
            buffer
        };
        let end = text.iter().position(|&b| b == 0).unwrap_or(text.len());
        f.write_str(String::from_utf8_lossy(&text[..end]).trim_end())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self.own_payload() {
            Some(Payload::User(e)) => e.source(),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        Self::new(e)
    }
}

impl From<Box<dyn StdError + Send + Sync>> for Error {
    fn from(e: Box<dyn StdError + Send + Sync>) -> Self {
        Self::new(e)
    }
}
