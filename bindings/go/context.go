package crib

// #include "shim.h"
import "C"

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const forever = 1<<63 - 1 // CRIB_FOREVER

// node is a scope seen as a context: what the functions given to Run, Go, WithNursery and their kin get. Operations find
// the run and their scope in it. Err, Done, Deadline and Value may be called from any goroutine.
type node struct {
	task   *Task           // in which operations of the scope run
	scope  C.uintptr_t     // its id
	id     uint64          // its number in run.nodes, for records
	values context.Context // where Value goes on
	linked context.Context // the context of another kind whose end cancels the scope, if any
	closed bool            // the block is over; the loop's own

	outer    atomic.Pointer[node] // the scope around it
	deadline atomic.Int64         // its own
	shield   atomic.Bool          // it hides what is outside
	end      atomic.Pointer[CancelledError]

	mu  sync.Mutex
	std *origin // made when Done is first called
}

func (n *node) init(t *Task, scope C.uintptr_t, values context.Context, outer *node) {
	n.task, n.scope, n.values = t, scope, values
	n.deadline.Store(forever)
	n.outer.Store(outer)
}

// Done gives a channel that is closed when the scope is cancelled, and when its block has ended.
func (n *node) Done() <-chan struct{} {
	n.look()
	return n.standard().Done()
}

// Err is nil until then, afterwards context.DeadlineExceeded if a deadline was the source, else context.Canceled.
func (n *node) Err() error {
	if e := n.look(); e != nil {
		return e.std
	}
	return nil
}

// Deadline gives the earliest deadline of the scope and those around it, up to a shield. In the tasks of the run the end
// of a soft cancel's grace is one too.
func (n *node) Deadline() (time.Time, bool) {
	at, found := int64(C.go_scope_deadline(n.task.run.rt, n.scope)), time.Time{}
	known := at != C.CRIB_EXPIRED
	if !known {
		at = forever
	}
	for m := n; m != nil; m = m.outer.Load() {
		if !known {
			at = min(at, m.deadline.Load())
		}
		if m.linked != nil {
			if d, ok := m.linked.Deadline(); ok && (found.IsZero() || d.Before(found)) {
				found = d
			}
		}
		if m.shield.Load() {
			break
		}
	}
	if at == forever {
		return found, !found.IsZero()
	}
	own := n.task.run.timeOf(at)
	if !found.IsZero() && found.Before(own) {
		return found, true
	}
	return own, true
}

var nodeKey int // its address is the key by which Value gives the node

// cancelKey is the key by which package context finds the std context of another one, as context.Cause does.
var cancelKey = func() any {
	var p probe
	context.Cause(&p)
	return p.key
}()

type probe struct {
	context.Context
	key any
}

func (p *probe) Value(key any) any { p.key = key; return nil }
func (p *probe) Err() error        { return context.Canceled }

// Value looks in the context that the block was opened with.
func (n *node) Value(key any) any {
	if key == any(&nodeKey) {
		return n
	}
	if key == cancelKey {
		n.look()
		return n.standard().Value(key)
	}
	return n.values.Value(key)
}

// String names the context in the words of package context.
func (n *node) String() string { return "crib.Scope" }

// look gives why the scope is cancelled, nil if it is not. On the loop it asks the library, whose records may still be
// on their way; elsewhere it is known as soon as the loop has them.
func (n *node) look() *CancelledError {
	if e := n.end.Load(); e != nil {
		return e
	}
	state := C.go_scope_state(n.task.run.rt, n.scope)
	if state.cancelled == 0 {
		return nil
	}
	n.mark(n.describe(Source(state.source), C.GoString(state.reason)))
	return n.end.Load()
}

// cancelled is what an operation returns that the library ended with CRIB_ECANCELLED.
func (n *node) cancelled() error {
	if e := n.look(); e != nil && e.Source != EndOfBlock {
		return e
	}
	return ErrCancelled
}

// describe finds the words for a cancel, and the context that caused it.
func (n *node) describe(source Source, reason string) *CancelledError {
	e := &CancelledError{Source: source, Reason: reason, at: n, std: context.Canceled}
	if source == Deadline {
		e.std = context.DeadlineExceeded
	}
	if source != Link {
		return e
	}
	for m := n; m != nil; m = m.outer.Load() {
		if m.linked != nil && m.linked.Err() != nil {
			e.std, e.cause = m.linked.Err(), context.Cause(m.linked)
			break
		}
	}
	return e
}

// mark makes the context end, once.
func (n *node) mark(e *CancelledError) {
	if !n.end.CompareAndSwap(nil, e) {
		return
	}
	n.mu.Lock()
	std := n.std
	n.mu.Unlock()
	if std != nil {
		std.fire(e)
	}
}

// standard gives the context of package context that stands for this one, so that contexts derived from it hang
// directly below, and context.Cause sees the CancelledError.
func (n *node) standard() *origin {
	n.mu.Lock()
	if n.std == nil {
		n.std = newOrigin()
	}
	std := n.std
	n.mu.Unlock()
	if e := n.end.Load(); e != nil {
		std.fire(e)
	}
	return std
}

// origin derives a std context from itself, in order to end it with any error: package context itself gives a cancel
// with a cause context.Canceled only.
type origin struct {
	context.Context // derived from ending
	ending          *ending
	cancel          context.CancelFunc // not needed: ending ends it
}

type ending struct {
	mu    sync.Mutex
	err   error
	cause context.Context // a std context that has ended with the cause
	ended func()
}

func newOrigin() *origin {
	e := &ending{}
	derived, cancel := context.WithCancel(e)
	return &origin{derived, e, cancel}
}

func (o *origin) fire(e *CancelledError) { o.ending.fire(e) }

var never = make(chan struct{})

func (e *ending) Deadline() (time.Time, bool) { return time.Time{}, false }
func (e *ending) Done() <-chan struct{}       { return never }

func (e *ending) Err() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.err
}

func (e *ending) Value(key any) any {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.cause == nil {
		return nil
	}
	return e.cause.Value(key)
}

// AfterFunc is what package context calls to derive from a context that is none of its own.
func (e *ending) AfterFunc(f func()) func() bool {
	e.ended = f
	return func() bool { return false }
}

func (e *ending) fire(cancelled *CancelledError) {
	e.mu.Lock()
	again := e.err != nil
	if !again {
		cause, cancel := context.WithCancelCause(context.Background())
		cancel(cancelled)
		e.err, e.cause = cancelled.std, cause
	}
	e.mu.Unlock()
	if !again {
		e.ended()
	}
}
