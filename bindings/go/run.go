package crib

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Options for [RunWith]. The zero value is what [Run] takes.
type Options struct {
	// Seed other than 0 shuffles the order in which tasks run, always in the same way for the same seed.
	Seed uint64
	// Clock is the time that timeouts and Sleep go by.
	Clock Clock
	// Strict makes every operation yield, and looks for deadlines and I/O in every pass.
	Strict bool
	// Budget is how many operations a task may do in a row before others get their turn; 0 = 64.
	Budget uint32
	// StackBytes is the size of the stacks of C fibers; 0 = 64 KiB. Go tasks have Go's own stacks.
	StackBytes uint64
}

// Clock is a kind of time.
type Clock int

// The kinds of time. Timeouts of package context go by the real one, also in a run in virtual time.
const (
	RealClock   Clock = iota
	ManualClock       // virtual: it stands still until JumpClock moves it
	MockClock         // virtual: whenever nobody can run it jumps to the next deadline
)

// Run calls f as the main task of a new run, and returns when it and every task it started have ended: what f returned.
//
// The run belongs to the calling goroutine, in which all of its tasks take turns; none runs beside another. When ctx
// ends, f is cancelled, and unless it succeeds nevertheless Run returns the error of ctx. If every task waits and nothing
// can wake one, Run reports them and returns [ErrDeadlock]; with a ctx that can end, something can.
func Run(ctx context.Context, f func(ctx context.Context) error) error {
	return RunWith(ctx, Options{}, f)
}

// RunWith is Run with options.
func RunWith(ctx context.Context, o Options, f func(ctx context.Context) error) (err error) {
	// A runtime of the library belongs to a thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r, err := begin(ctx, o, f)
	if err != nil {
		return err
	}
	// Deferred, for a task that calls runtime.Goexit ends this goroutine too.
	defer func() { err = r.finish() }()
	r.drive()
	return nil
}

const batchSize = 128

// run is a run of the library, driven by the goroutine that called Run. Everything in it belongs to that goroutine,
// except what mu guards.
type run struct {
	rt   *C.crib_runtime
	cur  atomic.Pointer[Task] // whose turn it is; atomic for those who call from elsewhere by mistake
	main *Task

	batch      []C.crib_ready // C's memory
	at, filled int            // the next record, and how many there are

	nodes       table[*node] // scopes and tasks by number
	errors      map[uint64]error
	stores      map[uint32]dropper // of channels, by number
	idle        []*worker
	clauses     []C.crib_clause // C's memory, for Select
	values      []C.crib_value  // C's memory, for RecvBatch
	guests      map[any]*guest  // who borrows of a limiter, other than tasks
	guestsEver  uintptr
	random      *rand.Rand             // for delays; repeatable where the run is
	names       map[uintptr]*C.char    // of tasks, by their function
	texts       map[string]*C.char     // others
	items       uint32                 // the last number of a channel
	supervisors map[uint64]func(error) // by the number of their nursery
	stray       error                  // of what ran outside tasks
	began       int64                  // on the library's clock
	base        time.Time
	hopes       int // reasons to expect something from outside
	hope        *C.crib_expectation

	portal  *C.crib_portal
	portals int

	over  atomic.Bool
	late  atomic.Bool // there are entries in lost
	mu    sync.Mutex
	held  table[unsafe.Pointer] // handles of the library
	lost  []uint64              // in held: nobody has them any more
	empty []uint32              // in stores, likewise
	soon  []func()              // posted by other goroutines
	dead  bool                  // rt is gone
}

// errorNumbers counts through all runs: the last error of a run may outlive it in its thread.
var errorNumbers atomic.Uint64

