package crib

// #include "shim.h"
import "C"

import (
	"context"
	"time"
	"unsafe"
)

// ScopeOptions are for [WithScope].
type ScopeOptions struct {
	Timeout  time.Duration // the scope is cancelled after that; 0 = never, negative = at once
	Deadline time.Time     // or then; see Now. Of the two the earlier counts
	Fail     bool          // its own deadline makes the block fail with ErrTooSlow
	Shield   Shield        // what the scope keeps out
	Graceful bool          // a soft cancel of any mode ends it at once
	Grace    time.Duration // the deadline cancels softly at first, and after that time for good
}

// Shield says what a scope keeps out.
type Shield int

// The kinds of shields.
const (
	NoShield   Shield = iota
	FullShield        // no cancel from outside gets in
	SoftShield        // no soft cancel gets in
)

// Soft says whom a soft cancel reaches.
type Soft int

// The modes of a soft cancel.
const (
	Drain     Soft = iota // what is in a graceful scope
	Interrupt             // everything that is not in a soft shield
)

// Scope is a region of a task that can be cancelled. Its methods belong to the run: they are called in its tasks and in
// functions posted by a [Portal]. Other goroutines trigger a [Token] instead.
type Scope struct{ *node }

// WithScope calls f in a scope. `caught` says that the scope was cancelled and ended f: the cancel goes no further.
func WithScope(ctx context.Context, o ScopeOptions, f func(ctx context.Context, s *Scope) error) (caught bool, err error) {
	p, err := placeOf(ctx)
	if err != nil {
		return false, err
	}
	if p.ext != nil {
		err = linked(p, ctx, func(ctx context.Context) error {
			caught, err = WithScope(ctx, o, f)
			return err
		})
		return caught, err
	}
	n := new(node)
	if err := n.open(p.n, ctx, o); err != nil {
		return false, err
	}
	returned := false
	defer func() {
		if !returned { // a panic goes by
			_, left := n.close(nil)
			n.task.unwound = join(n.task.unwound, left)
		}
	}()
	err = f(n, &Scope{n})
	returned = true
	return n.close(err)
}

// open makes n a scope below outer.
func (n *node) open(outer *node, values context.Context, o ScopeOptions) error {
	t := outer.task
	at := o.moment(t.run)
	n.init(t, 0, values, outer)
	n.id = t.run.nodes.put(n)
	options := C.go_scope_options{deadline: C.int64_t(at), grace: C.int64_t(o.Grace), shield: C.int32_t(o.Shield)}
	options.fail, options.graceful = flag(o.Fail), flag(o.Graceful)
	n.scope = C.go_scope_open(outer.scope, options, C.uint64_t(n.id))
	if n.scope == 0 {
		t.run.nodes.take(n.id)
		if outer.closed {
			return misuse("a block in the context of a block that has ended")
		}
		return misuse("the scope could not be opened: %+v", o)
	}
	if at != 0 {
		n.deadline.Store(at)
	}
	n.shield.Store(o.Shield == FullShield)
	t.inner = n
	return nil
}

// moment gives the deadline on the library's clock, 0 if there is none.
func (o *ScopeOptions) moment(r *run) int64 {
	at := int64(0)
	if o.Timeout != 0 {
		now := int64(C.crib_now())
		if at = now + int64(o.Timeout); at < now && o.Timeout > 0 {
			at = forever
		}
		at = max(at, 1)
	}
	if !o.Deadline.IsZero() {
		if d := r.moment(o.Deadline); at == 0 || d < at {
			at = d
		}
	}
	return at
}

// close ends the scope with the result of its block.
func (n *node) close(err error) (caught bool, left error) {
	in := n.outward(err)
	out := C.go_scope_close(n.scope, in)
	n.retire()
	if out.error == nil {
		return out.caught != 0, nil
	}
	if out.error == in && C.go_error_leaf(in).word == 0 { // Cancelled of a scope further out: it keeps its words
		C.crib_unref(unsafe.Pointer(in))
		return false, err
	}
	return out.caught != 0, n.outer.Load().inward(out.error)
}

// retire takes leave of a scope that is closed.
func (n *node) retire() {
	t := n.task
	n.closed = true
	n.mark(endOfBlock)
	t.run.nodes.take(n.id)
	for t.inner.closed {
		t.inner = t.inner.outer.Load()
	}
}

// MoveOnAfter calls f, for at most d: after that f is cancelled and timedOut is true, which is no error. Everything in f
// and in what it starts ends with it.
func MoveOnAfter(ctx context.Context, d time.Duration, f func(ctx context.Context) error) (timedOut bool, err error) {
	return WithScope(ctx, ScopeOptions{Timeout: timeout(d)}, func(ctx context.Context, _ *Scope) error { return f(ctx) })
}

// MoveOnAt is MoveOnAfter with a time of the run's clock; see [Now].
func MoveOnAt(ctx context.Context, when time.Time, f func(ctx context.Context) error) (timedOut bool, err error) {
	return WithScope(ctx, ScopeOptions{Deadline: when}, func(ctx context.Context, _ *Scope) error { return f(ctx) })
}

// FailAfter calls f, for at most d: after that f is cancelled and FailAfter returns [ErrTooSlow].
func FailAfter(ctx context.Context, d time.Duration, f func(ctx context.Context) error) error {
	_, err := WithScope(ctx, ScopeOptions{Timeout: timeout(d), Fail: true},
		func(ctx context.Context, _ *Scope) error { return f(ctx) })
	return err
}

