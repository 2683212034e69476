//! Values: how a `T` travels through the library. An integer travels as the library's own integers, which every
//! language understands; everything else in a box, under a table of its own for each type.

use crate::error::{Error, Result};
use crate::{engine, sys};
use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::ffi::{CStr, c_void};
use std::mem::ManuallyDrop;
use std::ptr::null_mut;
use std::sync::{Mutex, OnceLock};

pub(crate) const NIL: sys::crib_value = sys::crib_value { p: null_mut(), vt: std::ptr::null() };

/// A value of any language, taken from a channel as it is.
///
/// A `Receiver<Value>` takes whatever is sent, also by C or another language, and a `Sender<Value>` sends it on.
///
/// ```
/// # use crib::Value;
/// let v = Value::int(42);
/// assert_eq!(v.as_int(), Some(42));
/// assert_eq!(v.downcast::<String>().unwrap_err().as_int(), Some(42));
/// ```
pub struct Value(sys::crib_value);

impl Value {
    /// An integer, as every language understands it.
    ///
    /// ```
    /// assert_eq!(crib::Value::int(7).as_int(), Some(7));
    /// ```
    pub fn int(v: i64) -> Self {
        // SAFETY: allocates nothing.
        Self(unsafe { sys::crib_value_int(v) })
    }

    /// Any Rust value.
    ///
    /// ```
    /// let v = crib::Value::new("text".to_string());
    /// assert_eq!(v.downcast::<String>().ok().unwrap(), "text");
    /// ```
    pub fn new<T: 'static>(v: T) -> Self {
        Self(Type::<T>::local().wrap(v))
    }

    /// The integer in it, if it is one.
    ///
    /// ```
    /// assert_eq!(crib::Value::new(()).as_int(), None);
    /// ```
    pub fn as_int(&self) -> Option<i64> {
        (self.0.vt == int_table()).then_some(self.0.p as i64)
    }

    /// What it is, for people.
    ///
    /// ```
    /// assert_eq!(crib::Value::new(String::new()).kind(), "alloc::string::String");
    /// ```
    pub fn kind(&self) -> String {
        kind_of(&self.0)
    }

    /// The Rust value in it, if it is a `T`.
    ///
    /// # Errors
    /// The value itself if it is something else.
    ///
    /// ```
    /// assert!(crib::Value::new(1.5f64).downcast::<f64>().is_ok());
    /// ```
    pub fn downcast<T: 'static>(self) -> std::result::Result<T, Self> {
        let types = [Type::<T>::local(), Type::<T>::sendable_unchecked()];
        match types.iter().find(|t| t.fits(&self.0)) {
            Some(t) => t.unwrap(self.into_raw()).map_err(|_| Self(NIL)),
            None => Err(self),
        }
    }

    /// Gives the value away.
    ///
    /// ```
    /// let raw = crib::Value::int(1).into_raw();
    /// # let _ = raw;
    /// ```
    pub fn into_raw(self) -> sys::crib_value {
        ManuallyDrop::new(self).0
    }

    /// Takes over a value.
    ///
    /// # Safety
    /// The caller owns `raw`.
    pub unsafe fn from_raw(raw: sys::crib_value) -> Self {
        Self(raw)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: the value is ours.
        unsafe { sys::crib_value_drop(self.0) }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.as_int() {
            Some(v) => write!(f, "Value({v})"),
            None => write!(f, "Value({})", self.kind()),
        }
    }
}

fn kind_of(v: &sys::crib_value) -> String {
    // SAFETY: a table and its text live as long as the values that have it.
    unsafe {
        match v.vt.as_ref() {
            None => "nil".into(),
            Some(vt) if vt.kind.is_null() => "a value".into(),
            Some(vt) => CStr::from_ptr(vt.kind).to_string_lossy().into_owned(),
        }
    }
}

fn int_table() -> *const sys::crib_vtable {
    // SAFETY: allocates nothing.
    unsafe { sys::crib_value_int(0) }.vt
}

enum Form<T> {
    Boxed,
    Int {
        to: fn(&T) -> i64,
        from: fn(i64) -> Option<T>,
    },
    /// `T` is [`Value`].
    Any,
}

impl<T> Clone for Form<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Form<T> {}

/// How a `T` travels.
pub(crate) struct Type<T> {
    table: *const sys::crib_vtable,
    form: Form<T>,
}

impl<T> Clone for Type<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Type<T> {}

// SAFETY: a table is made once and never changed or freed.
unsafe impl<T> Send for Type<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Type<T> {}

