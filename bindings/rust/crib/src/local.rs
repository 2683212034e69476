//! Task locals: values that tasks inherit.

use crate::engine::current;
use crate::error::Result;
use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What one task sees. Shared with its children until one of them sets something.
pub(crate) struct Bindings(RefCell<Shared>);

type Shared = Option<Rc<Vec<(u64, Rc<dyn Any>)>>>;

impl Bindings {
    pub(crate) fn none() -> Self {
        Self(RefCell::new(None))
    }

    /// Everything, which leaves none.
    pub(crate) fn take(&self) -> Self {
        Self(RefCell::new(self.0.take()))
    }

    fn get(&self, id: u64) -> Option<Rc<dyn Any>> {
        let seen = self.0.borrow();
        seen.as_ref()?.iter().find(|(key, _)| *key == id).map(|(_, value)| value.clone())
    }

    fn set(&self, id: u64, value: Rc<dyn Any>) {
        let mut seen = self.0.borrow_mut();
        let mut new = seen.as_deref().cloned().unwrap_or_default();
        match new.iter_mut().find(|(key, _)| *key == id) {
            Some(entry) => entry.1 = value,
            None => new.push((id, value)),
        }
        let old = seen.replace(Rc::new(new));
        drop(seen);
        drop(old);
    }
}

/// What a task that is started now sees: the same as who starts it.
pub(crate) fn inherited() -> Bindings {
    match current() {
        Ok(here) => Bindings(RefCell::new(here.task.locals.0.borrow().clone())),
        Err(_) => Bindings::none(),
    }
}

/// A value of each task's own, inherited from the task that starts it.
///
/// ```
/// static REQUEST: crib::Local<u32> = crib::Local::new();
///
/// # crib::run(crib::nursery(async |n| {
/// REQUEST.set(7)?;
/// n.start_soon("child", async {
///     assert_eq!(REQUEST.get().as_deref(), Some(&7));
///     REQUEST.set(8)?; // seen here and below, not by the parent
///     Ok(())
/// });
/// n.wait_idle().await?;
/// assert_eq!(REQUEST.get().as_deref(), Some(&7));
/// # Ok(()) })).unwrap();
/// ```
pub struct Local<T> {
    id: AtomicU64,
    value: PhantomData<fn() -> T>,
}

impl<T: 'static> Local<T> {
    /// A key, usually a static.
    ///
    /// ```
    /// static NAME: crib::Local<String> = crib::Local::new();
    /// # assert!(NAME.get().is_none());
    /// ```
    pub const fn new() -> Self {
        Self { id: AtomicU64::new(0), value: PhantomData }
    }

    fn id(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let known = self.id.load(Ordering::Relaxed);
        if known != 0 {
            return known;
        }
        let new = NEXT.fetch_add(1, Ordering::Relaxed);
        self.id.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed).err().unwrap_or(new)
    }

    /// Sets the value for the calling task and those it starts from now on.
    ///
    /// # Errors
    /// Misuse outside a task.
    ///
    /// ```
    /// static NAME: crib::Local<String> = crib::Local::new();
    /// # crib::run(async {
    /// NAME.set("ann".into())?;
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn set(&self, value: T) -> Result<()> {
        current()?.task.locals.set(self.id(), Rc::new(value));
        Ok(())
    }

    /// The value that the calling task sees; `None` if none was set, and outside tasks.
    ///
    /// ```
    /// static NAME: crib::Local<String> = crib::Local::new();
    /// # crib::run(async {
    /// assert!(NAME.get().is_none());
    /// # Ok(()) }).unwrap();
    /// ```
    pub fn get(&self) -> Option<Rc<T>> {
        current().ok()?.task.locals.get(self.id())?.downcast().ok()
    }
}

impl<T: 'static> Default for Local<T> {
    fn default() -> Self {
        Self::new()
    }
}
