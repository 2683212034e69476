package crib

// #include "shim.h"
import "C"

import (
	"context"
	"runtime"
	"time"
	"unsafe"
)

// Await runs f in a goroutine of its own and waits for it: for code that blocks, such as package net's and os's. Blocking
// in a task itself would stop all the others.
//
// Await does not return before f has; if the caller is cancelled meanwhile, f is told by ctx, if it looks at it. What is
// cancelled before is not called.
func Await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	return await(ctx, f, false)
}

// AwaitOrLeave is Await that leaves f alone when the caller is cancelled: f goes on, and its result is lost.
func AwaitOrLeave[T any](ctx context.Context, f func() (T, error)) (T, error) {
	return await(ctx, f, true)
}

type outcome[T any] struct {
	value  T
	err    error
	panics *PanicError
}

func await[T any](ctx context.Context, f func() (T, error), leaves bool) (v T, err error) {
	p, err := placeOf(ctx)
	if err != nil {
		return v, err
	}
	t := p.n.task
	r := t.run
	portal := r.openPortal()
	if portal == nil {
		return v, failureOf(-C.int(enomem))
	}
	defer r.closePortal()
	may := C.int(0)
	if leaves {
		may = 1
	}
	status := C.go_park(t.op, p.n.scope, may)
	if status != C.CRIB_PENDING {
		return v, p.failed(status)
	}
	op, id := t.op, C.go_op_id(t.op)
	result := make(chan outcome[T], 1)
	go func() {
		var o outcome[T]
		defer func() {
			result <- o
			r.complete(portal, op, id)
		}()
		o.err = ErrGoexit
		o.value, o.panics, o.err = caught(f)
	}()
	if !leaves {
		p.ext = nil
	}
	if status = p.finish(status); status < 0 {
		return v, p.failed(status)
	}
	o := <-result
	if o.panics != nil {
		panic(o.panics)
	}
	return o.value, o.err
}

func caught[T any](f func() (T, error)) (v T, panics *PanicError, err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if x := recover(); x != nil {
			panics = panicked(x).(*PanicError)
		}
	}()
	v, err = f()
	returned = true
	return
}

// openPortal opens the run's own portal, through which goroutines wake tasks; while it is open the run is not taken for
// deadlocked. Each call is followed by one of closePortal.
func (r *run) openPortal() *C.crib_portal {
	if r.portals == 0 {
		if r.portal = C.crib_portal_open(); r.portal == nil {
			return nil
		}
	}
	r.portals++
	return r.portal
}

func (r *run) closePortal() {
	if r.portals--; r.portals == 0 {
		r.mu.Lock()
		defer r.mu.Unlock()
		C.crib_unref(unsafe.Pointer(r.portal))
		r.portal = nil
	}
}

// complete ends a wait from another goroutine.
func (r *run) complete(portal *C.crib_portal, op C.uintptr_t, id C.uint64_t) {
	for {
		r.mu.Lock()
		gone := r.portal != portal
		rc := C.int(0)
		if !gone {
			rc = C.go_post_complete(portal, op, id)
		}
		r.mu.Unlock()
		if rc != -C.int(enomem) {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Portal is how other goroutines reach a run. While it is open the run is not taken for deadlocked.
type Portal struct {
	handle
	c *C.crib_portal
}

// NewPortal opens a portal to the context's run.
func NewPortal(ctx context.Context) *Portal {
	r := runFor(ctx)
	p := &Portal{c: C.crib_portal_open()}
	p.adopt(r, unsafe.Pointer(p.c))
	runtime.SetFinalizer(p, (*Portal).lost)
	return p
}

// Post calls f on the run's goroutine, soon, between tasks: f may start tasks, send without waiting, set events and
// cancel, but not wait. Any goroutine may call it. It fails with [ErrRunFinished], or [ErrClosed] once the portal is
// closed; otherwise f is called before the run ends.
func (p *Portal) Post(f func()) error {
	r := p.run
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.dead {
		return ErrRunFinished
	}
	if _, open := r.held.get(p.held); !open {
		return ErrClosed
	}
	if len(r.soon) == 0 { // else the loop has been told, and has not looked yet
		if rc := C.go_post_call(p.c); rc < 0 {
			return failureOf(rc)
		}
	}
	r.soon = append(r.soon, f)
	return nil
}

// call makes the calls that were posted.
func (r *run) call() {
	r.mu.Lock()
	calls := r.soon
	r.soon = nil
	r.mu.Unlock()
	for _, f := range calls {
		r.outside(f)
	}
}

// Close closes the portal. Any goroutine may call it, and more than once.
func (p *Portal) Close() { p.run.drop(p.held) }