impl<T: 'static> Type<T> {
    /// Within one thread.
    pub(crate) fn local() -> Self {
        Self::find(false)
    }

    /// Between threads.
    pub(crate) fn sendable() -> Self
    where
        T: Send,
    {
        Self::find(true)
    }

    /// To compare with only.
    fn sendable_unchecked() -> Self {
        Self::find(true)
    }

    fn find(sendable: bool) -> Self {
        if let Some(form) = int_form::<T>() {
            return Self { table: int_table(), form };
        }
        if TypeId::of::<T>() == TypeId::of::<Value>() {
            return Self { table: std::ptr::null(), form: Form::Any };
        }
        Self { table: table_of::<T>(sendable), form: Form::Boxed }
    }

    pub(crate) fn wrap(&self, v: T) -> sys::crib_value {
        match self.form {
            // SAFETY: allocates nothing.
            Form::Int { to, .. } => unsafe { sys::crib_value_int(to(&v)) },
            Form::Any => same::<T, Value>(v).into_raw(),
            Form::Boxed => sys::crib_value { p: Box::into_raw(Box::new(v)).cast(), vt: self.table },
        }
    }

    fn fits(&self, v: &sys::crib_value) -> bool {
        match self.form {
            Form::Any => true,
            Form::Int { from, .. } => v.vt == self.table && from(v.p as i64).is_some(),
            Form::Boxed => v.vt == self.table,
        }
    }

    /// The value as a `T`; something else is dropped and an error.
    pub(crate) fn unwrap(&self, v: sys::crib_value) -> Result<T> {
        if !self.fits(&v) {
            let message = format!("expected {}, not {}", type_name::<T>(), kind_of(&v));
            drop(Value(v));
            return Err(Error::with_code(sys::CRIB_EFOREIGN, &message));
        }
        match self.form {
            Form::Int { from, .. } => from(v.p as i64).ok_or_else(|| Error::from_code(sys::CRIB_EFOREIGN)),
            Form::Any => Ok(same::<Value, T>(Value(v))),
            // SAFETY: only `wrap` makes values with this table, of this very `T`; it is ours now.
            Form::Boxed => Ok(*unsafe { Box::from_raw(v.p.cast::<T>()) }),
        }
    }
}

/// The same value under the other of two names of one type.
fn same<A: 'static, B: 'static>(a: A) -> B {
    assert_eq!(TypeId::of::<A>(), TypeId::of::<B>());
    let a = ManuallyDrop::new(a);
    // SAFETY: A is B, as was just compared.
    unsafe { std::mem::transmute_copy::<A, B>(&a) }
}

/// The forms of integers, by type.
fn int_form<T: 'static>() -> Option<Form<T>> {
    macro_rules! forms {
        ($($i:ty),*) => {$(
            if TypeId::of::<T>() == TypeId::of::<$i>() {
                return Some(Form::Int {
                    // Wide unsigned numbers keep their bits.
                    to: |v| *same_ref::<T, $i>(v) as i64,
                    from: |v| {
                        let there = v as $i;
                        (there as i64 == v).then(|| same::<$i, T>(there))
                    },
                });
            }
        )*};
    }
    forms!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize);
    None
}

fn same_ref<A: 'static, B: 'static>(a: &A) -> &B {
    assert_eq!(TypeId::of::<A>(), TypeId::of::<B>());
    // SAFETY: A is B, as was just compared.
    unsafe { &*std::ptr::from_ref(a).cast::<B>() }
}

unsafe extern "C" fn drop_box<T>(p: *mut c_void) {
    // SAFETY: only `wrap` makes values with this function, and the library drops a value once.
    let v = unsafe { Box::from_raw(p.cast::<T>()) };
    engine::quietly(|| drop(v));
}

struct Table(*const sys::crib_vtable);
// SAFETY: never changed, never freed.
unsafe impl Send for Table {}

/// One table a type, whose address says which type: two types never share one. Never freed.
fn table_of<T: 'static>(sendable: bool) -> *const sys::crib_vtable {
    static TABLES: OnceLock<Mutex<HashMap<(TypeId, bool), Table>>> = OnceLock::new();
    let tables = TABLES.get_or_init(Mutex::default);
    let mut tables = tables.lock().unwrap_or_else(|e| e.into_inner());
    let make = || {
        let table = sys::crib_vtable {
            size: size_of::<sys::crib_vtable>(),
            drop: Some(drop_box::<T>),
            kind: crate::error::c_string(type_name::<T>()).into_raw(),
            flags: if sendable { sys::CRIB_VALUE_SENDABLE as u32 } else { 0 },
        };
        Table(Box::into_raw(Box::new(table)))
    };
    tables.entry((TypeId::of::<T>(), sendable)).or_insert_with(make).0
}
