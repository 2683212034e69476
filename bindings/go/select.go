package crib

// #include "shim.h"
import "C"

import (
	"context"
	"runtime"
	"time"
	"unsafe"
)

// Clause is one of the operations that [Select] chooses from.
type Clause struct {
	kind   C.int32_t
	object unsafe.Pointer
	run    *run
	at     int64
	after  time.Duration
	when   time.Time
	err    error // why it cannot be
	keeps  any   // what must not be collected meanwhile
	// Of a send: makes the value, and takes it back if it was not sent.
	pack     func() (C.uint64_t, C.int32_t)
	giveBack func(word uint64)
	// Of a receive: stores the value.
	unpack func(word uint64, kind C.int32_t) error
	// Of a receive: what the senders closed with, of which select gives the code alone.
	reason func(p place) error
}

// OnRecv receives a value into `into` (nil: it is dropped), from a Receiver or Chan.
func OnRecv[T any](from interface{ receiving() *Receiver[T] }, into *T) Clause {
	r := from.receiving()
	if r.c == nil {
		return Clause{err: ErrClosed}
	}
	return Clause{
		kind: C.CRIB_CLAUSE_RECEIVE, object: unsafe.Pointer(r.c), run: r.ch.run, keeps: r,
		unpack: func(word uint64, kind C.int32_t) error {
			v, err := r.ch.unpack(word, kind)
			if into != nil {
				*into = v
			}
			return err
		},
		reason: func(p place) error { return p.n.inward(C.crib_receiver_error(r.c)) },
	}
}

// OnSend sends v into a Sender or Chan.
func OnSend[T any](into interface{ sending() *Sender[T] }, v T) Clause {
	s := into.sending()
	if s.c == nil {
		return Clause{err: ErrClosed}
	}
	return Clause{
		kind: C.CRIB_CLAUSE_SEND, object: unsafe.Pointer(s.c), run: s.ch.run, keeps: s,
		pack: func() (C.uint64_t, C.int32_t) { return s.ch.pack(v) },
		giveBack: func(word uint64) {
			if !s.ch.direct {
				s.ch.slots.take(uint32(word))
			}
		},
	}
}

// OnLock acquires a lock.
func OnLock(l *Lock) Clause {
	return Clause{kind: C.CRIB_CLAUSE_LOCK, object: unsafe.Pointer(l.c), run: l.run, keeps: l}
}

// OnSemaphore takes a permit.
func OnSemaphore(s *Semaphore) Clause {
	return Clause{kind: C.CRIB_CLAUSE_SEMAPHORE, object: unsafe.Pointer(s.c), run: s.run, keeps: s}
}

// OnEvent waits for an event.
func OnEvent(e *Event) Clause {
	return Clause{kind: C.CRIB_CLAUSE_EVENT, object: unsafe.Pointer(e.c), run: e.run, keeps: e}
}

// OnToken waits until a token is triggered.
func OnToken(t *Token) Clause {
	return Clause{kind: C.CRIB_CLAUSE_TOKEN, object: unsafe.Pointer(t.c), run: t.run, keeps: t}
}

// OnTask waits until a task has ended.
func OnTask(t *Task) Clause {
	if t.c == 0 {
		return Clause{kind: C.CRIB_CLAUSE_DEADLINE, at: 1, run: t.run}
	}
	return Clause{kind: C.CRIB_CLAUSE_TASK, object: nil, at: int64(t.c), run: t.run}
}

// OnTime waits for a time of the run's clock; see [Now].
func OnTime(when time.Time) Clause { return Clause{kind: C.CRIB_CLAUSE_DEADLINE, when: when} }

// OnAfter waits for a time after the call of Select.
func OnAfter(d time.Duration) Clause { return Clause{kind: C.CRIB_CLAUSE_DEADLINE, after: d} }

// Never is a clause that is never ready: one that is switched off.
func Never() Clause { return Clause{kind: C.CRIB_CLAUSE_NONE} }