func begin(ctx context.Context, o Options, f func(context.Context) error) (*run, error) {
	if C.crib_runtime_current() != nil {
		return nil, misuse("Run inside a run; use Await to have one in another goroutine")
	}
	rt := C.go_runtime_new(C.uint64_t(o.Seed), C.uint64_t(o.StackBytes), C.uint32_t(o.Budget), C.int(flag(o.Strict)), C.int(o.Clock))
	if rt == nil {
		return nil, misuse("these options do not make a run: %+v", o)
	}
	r := &run{
		rt:          rt,
		errors:      map[uint64]error{},
		stores:      map[uint32]dropper{},
		names:       map[uintptr]*C.char{},
		texts:       map[string]*C.char{},
		supervisors: map[uint64]func(error){},
		guests:      map[any]*guest{},
		random:      rand.New(rand.NewPCG(o.Seed, uint64(o.Clock))),
	}
	if o.Seed == 0 && o.Clock == RealClock {
		r.random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	t := r.newTask(func(inner context.Context) error { return runMain(ctx, inner, f) }, ctx, nil)
	r.main = t
	made := C.go_run_start(rt, C.uint64_t(t.self.id))
	if made.status != 0 {
		C.crib_unref(unsafe.Pointer(rt))
		return nil, failureOf(C.int(made.status))
	}
	t.settle(made)
	r.batch = unsafe.Slice((*C.crib_ready)(C.calloc(batchSize, C.sizeof_crib_ready)), batchSize)
	r.began = int64(C.crib_now())
	r.base = time.Now()
	if o.Clock != RealClock {
		r.base = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return r, nil
}

func runMain(ctx, inner context.Context, f func(context.Context) error) error {
	if ctx.Done() == nil {
		return f(inner)
	}
	return linked(place{n: inner.(*node)}, ctx, f)
}

// drive resumes tasks until the run is over.
func (r *run) drive() {
	done := false
	defer func() {
		if done {
			return
		}
		if v := recover(); v != nil {
			panic(v)
		}
		// A task, or a function called between tasks, called runtime.Goexit; the others go on in this function.
		if t := r.cur.Load(); t != nil {
			r.leave(t)
		} else {
			r.fail(ErrGoexit)
		}
		r.drive()
	}()
	for {
		if r.at == r.filled && !r.poll() {
			break
		}
		for r.at < r.filled {
			record := &r.batch[r.at]
			r.at++
			if record.kind != C.CRIB_READY_RESUME {
				r.notice(record)
				continue
			}
			t := r.nodes.at(uint64(record.data)).task
			t.status, t.word, t.vtable = C.int(record.status), uint64(record.value), uintptr(record.vtable)
			r.resume(t)
		}
	}
	done = true
}

// poll gets the next batch; false when the run is over.
func (r *run) poll() bool {
	if r.late.Load() {
		r.release()
	}
	r.at = 0
	r.cur.Store(nil)
	r.filled = int(C.crib_runtime_poll_ready(r.rt, &r.batch[0], batchSize, 0))
	return r.filled > 0
}

func (r *run) resume(t *Task) {
	w := t.worker
	if w == nil {
		w = r.worker()
		w.task, t.worker = t, w
	}
	r.cur.Store(t)
	w.next()
	if t.ended {
		r.leave(t)
		r.rest(w)
	}
}

// leave ends a task whose function has.
func (r *run) leave(t *Task) {
	r.cur.Store(nil)
	t.worker = nil
	c, in := t.c, t.self.outward(t.err)
	t.c = 0
	t.self.mark(endOfBlock)
	C.go_task_exit(c, in)
	t.self.closed = true
	r.nodes.take(t.self.id)
}

// notice deals with a record that is not about an operation.
func (r *run) notice(record *C.crib_ready) {
	r.cur.Store(nil)
	if record.kind == C.CRIB_READY_SCOPE_CANCELLED {
		if n, ok := r.nodes.get(uint64(record.data)); ok {
			n.look()
		}
		return
	}
	word := uint64(record.value)
	switch uintptr(record.vtable) {
	case itemTable:
		if s := r.stores[uint32(word>>32)]; s != nil {
			s.drop(uint32(word))
		}
	case errorTable:
		delete(r.errors, word)
	case callTable:
		r.call()
	case failureTable:
		r.failed(C.uint64_t(word))
	}
}

var (
	itemTable    = uintptr(unsafe.Pointer(&C.go_item_vtable))
	errorTable   = uintptr(unsafe.Pointer(&C.go_error_vtable))
	callTable    = uintptr(unsafe.Pointer(&C.go_call_vtable))
	failureTable = uintptr(unsafe.Pointer(&C.go_failure_vtable))
	integerTable = uintptr(unsafe.Pointer(C.crib_value_int(0).vt))
)

// finish ends the run and gives its result.
func (r *run) finish() error {
	for _, w := range r.idle {
		w.stop()
	}
	code := C.crib_runtime_finish(r.rt)
	var err error
	if code < 0 {
		if err = r.main.self.converted(C.crib_error_current()); err == nil {
			err = failureOf(code)
		}
	}
	err = join(err, r.stray)
	r.over.Store(true)
	if onFinish != nil {
		onFinish(r)
	}
	r.mu.Lock()
	r.dead = true
	held := r.held.values()
	r.held = table[unsafe.Pointer]{}
	r.mu.Unlock()
	for _, p := range held {
		C.crib_unref(p)
	}
	C.crib_unref(unsafe.Pointer(r.rt))
	C.free(unsafe.Pointer(&r.batch[0]))
	if r.clauses != nil {
		C.free(unsafe.Pointer(&r.clauses[0]))
	}
	if r.values != nil {
		C.free(unsafe.Pointer(&r.values[0]))
	}
	for _, name := range r.names {
		C.free(unsafe.Pointer(name))
	}
	for _, text := range r.texts {
		C.free(unsafe.Pointer(text))
	}
	return err
}

// onFinish lets tests look at what is left.
var onFinish func(*run)

// --- time ---

// timeOf gives the time of a moment on the library's clock.
func (r *run) timeOf(ns int64) time.Time { return r.base.Add(time.Duration(ns - r.began)) }

// moment is the inverse of timeOf.
func (r *run) moment(t time.Time) int64 { return max(r.began+int64(t.Sub(r.base)), 1) }

// --- what comes from outside ---

// expect keeps the run from being taken for deadlocked, until as many calls of unexpect.
func (r *run) expect() {
	if r.hopes++; r.hopes == 1 {
		r.hope = C.crib_runtime_expect(r.rt, nil)
	}
}

func (r *run) unexpect() {
	if r.hopes--; r.hopes == 0 {
		C.crib_unref(unsafe.Pointer(r.hope))
	}
}

// cancelOp ends the operation with this number, if it still goes on. For any goroutine.
func (r *run) cancelOp(id C.uint64_t) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dead {
		C.crib_runtime_cancel_op(r.rt, id)
	}
}

// outside calls a function of the application between tasks. A panic there makes the run fail.
func (r *run) outside(f func()) {
	defer func() {
		if v := recover(); v != nil {
			r.fail(panicked(v))
		}
	}()
	f()
}

// fail ends the run because of something outside tasks.
func (r *run) fail(err error) {
	r.stray = join(r.stray, err)
	r.main.Cancel("panic")
}

// --- handles ---

// hold takes over a handle of the library; it is released when the run ends, or before by drop or abandon.
func (r *run) hold(p unsafe.Pointer) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held.put(p)
}

// drop releases a handle.
func (r *run) drop(id uint64) {
	r.mu.Lock()
	p, ok := r.held.get(id)
	if ok {
		r.held.take(id)
	}
	r.mu.Unlock()
	if ok {
		C.crib_unref(p)
	}
}

// abandon is for finalizers: the loop will release the handle.
func (r *run) abandon(ids ...uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dead {
		r.lost = append(r.lost, ids...)
		r.late.Store(true)
	}
}

// abandonStore is for finalizers: nobody can use the channel any more.
func (r *run) abandonStore(number uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.dead {
		r.empty = append(r.empty, number)
		r.late.Store(true)
	}
}

// release gives up what finalizers said. The store of a channel goes when the records of its last values have come.
func (r *run) release() {
	r.mu.Lock()
	lost, empty := r.lost, r.empty
	r.lost, r.empty = nil, nil
	r.late.Store(false)
	r.mu.Unlock()
	for _, id := range lost {
		r.drop(id)
	}
	for _, number := range empty {
		if r.stores[number].live() > 0 {
			r.abandonStore(number)
		} else {
			delete(r.stores, number)
		}
	}
}

var errNoRun = errors.New("crib: the context does not come from crib.Run")

func flag(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}
