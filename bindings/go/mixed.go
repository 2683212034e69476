package crib

// #include "shim.h"
import "C"

import (
	"context"
	"unsafe"
)

// GoC starts a C function as a fiber of the nursery: int body(void *user_data), with a stack of its own, on which
// operations of the C library look blocking. It shares the run with the tasks of Go, and channels of 64-bit integers;
// its failures are reported as those of any task. No Go function may be called on a fiber's stack.
//
// destroy (may be nil) is called once with userData when that is no longer needed, also if GoC fails.
func (n *Nursery) GoC(name string, body, userData, destroy unsafe.Pointer) error {
	r := n.task.run
	return tried(C.go_spawn_body(n.c, r.kept(name), body, userData, destroy))
}

// CallC runs a C function on a fiber and waits for it. It gives what the function returned, if that is no failure.
func CallC(ctx context.Context, body, userData, destroy unsafe.Pointer) (int, error) {
	p, err := placeOf(ctx)
	if err != nil {
		return 0, err
	}
	t := p.n.task
	status := p.finish(C.go_call_body(t.op, p.n.scope, body, userData, destroy))
	if status >= 0 {
		return int(status), nil
	}
	if status != C.CRIB_ECANCELLED {
		if tree := C.go_take_error(t.op); tree != nil {
			return 0, p.n.inward(tree)
		}
	}
	return 0, p.failed(status)
}

// C gives the crib_sender, for C code of the same run; it stays the property of s. C reads the values of a channel whose
// T is an integer of 64 bits by crib_value_as_int, and hands on all others as they are.
func (s *Sender[T]) C() unsafe.Pointer { return unsafe.Pointer(s.c) }

// C gives the crib_receiver, for C code of the same run; it stays the property of r.
func (r *Receiver[T]) C() unsafe.Pointer { return unsafe.Pointer(r.c) }

// kept gives a name to C that lives as long as the run.
func (r *run) kept(name string) *C.char {
	text, ok := r.texts[name]
	if !ok {
		text = C.CString(name)
		r.texts[name] = text
	}
	return text
}