// FailAt is FailAfter with a time of the run's clock; see [Now].
func FailAt(ctx context.Context, when time.Time, f func(ctx context.Context) error) error {
	_, err := WithScope(ctx, ScopeOptions{Deadline: when, Fail: true},
		func(ctx context.Context, _ *Scope) error { return f(ctx) })
	return err
}

// timeout makes 0 a time that has passed at once, as in package context.
func timeout(d time.Duration) time.Duration {
	if d == 0 {
		return -1
	}
	return d
}

// Shielded calls f out of reach of all cancels from outside, for cleaning up. Give it a timeout.
func Shielded(ctx context.Context, f func(ctx context.Context) error) error {
	_, err := WithScope(ctx, ScopeOptions{Shield: FullShield}, func(ctx context.Context, _ *Scope) error { return f(ctx) })
	return err
}

// Graceful calls f in a scope that a soft cancel of any mode ends at once, for what only waits for work; told says that it
// did. See [Scope.CancelSoft].
func Graceful(ctx context.Context, f func(ctx context.Context) error) (told bool, err error) {
	return WithScope(ctx, ScopeOptions{Graceful: true}, func(ctx context.Context, _ *Scope) error { return f(ctx) })
}

// Cancel cancels everything in the scope, now and for good; operations fail until the block is left. The first reason
// counts; it may be empty.
func (s *Scope) Cancel(reason string) {
	must(C.go_scope_cancel(s.scope, 0, 0, 0, textOf(reason), C.size_t(len(reason))))
}

// CancelSoft asks what is in the scope to end, and cancels what is left after the grace time.
func (s *Scope) CancelSoft(mode Soft, grace time.Duration, reason string) {
	must(C.go_scope_cancel(s.scope, 1, C.int(mode), C.int64_t(grace), textOf(reason), C.size_t(len(reason))))
}

// Cancelled says whether this scope itself was cancelled, and not one around it.
func (s *Scope) Cancelled() bool { return bool(C.crib_scope_cancel_called(C.go_scope(s.scope))) }

// Source says who cancelled it, or a scope around that reaches it: [NotCancelled] if nobody has.
func (s *Scope) Source() Source { return Source(C.crib_scope_source(C.go_scope(s.scope))) }

// Reason is the reason that was given to the cancel of [Scope.Source], or else the library's; it may be empty.
func (s *Scope) Reason() string { return C.GoString(C.crib_scope_reason(C.go_scope(s.scope))) }

// State is what has become of a scope.
type State int

// The states of a scope.
const (
	StateOpen      State = C.CRIB_SCOPE_OPEN
	StateSoft      State = C.CRIB_SCOPE_SOFT // a soft cancel is under way
	StateCancelled State = C.CRIB_SCOPE_CANCELLED
	StateClosed    State = C.CRIB_SCOPE_CLOSED // its block has ended
)

// String gives the state in a word.
func (s State) String() string { return [...]string{"open", "soft", "cancelled", "closed"}[s] }

// State says what has become of the scope, also by cancels of scopes around it.
func (s *Scope) State() State { return State(C.crib_scope_state(C.go_scope(s.scope))) }

// Task is the task whose block it is.
func (s *Scope) Task() *Task { return s.task }

// SetDeadline moves the deadline; the zero time takes it away.
func (s *Scope) SetDeadline(when time.Time) {
	at := int64(forever)
	if !when.IsZero() {
		at = s.task.run.moment(when)
	}
	must(C.crib_scope_set_deadline(C.go_scope(s.scope), C.int64_t(at)))
	s.deadline.Store(at)
}

// SetShield raises or lowers the full shield.
func (s *Scope) SetShield(shield bool) {
	must(C.crib_scope_set_shield(C.go_scope(s.scope), C.bool(shield)))
	s.shield.Store(shield)
}

// RemainingGrace is how long a soft cancel leaves, [Forever] if none is under way.
func (s *Scope) RemainingGrace() time.Duration {
	return time.Duration(C.crib_scope_remaining_grace(C.go_scope(s.scope)))
}

// CancelsToo cancels another scope whenever this one is cancelled.
func (s *Scope) CancelsToo(other *Scope) {
	must(C.crib_scope_link(C.go_scope(s.scope), C.go_scope(other.scope)))
}

// linked calls f in a scope that is cancelled when ctx ends, a context of another kind; the block then returns the error
// of ctx.
func linked(p place, ctx context.Context, f func(ctx context.Context) error) error {
	n := new(node)
	if err := n.open(p.n, ctx, ScopeOptions{}); err != nil {
		return err
	}
	n.linked = ctx
	t := n.task
	token := t.run.externalToken("context")
	if token == nil {
		n.close(nil)
		return failureOf(-C.int(enomem))
	}
	C.crib_scope_link_token(C.go_scope(n.scope), token.c)
	stop := context.AfterFunc(ctx, token.Trigger)
	if ctx.Err() != nil {
		token.Trigger() // at once, and not when that function runs
	}
	returned := false
	defer func() {
		stop()
		token.release()
		if !returned {
			_, left := n.close(nil)
			t.unwound = join(t.unwound, left)
		}
	}()
	err := f(n)
	returned = true
	caught, err := n.close(err)
	if caught && err == nil {
		err = contextError(ctx)
	}
	return err
}

// contextError is what ended a context: its Err, and its cause if there is more to it.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == nil || cause == err {
		return err
	}
	return &causedError{err, cause}
}

type causedError struct{ err, cause error }

func (e *causedError) Error() string   { return e.err.Error() + ": " + e.cause.Error() }
func (e *causedError) Unwrap() []error { return []error{e.err, e.cause} }
