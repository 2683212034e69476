package crib

// #include "shim.h"
import "C"

import (
	"context"
	"math"
	"runtime"
	"unsafe"
)

// handle is what the primitives have in common: something of the library that is released when the garbage collector
// finds that nobody has the Go object, or when the run ends.
type handle struct {
	run  *run
	held uint64
}

// runFor finds the run that something is made in.
func runFor(ctx context.Context) *run {
	n, ok := ctx.Value(&nodeKey).(*node)
	if !ok {
		panic(errNoRun)
	}
	if n.task.run.over.Load() {
		panic(ErrRunFinished)
	}
	return n.task.run
}

func (h *handle) adopt(r *run, p unsafe.Pointer) {
	if p == nil {
		panic(misuse("it could not be made: no memory, or arguments out of range"))
	}
	h.run = r
	h.held = r.hold(p)
}

// lost is the finalizer.
func (h *handle) lost() { h.run.abandon(h.held) }

// use finds the place of an operation on something of the run.
func (h *handle) use(ctx context.Context) (place, error) {
	p, err := placeOf(ctx)
	if err == nil && p.n.task.run != h.run {
		err = misuse("it belongs to another run")
	}
	return p, err
}

// user is the task whose turn it is, for calls without a context.
func (h *handle) user() *Task {
	t := h.run.cur.Load()
	if t == nil || h.run.over.Load() {
		panic(misuse("a call outside the tasks of its run"))
	}
	return t
}

// check is for calls that any code on the loop may make.
func (h *handle) check() {
	if h.run.over.Load() {
		panic(ErrRunFinished)
	}
}

// waiting is how many tasks wait for something of this kind.
func waiting(h *handle, kind C.int, p unsafe.Pointer) int {
	h.check()
	defer runtime.KeepAlive(h)
	return int(C.go_waiting(kind, p))
}

// tried gives the error of a Try call.
func tried(rc C.int) error {
	if rc < 0 {
		return failureOf(rc)
	}
	return nil
}

// --- Event ---

// Event is something that happens once, and whoever waits for it goes on.
type Event struct {
	handle
	c *C.crib_event
}

// NewEvent makes an event of the context's run.
func NewEvent(ctx context.Context) *Event {
	r := runFor(ctx)
	e := &Event{c: C.crib_event_new()}
	e.adopt(r, unsafe.Pointer(e.c))
	runtime.SetFinalizer(e, (*Event).lost)
	return e
}

// Set lets it happen. Other goroutines use a [Token] or a [Portal].
func (e *Event) Set() {
	e.check()
	must(C.go_event_set(e.run.rt, e.c))
	runtime.KeepAlive(e)
}

// IsSet says whether it has happened.
func (e *Event) IsSet() bool {
	e.check()
	is := bool(C.crib_event_is_set(e.c))
	runtime.KeepAlive(e)
	return is
}

