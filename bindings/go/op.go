package crib

// #include "shim.h"
import "C"

import (
	"context"
	"time"
)

// place is where an operation works: in a scope of the task whose turn it is, and under a context derived from it by
// others, if that may end by itself.
type place struct {
	n   *node
	ext context.Context
}

// placeOf finds it by the context that an operation was given.
func placeOf(ctx context.Context) (place, error) {
	if n, ok := ctx.(*node); ok && n.task == n.task.run.cur.Load() {
		return place{n: n}, nil
	}
	return placeFrom(ctx)
}

func placeFrom(ctx context.Context) (place, error) {
	n, ok := ctx.Value(&nodeKey).(*node)
	if !ok {
		return place{}, errNoRun
	}
	t := n.task.run.cur.Load()
	if t == nil {
		return place{}, misuse("an operation outside the tasks of its run")
	}
	if n.task != t {
		n = t.inner // the context of another task: the operation ends with either
	} else if ctx.Done() == n.Done() {
		return place{n: n}, nil
	}
	if ctx.Done() == nil {
		return place{n: n}, nil
	}
	if err := ctx.Err(); err != nil {
		return place{}, err
	}
	return place{n, ctx}, nil
}

// wait waits until the operation that was begun has its result.
func (t *Task) wait() C.int {
	t.worker.yield(struct{}{})
	return t.status
}

// waitUnder is wait for an operation that a context of another kind may end.
func (t *Task) waitUnder(ext context.Context) C.int {
	r, id := t.run, C.go_op_id(t.op)
	stop := context.AfterFunc(ext, func() { r.cancelOp(id) })
	defer stop()
	r.expect()
	defer r.unexpect()
	return t.wait()
}

// finish finishes an operation: status is what its begin function returned.
func (p place) finish(status C.int) C.int {
	if status != C.CRIB_PENDING {
		return status
	}
	if p.ext != nil {
		return p.n.task.waitUnder(p.ext)
	}
	return p.n.task.wait()
}

// await is finish for operations that succeed or fail.
func (p place) await(status C.int) error {
	if status = p.finish(status); status >= 0 {
		return nil
	}
	return p.failed(status)
}

func (p place) failed(status C.int) error {
	if status == C.CRIB_ECANCELLED {
		if p.ext != nil && p.n.Err() == nil {
			if err := p.ext.Err(); err != nil {
				return err
			}
		}
		return p.n.cancelled()
	}
	if status == C.CRIB_EMISUSE {
		if p.n.closed {
			return misuse("an operation with the context of a block that has ended")
		}
	}
	return failureOf(status)
}

// Sleep waits for at least d. Forever never ends.
func Sleep(ctx context.Context, d time.Duration) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	return p.await(C.go_sleep(t.op, p.n.scope, C.int64_t(d)))
}

// Forever is a time that does not pass.
const Forever time.Duration = forever

// SleepUntil waits until a time of the run's clock; see [Now].
func SleepUntil(ctx context.Context, when time.Time) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	return p.await(C.go_sleep_until(t.op, p.n.scope, C.int64_t(t.run.moment(when))))
}

// Checkpoint lets the other tasks run, and fails if the caller is cancelled.
func Checkpoint(ctx context.Context) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	return p.await(C.go_checkpoint(t.op, p.n.scope))
}

// CheckCancelled is the half of a checkpoint that fails if the caller is cancelled; nobody else runs.
func CheckCancelled(ctx context.Context) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	if p.n.closed {
		return p.failed(C.CRIB_EMISUSE)
	}
	if p.n.look() != nil {
		return p.failed(C.CRIB_ECANCELLED)
	}
	return nil
}

// Yield is the other half: it lets the other tasks run, whether the caller is cancelled or not.
func Yield(ctx context.Context) error { return Shielded(context.WithoutCancel(ctx), Checkpoint) }

// Now is the time of the run's clock. Virtual time begins with the year 2000.
func Now(ctx context.Context) time.Time {
	n, ok := ctx.Value(&nodeKey).(*node)
	if !ok {
		return time.Now()
	}
	return n.task.run.timeOf(int64(C.crib_now()))
}
