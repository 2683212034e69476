//! Running tasks: what the library calls, and what it is told.

use super::core::{BoxFuture, Core, Parent, State};
use super::{catching, enter, quietly};
use crate::error::{Error, Result};
use crate::sys;
use std::ptr::null_mut;
use std::rc::Rc;
use std::task::{Context, Poll};

/// Called by the library when a task is to run, on the loop's own stack.
pub(crate) unsafe extern "C" fn resume(raw: *mut sys::crib_task, data: usize) {
    let core = data as *const Core;
    // SAFETY: the library holds a reference until `destroy`; one more keeps the core through this call.
    let core = unsafe {
        Rc::increment_strong_count(core);
        Rc::from_raw(core)
    };
    core.set_raw(raw);
    core.take_wake();
    core.wake_foreign();
    activate(core);
}

/// Polls a task: itself, if it owns its future; else whoever polls it, who is told that it is its turn.
pub(crate) fn activate(mut core: Rc<Core>) {
    loop {
        if !core.is_living() {
            return;
        }
        let brood = match &*core.parent.borrow() {
            Parent::Scope(brood, index) => {
                brood.is_ready(*index);
                brood.clone()
            }
            _ => break,
        };
        match brood.waker() {
            // Somebody between polls the scope: he will have its task scheduled.
            Some(waker) => return quietly(|| waker.wake()),
            None => core = brood.owner().clone(),
        }
    }
    if let Some(future) = core.future.take() {
        if let Polled::Pending(future) = poll(&core, future) {
            core.future.set(Some(future));
            core.after_poll();
        }
    }
}

/// What is left of a poll: the future, or nothing, since the task has exited.
pub(crate) enum Polled {
    Pending(BoxFuture),
    Exited,
}

/// Polls the future of a task, as that task; it exits when the future is done or panics.
pub(crate) fn poll(core: &Rc<Core>, mut future: BoxFuture) -> Polled {
    core.polling.set(true);
    let mut cx = Context::from_waker(&core.waker);
    let polled = enter(core, null_mut(), || catching(|| future.as_mut().poll(&mut cx)));
    core.polling.set(false);
    let result = match polled {
        Ok(Poll::Pending) if !core.doomed.get() => return Polled::Pending(future),
        Ok(Poll::Pending) => Ok(()),
        Ok(Poll::Ready(result)) => result,
        Err(panic) => Err(panic),
    };
    finish(core, future, result);
    Polled::Exited
}

/// Drops the future of a task, then ends the task.
fn finish(core: &Rc<Core>, future: BoxFuture, result: Result<()>) {
    let dropped = enter(core, null_mut(), || catching(|| drop(future)));
    exit(core, result.and(dropped));
}

/// Drops a task's future and ends it, now; if it is being polled, as soon as that is over.
pub(crate) fn kill(core: &Rc<Core>, future: Option<BoxFuture>) {
    if !core.is_living() {
        return quietly(|| drop(future));
    }
    if core.polling.get() {
        core.doomed.set(true);
        return;
    }
    match future.or_else(|| core.future.take()) {
        Some(future) => finish(core, future, Ok(())),
        None => exit(core, Ok(())),
    }
}

/// Tells the library that a task has ended.
pub(crate) fn exit(core: &Rc<Core>, result: Result<()>) {
    if !core.is_living() {
        return;
    }
    core.set_state(State::Exited);
    let error = result.err().map_or(null_mut(), |e| e.into_raw(core.own_scope()));
    exit_broods(core);
    // SAFETY: the task has not ended; the error is consumed. The core may be released inside, but for the caller's
    // reference.
    unsafe { sys::crib_task_exit(core.raw(), error) };
}

/// Children of scopes whose futures were forgotten never run again; the library awaits their tasks.
fn exit_broods(core: &Rc<Core>) {
    for brood in core.take_broods() {
        if let Some(brood) = brood.upgrade() {
            brood.take_cores().into_iter().for_each(|child| exit(&child, Ok(())));
        }
    }
}

/// Called by the library once, when a task has ended or could not be started.
pub(crate) unsafe extern "C" fn destroy(data: usize) {
    // SAFETY: takes back the reference that was given at the start.
    let core = unsafe { Rc::from_raw(data as *const Core) };
    core.set_state(State::Ended);
    // There is one if the library ended the task by itself, or never started it.
    if let Some(future) = core.future.take() {
        enter(&core, null_mut(), || quietly(|| drop(future)));
    }
    exit_broods(&core);
    core.forget_wakers();
    match core.parent.replace(Parent::Nobody) {
        Parent::Nobody => {}
        Parent::Nursery(members, index) => members.ended(index),
        Parent::Scope(brood, index) => brood.ended(index),
    }
    // The library frees it now.
    core.set_raw(null_mut());
}

/// Starts a task in a nursery of the library's.
pub(crate) fn start_stackless(nursery: *mut sys::crib_nursery, core: &Rc<Core>) -> Result<()> {
    let data = Rc::into_raw(core.clone()) as usize;
    // SAFETY: `destroy` gives the reference back in every case; the name lives in the core.
    let raw =
        unsafe { sys::crib_nursery_start_stackless(nursery, core.name.as_ptr(), Some(resume), data, Some(destroy)) };
    core.set_raw(raw);
    if raw.is_null() { Err(Error::from_code(sys::CRIB_ECLOSED)) } else { Ok(()) }
}