// Wait waits until it has happened.
func (e *Event) Wait(ctx context.Context) error {
	p, err := e.use(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	err = p.await(C.go_event(t.op, p.n.scope, e.c))
	runtime.KeepAlive(e)
	return err
}

// Waiting is how many tasks wait for it.
func (e *Event) Waiting() int { return waiting(&e.handle, C.go_event_kind, unsafe.Pointer(e.c)) }

// --- Lock ---

// Lock is held by one task at a time, first come, first served. It is not re-entrant. A task that ends while it holds
// the lock breaks it: everybody else gets [ErrBroken], until somebody calls Recover.
type Lock struct {
	handle
	c *C.crib_lock
}

// NewLock makes a lock of the context's run.
func NewLock(ctx context.Context) *Lock {
	r := runFor(ctx)
	return adoptLock(r, C.crib_lock_new())
}

func adoptLock(r *run, c *C.crib_lock) *Lock {
	l := &Lock{c: c}
	l.adopt(r, unsafe.Pointer(c))
	runtime.SetFinalizer(l, (*Lock).lost)
	return l
}

// Acquire waits for the lock, which the task holds then.
func (l *Lock) Acquire(ctx context.Context) error {
	p, err := l.use(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	err = p.await(C.go_lock(t.op, p.n.scope, l.c))
	runtime.KeepAlive(l)
	return err
}

// TryAcquire takes the lock if that needs no wait.
func (l *Lock) TryAcquire() error {
	t := l.user()
	rc := C.go_lock_try(l.c, t.c)
	runtime.KeepAlive(l)
	return tried(rc)
}

// Release gives the lock to the oldest waiter. It panics if the task does not hold it.
func (l *Lock) Release() {
	t := l.user()
	must(C.go_lock_release(l.c, t.c))
	runtime.KeepAlive(l)
}

// Recover takes over a broken lock, to set right what it guards; [ErrBusy] if it is not broken.
func (l *Lock) Recover() error {
	t := l.user()
	rc := C.go_lock_recover(l.c, t.c)
	runtime.KeepAlive(l)
	return tried(rc)
}

// With calls f with the lock held.
func (l *Lock) With(ctx context.Context, f func() error) error {
	if err := l.Acquire(ctx); err != nil {
		return err
	}
	defer l.Release()
	return f()
}

// Waiting is how many tasks wait for it.
func (l *Lock) Waiting() int { return waiting(&l.handle, C.go_lock_kind, unsafe.Pointer(l.c)) }

// --- Semaphore ---

// Semaphore is a number of permits that nobody owns. One that is released goes to the oldest waiter.
type Semaphore struct {
	handle
	c *C.crib_semaphore
}

// NewSemaphore makes a semaphore with permits to give; most is how many there may ever be, 0 = no limit.
func NewSemaphore(ctx context.Context, permits, most uint32) *Semaphore {
	r := runFor(ctx)
	s := &Semaphore{c: C.crib_semaphore_new(C.uint32_t(permits), C.uint32_t(most))}
	s.adopt(r, unsafe.Pointer(s.c))
	runtime.SetFinalizer(s, (*Semaphore).lost)
	return s
}

// Acquire waits for a permit.
func (s *Semaphore) Acquire(ctx context.Context) error {
	p, err := s.use(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	err = p.await(C.go_semaphore(t.op, p.n.scope, s.c))
	runtime.KeepAlive(s)
	return err
}

// TryAcquire takes a permit if that needs no wait.
func (s *Semaphore) TryAcquire() error {
	s.check()
	rc := C.crib_semaphore_acquire_nowait(s.c)
	runtime.KeepAlive(s)
	return tried(rc)
}

// Release gives a permit back, or one more. It panics if there would be too many.
func (s *Semaphore) Release() {
	s.check()
	must(C.crib_semaphore_release(s.c))
	runtime.KeepAlive(s)
}

// Waiting is how many tasks wait for a permit.
func (s *Semaphore) Waiting() int {
	return waiting(&s.handle, C.go_semaphore_kind, unsafe.Pointer(s.c))
}

// --- Limiter ---

// Limiter lets so many tasks at a time. It knows who has a token: a task has at most one, and gives it back at its end.
type Limiter struct {
	handle
	c *C.crib_limiter
}

// NewLimiter makes a limiter with a number of tokens; a negative number is no limit.
func NewLimiter(ctx context.Context, total int) *Limiter {
	r := runFor(ctx)
	l := &Limiter{c: C.crib_limiter_new(limit(total))}
	l.adopt(r, unsafe.Pointer(l.c))
	runtime.SetFinalizer(l, (*Limiter).lost)
	return l
}

func limit(total int) C.double {
	if total < 0 {
		return C.double(math.Inf(1))
	}
	return C.double(total)
}

// Acquire waits for a token. A second one for the same task is misuse.
func (l *Limiter) Acquire(ctx context.Context) error {
	p, err := l.use(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	err = p.await(C.go_limiter(t.op, p.n.scope, l.c))
	runtime.KeepAlive(l)
	return err
}

// TryAcquire borrows a token for the task if that needs no wait.
func (l *Limiter) TryAcquire() error {
	t := l.user()
	rc := C.go_limiter_try(l.c, t.c)
	runtime.KeepAlive(l)
	return tried(rc)
}

// Release gives the task's token back. It panics if it has none.
func (l *Limiter) Release() {
	t := l.user()
	must(C.go_limiter_release(l.c, t.c))
	runtime.KeepAlive(l)
}

// Borrowed is how many tokens are lent; more than the total after that was lowered.
func (l *Limiter) Borrowed() int {
	l.check()
	defer runtime.KeepAlive(l)
	return int(C.go_limiter_borrowed(l.c))
}

// guest is a borrower that is no task; the library tells them apart by a number that is no address of anything.
type guest struct {
	number uintptr
	uses   int
}

// invite finds the number of a guest, or gives it one.
func (r *run) invite(who any) *guest {
	g := r.guests[who]
	if g == nil {
		r.guestsEver++
		g = &guest{number: 2*r.guestsEver - 1}
		r.guests[who] = g
	}
	g.uses++
	return g
}

// part forgets a guest who has nothing any more, and waits for nothing.
func (r *run) part(who any, g *guest) {
	if g.uses--; g.uses == 0 {
		delete(r.guests, who)
	}
}

// AcquireFor is Acquire for somebody else than the calling task: anything that == tells from others, such as a pointer or
// a string. Who has a token, or waits for one, gets no second.
func (l *Limiter) AcquireFor(ctx context.Context, who any) error {
	p, err := l.use(ctx)
	if err != nil {
		return err
	}
	g := l.run.invite(who)
	err = p.await(C.go_limiter_for(p.n.task.op, p.n.scope, l.c, C.uintptr_t(g.number)))
	if err != nil {
		l.run.part(who, g)
	}
	runtime.KeepAlive(l)
	return err
}

// TryAcquireFor is AcquireFor if that needs no wait.
func (l *Limiter) TryAcquireFor(who any) error {
	l.check()
	g := l.run.invite(who)
	rc := C.go_limiter_try(l.c, C.uintptr_t(g.number))
	if rc < 0 {
		l.run.part(who, g)
	}
	runtime.KeepAlive(l)
	return tried(rc)
}

// ReleaseFor gives the token back that AcquireFor took. It panics if there is none.
func (l *Limiter) ReleaseFor(who any) {
	l.check()
	g := l.run.guests[who]
	if g == nil {
		panic(misuse("a token given back for somebody who has none"))
	}
	must(C.go_limiter_release(l.c, C.uintptr_t(g.number)))
	l.run.part(who, g)
	runtime.KeepAlive(l)
}

// SetTotal changes the number of tokens; those that are borrowed stay so.
func (l *Limiter) SetTotal(total int) {
	l.check()
	must(C.crib_limiter_set_total(l.c, limit(total)))
	runtime.KeepAlive(l)
}

// Waiting is how many tasks wait for a token.
func (l *Limiter) Waiting() int { return waiting(&l.handle, C.go_limiter_kind, unsafe.Pointer(l.c)) }

// --- Condition ---

// Condition lets tasks that hold a lock wait until another one says that something has changed.
type Condition struct {
	handle
	c    *C.crib_condition
	lock *Lock
}

// NewCondition makes a condition for a lock; nil = one of its own.
func NewCondition(ctx context.Context, lock *Lock) *Condition {
	r := runFor(ctx)
	if lock == nil {
		lock = NewLock(ctx)
	}
	c := &Condition{c: C.crib_condition_new(lock.c), lock: lock}
	c.adopt(r, unsafe.Pointer(c.c))
	runtime.SetFinalizer(c, (*Condition).lost)
	return c
}

// Lock is the lock that goes with it.
func (c *Condition) Lock() *Lock { return c.lock }

// Wait releases the lock, waits for a notification, and acquires the lock again, also when it is cancelled.
func (c *Condition) Wait(ctx context.Context) error {
	p, err := c.use(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	err = p.await(C.go_condition(t.op, p.n.scope, c.c))
	runtime.KeepAlive(c)
	return err
}

// Notify lets the n oldest waiters go on, once they have the lock; it says how many there were. It panics if the task
// does not hold the lock.
func (c *Condition) Notify(n int) int {
	t := c.user()
	rc := C.go_condition_notify(c.c, t.c, C.size_t(n))
	must(rc)
	runtime.KeepAlive(c)
	return int(rc)
}

// NotifyAll is Notify for all who wait.
func (c *Condition) NotifyAll() int { return c.Notify(math.MaxInt) }

// Waiting is how many tasks wait for a notification.
func (c *Condition) Waiting() int {
	return waiting(&c.handle, C.go_condition_kind, unsafe.Pointer(c.c))
}

// --- Barrier ---

// Barrier lets tasks wait until all of them have come, round after round.
type Barrier struct {
	handle
	c *C.crib_barrier
}

// NewBarrier makes a barrier for a number of tasks.
func NewBarrier(ctx context.Context, parties uint32) *Barrier {
	r := runFor(ctx)
	b := &Barrier{c: C.crib_barrier_new(C.uint32_t(parties))}
	b.adopt(r, unsafe.Pointer(b.c))
	runtime.SetFinalizer(b, (*Barrier).lost)
	return b
}

// Wait waits for the others. In each round it is true for the one that came last.
func (b *Barrier) Wait(ctx context.Context) (last bool, err error) {
	p, err := b.use(ctx)
	if err != nil {
		return false, err
	}
	t := p.n.task
	status := p.finish(C.go_barrier(t.op, p.n.scope, b.c))
	runtime.KeepAlive(b)
	if status < 0 {
		return false, p.failed(status)
	}
	return status == 1, nil
}

// Waiting is how many tasks wait for the others.
func (b *Barrier) Waiting() int { return waiting(&b.handle, C.go_barrier_kind, unsafe.Pointer(b.c)) }

// --- RWLock ---

// RWLock is held by many readers or one writer, first come, first served. A writer that ends while it holds it breaks
// it, as a [Lock].
type RWLock struct {
	handle
	c *C.crib_rwlock
}

// NewRWLock makes a read-write lock of the context's run.
func NewRWLock(ctx context.Context) *RWLock {
	r := runFor(ctx)
	l := &RWLock{c: C.crib_rwlock_new()}
	l.adopt(r, unsafe.Pointer(l.c))
	runtime.SetFinalizer(l, (*RWLock).lost)
	return l
}

func (l *RWLock) acquire(ctx context.Context, write C.int) error {
	p, err := l.use(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	err = p.await(C.go_rwlock(t.op, p.n.scope, l.c, write))
	runtime.KeepAlive(l)
	return err
}

// AcquireRead waits until the task may read.
func (l *RWLock) AcquireRead(ctx context.Context) error { return l.acquire(ctx, 0) }

// AcquireWrite waits until the task may write.
func (l *RWLock) AcquireWrite(ctx context.Context) error { return l.acquire(ctx, 1) }

// TryAcquireRead is AcquireRead if that needs no wait.
func (l *RWLock) TryAcquireRead() error { return l.try(0) }

// TryAcquireWrite is AcquireWrite if that needs no wait.
func (l *RWLock) TryAcquireWrite() error { return l.try(1) }

func (l *RWLock) try(write C.int) error {
	t := l.user()
	rc := C.go_rwlock_try(l.c, t.c, write)
	runtime.KeepAlive(l)
	return tried(rc)
}

// Waiting is how many tasks wait to read or to write.
func (l *RWLock) Waiting() int { return waiting(&l.handle, C.go_rwlock_kind, unsafe.Pointer(l.c)) }

// Release gives it up, however the task holds it. It panics if it does not.
func (l *RWLock) Release() {
	t := l.user()
	must(C.go_rwlock_release(l.c, t.c))
	runtime.KeepAlive(l)
}

// Recover takes over a broken one to write; [ErrBusy] if it is not broken.
func (l *RWLock) Recover() error {
	t := l.user()
	rc := C.go_rwlock_recover(l.c, t.c)
	runtime.KeepAlive(l)
	return tried(rc)
}