// Select carries out one of the clauses, waiting until one is possible, and gives its index; the others leave no trace. Of
// several that are ready each has the same chance.
//
// An error with an index >= 0 is the clause's own, such as [ErrEndOfChannel]; with -1 nothing was carried out.
func Select(ctx context.Context, clauses ...Clause) (int, error) { return choose(ctx, clauses, 0) }

// SelectInOrder is Select that takes the first of several clauses that are ready.
func SelectInOrder(ctx context.Context, clauses ...Clause) (int, error) {
	return choose(ctx, clauses, C.CRIB_SELECT_IN_ORDER)
}

// TrySelect is Select that does not wait: it returns [ErrWouldBlock] if no clause is ready.
func TrySelect(ctx context.Context, clauses ...Clause) (int, error) {
	all := append(append([]Clause{}, clauses...), Clause{kind: C.CRIB_CLAUSE_DEADLINE, at: 1})
	i, err := choose(ctx, all, C.CRIB_SELECT_IN_ORDER)
	if i == len(clauses) {
		return -1, ErrWouldBlock
	}
	return i, err
}

func choose(ctx context.Context, clauses []Clause, flags C.uint32_t) (int, error) {
	p, err := placeOf(ctx)
	if err != nil {
		return -1, err
	}
	if len(clauses) > C.CRIB_SELECT_MOST {
		return -1, misuse("more than %d clauses", int(C.CRIB_SELECT_MOST))
	}
	for i := range clauses {
		if clauses[i].err != nil {
			return i, clauses[i].err
		}
		if r := clauses[i].run; r != nil && r != p.n.task.run {
			return -1, misuse("clause %d belongs to another run", i)
		}
	}
	t := p.n.task
	list := t.run.fill(clauses)
	count := C.size_t(len(clauses))
	status := C.go_select(t.op, p.n.scope, &list[0], count, flags)
	word, kind := uint64(0), C.int32_t(C.go_nil)
	if status == C.CRIB_PENDING {
		status = p.finish(status)
		word, kind = t.word, t.kind()
		C.go_select_take(t.op, &list[0], count) // the clauses' memory is shared by all
	}
	runtime.KeepAlive(clauses)
	for i := range clauses {
		if c := &clauses[i]; c.giveBack != nil && list[i].value.vt != nil {
			c.giveBack(uint64(uintptr(list[i].value.p)))
		}
	}
	if status < 0 {
		return -1, p.failed(status)
	}
	chosen, c := int(status), &list[status]
	if c.status < 0 {
		if reason := clauses[chosen].reason; reason != nil {
			if err := reason(p); err != nil {
				return chosen, err
			}
		}
		return chosen, p.failed(C.int(c.status))
	}
	if clauses[chosen].unpack != nil {
		if c.value.vt != nil {
			t.word, t.vtable = uint64(uintptr(c.value.p)), uintptr(unsafe.Pointer(c.value.vt))
			word, kind = t.word, t.kind()
		}
		return chosen, clauses[chosen].unpack(word, kind)
	}
	return chosen, nil
}

// fill writes the clauses in C's form, in memory that the run keeps for that.
func (r *run) fill(clauses []Clause) []C.crib_clause {
	if r.clauses == nil {
		r.clauses = unsafe.Slice((*C.crib_clause)(C.go_clauses(C.CRIB_SELECT_MOST+1)), C.CRIB_SELECT_MOST+1)
	}
	for i := range clauses {
		c, out := &clauses[i], &r.clauses[i]
		at := c.at
		if !c.when.IsZero() {
			at = r.moment(c.when)
		} else if c.kind == C.CRIB_CLAUSE_DEADLINE && at == 0 {
			at = int64(C.crib_now()) + int64(max(c.after, 0))
		}
		word, kind := C.uint64_t(0), C.int32_t(C.go_nil)
		if c.pack != nil {
			word, kind = c.pack()
		}
		C.go_clause(out, c.kind, c.object, C.int64_t(at), word, kind)
	}
	return r.clauses
}
