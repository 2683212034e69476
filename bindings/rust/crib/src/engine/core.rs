//! The Rust side of a task: its future, its op slots and its waker.

use super::name::Name;
use super::quietly;
use super::wake::Shared;
use crate::error::{Error, Result};
use crate::local::Bindings;
use crate::nursery::Members;
use crate::scope::Brood;
use crate::sys;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::Waker;

/// What a task runs. Its result has been put where it belongs; what is left is whether it failed.
pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = Result<()>>>>;

/// Forgets how long a future may live.
///
/// # Safety
/// The result is dropped before `'a` ends, or never used again.
pub(crate) unsafe fn erase<'a>(future: Pin<Box<dyn Future<Output = Result<()>> + 'a>>) -> BoxFuture {
    // SAFETY: only the lifetime changes, for which the caller answers.
    unsafe { std::mem::transmute(future) }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum State {
    Living,
    /// The library was told that it ends; its handles may be stale.
    Exited,
    /// `destroy` has run.
    Ended,
}

/// Who owns the future of a task, and knows the task.
pub(crate) enum Parent {
    /// The task itself owns its future; nobody keeps a list.
    Nobody,
    /// The task itself, in a nursery of Rust's.
    Nursery(Rc<Members>, u32),
    /// The scope it was started in, which polls it.
    Scope(Rc<Brood>, u32),
}

/// An op slot beyond slot 0. `op` is NULL if it had to be given up: then it is made anew.
struct Extra {
    op: *mut sys::crib_op,
    scope: *mut sys::crib_scope,
    used: bool,
}

/// An op that somebody else's waker is to be told of.
struct Foreign {
    slot: u32,
    waker: Waker,
}

pub(crate) struct Core {
    raw: Cell<*mut sys::crib_task>,
    state: Cell<State>,
    pub(super) polling: Cell<bool>,
    /// To be dropped as soon as its poll is over.
    pub(super) doomed: Cell<bool>,
    /// Woken while it was polled.
    woken: Cell<bool>,
    has_portal: Cell<bool>,
    used0: Cell<bool>,
    op0: Cell<*mut sys::crib_op>,
    scope0: Cell<*mut sys::crib_scope>,
    extras: RefCell<Vec<Extra>>,
    foreign: RefCell<Vec<Foreign>>,
    /// Yields when the task is woken by something else than an op of its own.
    wake_op: Cell<*mut sys::crib_op>,
    wake_pending: Cell<bool>,
    pub(super) future: Cell<Option<BoxFuture>>,
    pub(super) parent: RefCell<Parent>,
    /// Scopes this task has opened whose children are still known to the library.
    broods: RefCell<Vec<Weak<Brood>>>,
    /// What must live as long as the task.
    kept: RefCell<Vec<Rc<dyn Any>>>,
    pub(crate) locals: Bindings,
    pub(super) name: Name,
    pub(super) waker: Waker,
    shared: Arc<Shared>,
}

impl Core {
    pub(crate) fn new(name: Name, future: Option<BoxFuture>, parent: Parent, locals: Bindings) -> Rc<Self> {
        let shared = Shared::new();
        let core = Rc::new(Self {
            raw: Cell::new(null_mut()),
            state: Cell::new(State::Living),
            polling: Cell::new(false),
            doomed: Cell::new(false),
            woken: Cell::new(false),
            has_portal: Cell::new(false),
            used0: Cell::new(false),
            op0: Cell::new(null_mut()),
            scope0: Cell::new(null_mut()),
            extras: RefCell::new(Vec::new()),
            foreign: RefCell::new(Vec::new()),
            wake_op: Cell::new(null_mut()),
            wake_pending: Cell::new(false),
            future: Cell::new(future),
            parent: RefCell::new(parent),
            broods: RefCell::new(Vec::new()),
            kept: RefCell::new(Vec::new()),
            locals,
            name,
            waker: Waker::from(shared.clone()),
            shared,
        });
        core.shared.set_core(Rc::as_ptr(&core));
        core
    }

    /// The library's task; NULL before it has been made known and when it is over.
    pub(crate) fn raw(&self) -> *mut sys::crib_task {
        self.raw.get()
    }

    pub(crate) fn set_raw(&self, raw: *mut sys::crib_task) {
        self.raw.set(raw);
    }

    pub(crate) fn is_living(&self) -> bool {
        self.state.get() == State::Living
    }

    /// Whether `destroy` has run, so that the future is gone.
    pub(crate) fn is_over(&self) -> bool {
        self.state.get() == State::Ended
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.set(state);
    }

    pub(crate) fn name(&self) -> String {
        self.name.to_text()
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    pub(crate) fn parent(&self) -> std::cell::Ref<'_, Parent> {
        self.parent.borrow()
    }

    pub(crate) fn set_parent(&self, parent: Parent) {
        let old = self.parent.replace(parent);
        drop(old);
    }

    pub(crate) fn set_future(&self, future: BoxFuture) {
        self.future.set(Some(future));
    }

    pub(crate) fn name_ptr(&self) -> *const std::ffi::c_char {
        self.name.as_ptr()
    }

    /// The scope that the library embeds in the task.
    pub(crate) fn own_scope(&self) -> *mut sys::crib_scope {
        // SAFETY: the task is known while the core is not ended; NULL is fine.
        unsafe { sys::crib_task_scope(self.raw()) }
    }

    /// Keeps something until the task has ended.
    pub(crate) fn keep(&self, what: Rc<dyn Any>) {
        self.kept.borrow_mut().push(what);
    }

    pub(crate) fn add_brood(&self, brood: &Rc<Brood>) {
        let mut broods = self.broods.borrow_mut();
        broods.retain(|b| b.strong_count() > 0);
        broods.push(Rc::downgrade(brood));
    }

    pub(super) fn take_broods(&self) -> Vec<Weak<Brood>> {
        self.broods.take()
    }

    // --- op slots ----------------------------------------------------------------------------------------------------

    /// An idle slot that works in `scope`; `extra`: not slot 0.
    pub(super) fn acquire(&self, scope: *mut sys::crib_scope, extra: bool) -> Result<(u32, *mut sys::crib_op)> {
        if extra || self.used0.get() {
            return self.acquire_extra(scope);
        }
        let mut op = self.op0.get();
        if op.is_null() {
            // SAFETY: the task is known to the library before it is first polled.
            op = unsafe { sys::crib_task_op(self.raw()) };
            self.op0.set(op);
        }
        if self.scope0.get() != scope {
            set_scope(op, scope)?;
            self.scope0.set(scope);
        }
        self.used0.set(true);
        Ok((0, op))
    }

    #[cold]
    fn acquire_extra(&self, scope: *mut sys::crib_scope) -> Result<(u32, *mut sys::crib_op)> {
        let mut extras = self.extras.borrow_mut();
        let i = match extras.iter().position(|e| !e.used) {
            Some(i) => i,
            None => {
                extras.push(Extra { op: null_mut(), scope, used: false });
                extras.len() - 1
            }
        };
        let extra = &mut extras[i];
        if extra.op.is_null() {
            // SAFETY: the library checks both handles.
            extra.op = unsafe { sys::crib_op_new(self.raw(), scope) };
            if extra.op.is_null() {
                return Err(Error::from_code(crate::error::UV_ENOMEM));
            }
        } else if extra.scope != scope {
            set_scope(extra.op, scope)?;
        }
        extra.scope = scope;
        extra.used = true;
        Ok((i as u32 + 1, extra.op))
    }

    /// The slot is idle again.
    pub(super) fn release(&self, slot: u32) {
        if !self.foreign.borrow().is_empty() {
            self.forget_foreign(slot);
        }
        match slot {
            0 => self.used0.set(false),
            i => self.extras.borrow_mut()[i as usize - 1].used = false,
        }
    }

    /// Gives up what a slot is doing.
    pub(super) fn abandon(&self, slot: u32, op: *mut sys::crib_op, extra: bool) {
        if !self.is_living() {
            return; // the library has given it up
        }
        if extra {
            self.extras.borrow_mut()[slot as usize - 1].op = null_mut();
            // SAFETY: a checked id. What cannot be undone goes when it completes.
            unsafe { sys::crib_op_free(op) };
        } else {
            // SAFETY: a checked id. Everything that uses these slots can be undone at once.
            unsafe { sys::crib_op_abort(op) };
        }
        self.release(slot);
    }

    // --- wakers ------------------------------------------------------------------------------------------------------

    /// Whose waker is to be told when the op in `slot` completes: the task's own needs no telling.
    pub(super) fn register(&self, slot: u32, waker: &Waker) {
        if waker.will_wake(&self.waker) {
            if !self.foreign.borrow().is_empty() {
                self.forget_foreign(slot);
            }
            return;
        }
        let known = self.foreign.borrow().iter().any(|f| f.slot == slot && f.waker.will_wake(waker));
        if known {
            return;
        }
        let clone = waker.clone();
        self.forget_foreign(slot);
        self.foreign.borrow_mut().push(Foreign { slot, waker: clone });
    }

    #[cold]
    fn forget_foreign(&self, slot: u32) {
        let old = {
            let mut foreign = self.foreign.borrow_mut();
            foreign.iter().position(|f| f.slot == slot).map(|i| foreign.swap_remove(i))
        };
        drop(old);
    }

    /// Tells those whose ops have completed. The library does not say which of several ops it was.
    pub(super) fn wake_foreign(&self) {
        if self.foreign.borrow().is_empty() {
            return;
        }
        let done: Vec<Waker> = {
            let mut foreign = self.foreign.borrow_mut();
            let (done, waiting) = foreign.drain(..).partition(|f| self.is_delivered(f.slot));
            *foreign = waiting;
            let done: Vec<Foreign> = done;
            done.into_iter().map(|f| f.waker).collect()
        };
        // Wakers of other crates run here, below the library.
        quietly(|| done.into_iter().for_each(Waker::wake));
    }

    /// Nothing of this task will complete any more: whoever still waits shall see that.
    pub(super) fn wake_all_foreign(&self) {
        let all = self.foreign.take();
        quietly(|| all.into_iter().for_each(|f| f.waker.wake()));
    }

    fn is_delivered(&self, slot: u32) -> bool {
        let (op, scope) = match slot {
            0 => (self.op0.get(), self.scope0.get()),
            i => {
                let extras = self.extras.borrow();
                (extras[i as usize - 1].op, extras[i as usize - 1].scope)
            }
        };
        // SAFETY: checked ids. Naming the scope it has changes nothing, and is refused until the result is delivered.
        unsafe { sys::crib_op_set_scope(op, scope) != sys::CRIB_EBUSY }
    }

    /// Has the task resumed, in its turn.
    pub(crate) fn schedule(&self) {
        if self.polling.get() {
            self.woken.set(true);
            return;
        }
        if self.wake_pending.get() || !self.is_living() || self.raw().is_null() {
            return;
        }
        if self.wake_op.get().is_null() {
            // SAFETY: in the run's thread; NULL without memory.
            self.wake_op.set(unsafe { sys::crib_op_new(self.raw(), null_mut()) });
        }
        // SAFETY: a checked id. Whether the task is cancelled does not matter to this op.
        let rc = unsafe { sys::crib_begin_checkpoint(self.wake_op.get()) };
        self.wake_pending.set(rc == sys::CRIB_PENDING);
    }

    /// At each resume: the wake-up has arrived.
    pub(super) fn take_wake(&self) {
        if !self.wake_pending.get() {
            return;
        }
        let mut result = sys::crib_result { status: 0, flags: 0, value: crate::value::NIL };
        // SAFETY: a checked id, and a place for the result, which has no value.
        let rc = unsafe { sys::crib_op_take(self.wake_op.get(), &mut result) };
        self.wake_pending.set(rc == sys::CRIB_PENDING);
    }

    /// After each poll that ended without a result.
    pub(crate) fn after_poll(&self) {
        if self.shared.is_held() != self.has_portal.get() {
            self.has_portal.set(self.shared.update_portal());
        }
        let woken = self.woken.replace(false) | self.shared.take_woken();
        if woken {
            self.schedule();
        }
    }

    pub(super) fn forget_wakers(&self) {
        self.shared.forget();
        self.wake_all_foreign();
    }
}

impl Drop for Core {
    /// What tasks keep for the application may panic when it goes, and the library is below.
    fn drop(&mut self) {
        self.shared.set_core(std::ptr::null());
        let (kept, locals) = (self.kept.take(), self.locals.take());
        quietly(|| drop((kept, locals)));
    }
}

fn set_scope(op: *mut sys::crib_op, scope: *mut sys::crib_scope) -> Result<()> {
    // SAFETY: checked ids.
    match unsafe { sys::crib_op_set_scope(op, scope) } {
        0 => Ok(()),
        code => Err(Error::from_code(code)),
    }
}
