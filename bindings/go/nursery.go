package crib

// #include "shim.h"
import "C"

import (
	"context"
	"time"
)

// Policy says what the end of a child means for the others.
type Policy int

// The policies of a nursery.
const (
	AllSucceed   Policy = iota // the first failure cancels the rest, and all errors are reported
	FirstDone                  // the first child to end cancels the rest
	FirstSuccess               // the first success cancels the rest; failures count only if nobody succeeds
	Supervise                  // a failure is told to OnFailure, and cancels nobody
)

// NurseryOptions are for [WithNurseryOptions].
type NurseryOptions struct {
	Policy      Policy
	MaxChildren int           // 0 = no limit; see Nursery.GoWait
	Drain       bool          // once the nursery is cancelled it takes no more children
	Service     bool          // children are shielded until the body has ended, then they are cancelled
	Grace       time.Duration // when the nursery itself cancels, soft shields have that long
	// OnFailure hears of the failures of a nursery that supervises; without it they are reported at the end. It is
	// called between tasks, and must not wait.
	OnFailure func(err error)
}

// Nursery is a block that tasks are started in. It ends when all of them have. It is a [Scope] as well.
type Nursery struct {
	Scope
	self    node
	c       C.uintptr_t
	options NurseryOptions
}

// WithNursery calls f with a nursery, waits for all tasks started in it, and returns all of their errors, and that of f,
// as a [Group]. When f or a task fails the others are cancelled.
func WithNursery(ctx context.Context, f func(ctx context.Context, n *Nursery) error) error {
	return WithNurseryOptions(ctx, NurseryOptions{}, f)
}

// WithNurseryOptions is WithNursery with options.
func WithNurseryOptions(ctx context.Context, o NurseryOptions, f func(ctx context.Context, n *Nursery) error) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	if p.ext != nil {
		return linked(p, ctx, func(ctx context.Context) error { return WithNurseryOptions(ctx, o, f) })
	}
	n := &Nursery{options: o}
	n.Scope.node = &n.self
	if err := n.open(p.n, ctx); err != nil {
		return err
	}
	returned := false
	defer func() {
		if !returned { // a panic goes by, but nobody outlives the block
			n.task.unwound = join(n.task.unwound, n.close(nil, true))
		}
	}()
	err = f(&n.self, n)
	returned = true
	return n.close(err, false)
}

func (n *Nursery) open(outer *node, values context.Context) error {
	t, o := outer.task, &n.options
	n.self.init(t, 0, values, outer)
	n.self.id = t.run.nodes.put(&n.self)
	options := C.go_nursery_options{grace: C.int64_t(o.Grace), most: C.uint32_t(o.MaxChildren), policy: C.int32_t(o.Policy)}
	options.drain, options.service, options.watched = flag(o.Drain), flag(o.Service), flag(o.OnFailure != nil)
	made := C.go_nursery_open(outer.scope, options, C.uint64_t(n.self.id))
	if made.nursery == 0 {
		t.run.nodes.take(n.self.id)
		if outer.closed {
			return misuse("a block in the context of a block that has ended")
		}
		return misuse("the nursery could not be opened: %+v", *o)
	}
	n.self.scope, n.c = made.scope, made.nursery
	t.inner = &n.self
	if o.OnFailure != nil {
		t.run.supervisors[n.self.id] = o.OnFailure
	}
	return nil
}

// close waits for the children. When the body unwinds they are cancelled.
func (n *Nursery) close(err error, unwinds bool) error {
	t, outer := n.task, n.outer.Load()
	if unwinds {
		n.Cancel("panic")
	}
	status := C.go_nursery_close(t.op, outer.scope, n.c, n.outward(err))
	if status == C.CRIB_PENDING {
		status = t.wait()
	}
	n.retire()
	delete(t.run.supervisors, n.id)
	if status >= 0 {
		return nil
	}
	if tree := C.go_take_error(t.op); tree != nil {
		return outer.inward(tree)
	}
	return place{n: outer}.failed(status)
}

// failed is a child's failure that OnFailure hears of.
func (r *run) failed(word C.uint64_t) {
	failure := C.go_take_failure(word)
	if f := r.supervisors[uint64(failure.data)]; f != nil {
		r.outside(func() { f(r.main.self.inward(failure.error)) })
	}
}

// Option is for [Nursery.Go] and its kin.
type Option func(*startOptions)

type startOptions struct {
	name  string
	after any // the function it is named after
}

// Named gives a task a name, for reports and errors. Without it the task is named after its function.
func Named(name string) Option { return func(o *startOptions) { o.name = name } }

