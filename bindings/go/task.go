package crib

// #include "shim.h"
import "C"

import (
	"context"
	"iter"
	"reflect"
	"runtime"
	"runtime/debug"
	"unsafe"
)

// Task is a function that runs beside others, started by [Nursery.Go] and its kin. Its methods belong to the run.
type Task struct {
	self   node // the scope that a task has of its own: what its function gets as context
	run    *run
	c      C.uintptr_t // crib_task; 0 once it has ended
	op     C.uintptr_t // slot 0, with which it waits
	inner  *node       // the innermost open block
	worker *worker
	body   func(context.Context) error
	name   string

	// The result of its last operation.
	status C.int
	word   uint64
	vtable uintptr

	err      error
	unwound  error // of blocks that a panic closed
	returned bool
	ended    bool
}

// worker is a coroutine that runs one task after another. It always runs on the loop's thread, and never below C: Go's
// coroutines end the process when the state of thread locking differs from that at their creation.
type worker struct {
	task  *Task
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
}

const mostIdle = 1000

func (r *run) worker() *worker {
	if n := len(r.idle); n > 0 {
		w := r.idle[n-1]
		r.idle = r.idle[:n-1]
		return w
	}
	w := &worker{}
	w.next, w.stop = iter.Pull(func(yield func(struct{}) bool) {
		w.yield = yield
		for {
			w.task.work()
			w.task = nil
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return w
}

// rest keeps a worker for the next task, or ends it if there are many.
func (r *run) rest(w *worker) {
	if len(r.idle) < mostIdle {
		r.idle = append(r.idle, w)
	} else {
		w.stop()
	}
}

func (t *Task) work() {
	defer t.worked()
	t.err = t.body(&t.self)
	t.returned = true
}

func (t *Task) worked() {
	if !t.returned {
		if v := recover(); v != nil {
			t.err = panicked(v)
		} else {
			t.err = ErrGoexit
		}
	}
	t.err = join(t.err, t.unwound)
	t.body = nil
	t.ended = true
}

func panicked(v any) error {
	if e, ok := v.(*PanicError); ok {
		return e
	}
	return &PanicError{v, debug.Stack()}
}

// newTask makes the Go side of a task. Its scope hangs below outer.
func (r *run) newTask(body func(context.Context) error, values context.Context, outer *node) *Task {
	t := &Task{run: r, body: body}
	t.self.init(t, 0, values, outer)
	t.self.id = r.nodes.put(&t.self)
	t.inner = &t.self
	return t
}

// settle takes over what C made for the task.
func (t *Task) settle(made C.go_task) {
	t.c, t.op, t.self.scope = made.task, made.op, made.scope
}

// nameOf gives the name of a task for C: that of its function, which is kept as long as the run, or else `name`, which
// is copied.
func (r *run) nameOf(name string, function any) (kept *C.char, text *C.char, length C.size_t) {
	if name != "" {
		return nil, (*C.char)(unsafe.Pointer(unsafe.StringData(name))), C.size_t(len(name))
	}
	pc := reflect.ValueOf(function).Pointer()
	kept, ok := r.names[pc]
	if !ok {
		kept = C.CString(runtime.FuncForPC(pc).Name())
		r.names[pc] = kept
	}
	return kept, nil, 0
}

// Name is the name given by [Named], or that of the task's function.
func (t *Task) Name() string {
	if t.name != "" {
		return t.name
	}
	if t.c == 0 {
		return "(ended)"
	}
	return C.GoString(C.go_task_name(t.c))
}

// SetName gives the task another name.
func (t *Task) SetName(name string) {
	if t.c != 0 {
		must(C.go_task_set_name(t.c, textOf(name), C.size_t(len(name))))
		t.name = name
	}
}

// Current is the task whose turn it is in the run of a context: for a task, itself. It is nil between tasks, as in a
// function posted by a [Portal].
func Current(ctx context.Context) *Task {
	n, ok := ctx.Value(&nodeKey).(*node)
	if !ok {
		return nil
	}
	return n.task.run.cur.Load()
}

// Cancel cancels one task, and what it has started. Its nursery does not fail.
func (t *Task) Cancel(reason string) {
	if t.c != 0 {
		must(C.go_scope_cancel(t.self.scope, 0, 0, 0, textOf(reason), C.size_t(len(reason))))
	}
}

// Ended says whether the task's function has returned.
func (t *Task) Ended() bool { return t.ended }

// Result is what the task's function returned; nil until then.
func (t *Task) Result() error { return t.err }

// Wait waits until the task has ended, and gives what its function returned.
func (t *Task) Wait(ctx context.Context) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	if t.c != 0 {
		me := p.n.task
		if err := p.await(C.go_task_wait(me.op, p.n.scope, t.c)); err != nil {
			return err
		}
	}
	return t.err
}

func textOf(s string) *C.char { return (*C.char)(unsafe.Pointer(unsafe.StringData(s))) }

// must is for calls that fail only by misuse.
func must(rc C.int) {
	if rc < 0 {
		panic(failureOf(rc))
	}
}