// namedAfter names a task after a function that it calls.
func namedAfter(f any) Option { return func(o *startOptions) { o.after = f } }

func collect(options []Option) (o startOptions) {
	for _, option := range options {
		option(&o)
	}
	return o
}

// Go starts f as a task of the nursery. It does not run before the caller waits. Its context is one in the nursery, and
// ends with f.
//
// A nursery that takes no more tasks is misuse: Go panics. Where that is to be expected, see TryGo.
func (n *Nursery) Go(f func(ctx context.Context) error, options ...Option) *Task {
	t, err := n.TryGo(f, options...)
	if err != nil {
		panic(err)
	}
	return t
}

// TryGo is Go that returns why the task was not started: [ErrWouldBlock] with MaxChildren tasks, [ErrClosed] if the
// nursery has ended or drains.
func (n *Nursery) TryGo(f func(ctx context.Context) error, options ...Option) (*Task, error) {
	if n.closed {
		return nil, ErrClosed
	}
	r := n.task.run
	o := collect(options)
	if o.after == nil {
		o.after = f
	}
	t := r.newTask(f, &n.self, &n.self)
	t.name = o.name
	name, text, length := r.nameOf(o.name, o.after)
	made := C.go_spawn(n.c, name, text, length, C.uint64_t(t.self.id))
	if made.task == 0 {
		r.nodes.take(t.self.id)
		return nil, n.refusal()
	}
	t.settle(made)
	return t, nil
}

// refusal is why the nursery did not take a task.
func (n *Nursery) refusal() error {
	if rc := C.go_nursery_admits(n.c); rc < 0 {
		return failureOf(rc)
	}
	return failureOf(-C.int(enomem))
}

// GoWait is Go that waits while there are MaxChildren tasks.
func (n *Nursery) GoWait(ctx context.Context, f func(ctx context.Context) error, options ...Option) (*Task, error) {
	for {
		p, err := placeOf(ctx)
		if err != nil {
			return nil, err
		}
		t := p.n.task
		if err := p.await(C.go_wait_room(t.op, p.n.scope, n.c)); err != nil {
			return nil, err
		}
		child, err := n.TryGo(f, options...)
		if err != error(ErrWouldBlock) {
			return child, err
		}
	}
}

// Start starts f as a task and waits until it has called started, from when on it is a task of the nursery. Until then
// it is a part of the caller: if it fails, Start returns its error, and if the caller is cancelled, so is f.
func (n *Nursery) Start(ctx context.Context, f func(ctx context.Context, started func()) error, options ...Option) error {
	_, err := start(ctx, n, f, func(ctx context.Context, started func(struct{})) error {
		return f(ctx, func() { started(struct{}{}) })
	}, options)
	return err
}

// Start is [Nursery.Start] for a task that gives a value once it has started, such as the address it listens on.
func Start[T any](ctx context.Context, n *Nursery, f func(ctx context.Context, started func(T)) error, options ...Option) (T, error) {
	return start(ctx, n, f, f, options)
}

func start[T any](ctx context.Context, n *Nursery, function any, f func(context.Context, func(T)) error, options []Option) (v T, err error) {
	p, err := placeOf(ctx)
	if err != nil {
		return v, err
	}
	if n.closed {
		return v, ErrClosed
	}
	me, r, o := p.n.task, n.task.run, collect(options)
	var child *Task
	child = r.newTask(func(ctx context.Context) error {
		return f(ctx, func(value T) {
			if child.c == 0 {
				panic(misuse("started was called after the task had ended"))
			}
			must(C.go_task_started(child.c))
			v = value
			if C.go_task_is_in(child.c, n.c) != 0 { // else the caller is cancelled, and f ends where it is
				child.self.outer.Store(&n.self)
			}
		})
	}, &n.self, p.n)
	child.name = o.name
	name, text, length := r.nameOf(o.name, function)
	made := C.go_start(me.op, p.n.scope, n.c, name, text, length, C.uint64_t(child.self.id))
	status := C.int(made.status)
	if made.task == 0 {
		r.nodes.take(child.self.id)
	} else {
		child.settle(made)
	}
	if status = p.finish(status); status >= 0 {
		return v, nil
	}
	if tree := C.go_take_error(me.op); tree != nil {
		return v, p.n.inward(tree)
	}
	return v, p.failed(status)
}

// Count is how many tasks the nursery has.
func (n *Nursery) Count() int { return int(C.go_nursery_count(n.c)) }

// WaitIdle waits until the nursery has no tasks, without ending it.
func (n *Nursery) WaitIdle(ctx context.Context) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	return p.await(C.go_wait_idle(t.op, p.n.scope, n.c))
}
