package crib

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"unsafe"
)

// Error is a failure that the library reports. Those below are compared with errors.Is, which looks at the code alone;
// system codes answer to the syscall.Errno, and [ErrTooSlow] to context.DeadlineExceeded.
type Error struct {
	Code    int    // a CRIB_E or UV_E number
	Message string // what the library says of it
	Task    string // the name of the task it arose in, if that is known
	cause   error
}

// What operations and blocks fail with, besides [CancelledError] and the errors of tasks.
var (
	ErrCancelled        = failure(C.CRIB_ECANCELLED)        // what every CancelledError is
	ErrMisuse           = failure(C.CRIB_EMISUSE)           // a call in the wrong place; the message says which
	ErrWouldBlock       = failure(C.CRIB_EWOULDBLOCK)       // a Try call would have to wait
	ErrEndOfChannel     = failure(C.CRIB_EENDOFCHANNEL)     // every sender is closed and the buffer is empty
	ErrBroken           = failure(C.CRIB_EBROKEN)           // every receiver is closed, or a lock's owner ended
	ErrClosed           = failure(C.CRIB_ECLOSED)           // this end, nursery or run takes no more
	ErrBusy             = failure(C.CRIB_EBUSY)             // in use
	ErrTooSlow          = failure(C.CRIB_ETOOSLOW)          // the time of FailAfter or FailAt is up
	ErrTokenTriggered   = failure(C.CRIB_EOPCANCELLED)      // a cancel token was triggered
	ErrDeadlock         = failure(C.CRIB_EDEADLOCK)         // every task waits and nothing can wake one
	ErrRunFinished      = failure(C.CRIB_ERUNFINISHED)      // the run is over
	ErrNotStarted       = failure(C.CRIB_ENOTSTARTED)       // a child ended without calling started
	ErrNurseryCancelled = failure(C.CRIB_ENURSERYCANCELLED) // the nursery that Start was for was cancelled
	// ErrGoexit is what a task fails with that called runtime.Goexit, as testing.T's FailNow does. The goroutine that
	// called Run ends so too, once the run is over.
	ErrGoexit = errors.New("crib: the task called runtime.Goexit")
)

var failures = map[C.int]*Error{}

// failure makes the error of a code that needs no more words; it is called while the package is initialized.
func failure(code C.int) *Error {
	e := &Error{Code: int(code), Message: "crib: " + C.GoString(C.crib_error_text(code))}
	failures[code] = e
	return e
}

// failureOf gives the error of a code, always the same for those with a name.
func failureOf(code C.int) error {
	if e := failures[code]; e != nil {
		return e
	}
	return &Error{Code: int(code), Message: "crib: " + C.GoString(C.crib_error_text(code))}
}

func misuse(format string, args ...any) error {
	return &Error{Code: int(C.CRIB_EMISUSE), Message: "crib: " + fmt.Sprintf(format, args...)}
}

// Error gives the message, and what was being handled.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.Message
	}
	return e.Message + ": " + e.cause.Error()
}

// Unwrap gives the error that was being handled when this one arose.
func (e *Error) Unwrap() error { return e.cause }

// Is says whether the target has the same code.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case *Error:
		return failures[C.int(e.Code)] == t
	case syscall.Errno:
		return e.Code == -int(t)
	}
	return target == context.DeadlineExceeded && e.Code == int(C.CRIB_ETOOSLOW)
}

// Name is the symbolic name of the code, such as CRIB_ETOOSLOW or UV_EINVAL.
func (e *Error) Name() string { return C.GoString(C.crib_error_name(C.int(e.Code))) }

// Timeout makes a [ErrTooSlow] a timeout for those who look for that method, as package net does.
func (e *Error) Timeout() bool { return e.Code == int(C.CRIB_ETOOSLOW) }

// Source says who cancelled.
type Source int

// Who cancels.
const (
	NotCancelled  Source = C.CRIB_SOURCE_NONE     // nobody has
	Explicit      Source = C.CRIB_SOURCE_EXPLICIT // Cancel was called
	Deadline      Source = C.CRIB_SOURCE_DEADLINE // the time was up
	FailedNursery Source = C.CRIB_SOURCE_NURSERY  // a child or the body of a nursery failed
	Shutdown      Source = C.CRIB_SOURCE_SHUTDOWN // the run is ending
	Deadlock      Source = C.CRIB_SOURCE_DEADLOCK // nobody could go on
	OuterBlock    Source = C.CRIB_SOURCE_MISUSE   // a block around was closed first
	Link          Source = C.CRIB_SOURCE_LINK     // a linked scope, token or context
	EndOfBlock    Source = -1                     // the block has ended, and its context with it
)

// String gives the source in a word.
func (s Source) String() string {
	if s == EndOfBlock {
		return "end of block"
	}
	return C.GoString(C.crib_source_name(C.int(s)))
}

// CancelledError is what operations return once a scope around them is cancelled: they did nothing. Return it, as it is
// or wrapped: the block that was cancelled turns it into success. It is a context.Canceled, and if a deadline was the
// source a context.DeadlineExceeded too.
type CancelledError struct {
	Source Source
	Reason string // given to Cancel, or the library's; may be empty
	at     *node  // whose operations it ended
	std    error  // what Err of a context says
	cause  error  // that of a context that was linked
}

// Error says who cancelled, and why.
func (e *CancelledError) Error() string {
	text := "crib: cancelled (" + e.Source.String()
	if e.Reason != "" && e.Reason != e.Source.String() {
		text += ": " + e.Reason
	}
	return text + ")"
}

// Is says that it is ErrCancelled and what the context's Err is.
func (e *CancelledError) Is(target error) bool {
	return target == context.Canceled || target == e.std || target == error(ErrCancelled)
}

// Unwrap gives the cause of the context that was linked, if that was the source.
func (e *CancelledError) Unwrap() error { return e.cause }

// endOfBlock is why the context of a block has ended that is over.
var endOfBlock = &CancelledError{Source: EndOfBlock, std: context.Canceled}

// PanicError is what a task fails with that panics.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // where, as debug.Stack gives it
}

// Error gives the value and the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("crib: panic in a task: %v\n\n%s", e.Value, e.Stack)
}

// Unwrap gives the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// Group is what fails in a nursery, also if it is one error alone: those of its body and children, in the order in which
// they came. A nursery inside another gives a group in a group. errors.Is and errors.As look at each.
type Group struct{ Errors []error }

// Error gives the errors, one a line.
func (g *Group) Error() string {
	lines := make([]string, len(g.Errors))
	for i, err := range g.Errors {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors.
func (g *Group) Unwrap() []error { return g.Errors }

// join is errors.Join that keeps one error as it is.
func join(a, b error) error {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return &Group{[]error{a, b}}
}

// --- to C and back ---

// kinds says what an error that leaves the scope n is made of: of Cancelled, of anything else, or of both.
func (n *node) kinds(err error) (cancelled, other bool) {
	switch e := err.(type) {
	case *CancelledError:
		return true, false
	case *Error:
		return e.Code == int(C.CRIB_ECANCELLED), e.Code != int(C.CRIB_ECANCELLED)
	case *PanicError:
		return false, true
	case interface{ Unwrap() []error }:
		for _, part := range e.Unwrap() {
			c, o := n.kinds(part)
			cancelled, other = cancelled || c, other || o
		}
		return cancelled, other
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			return n.kinds(inner)
		}
	}
	// What others make of the end of our context is Cancelled too.
	ended := n.Err()
	cancelled = ended != nil && errors.Is(err, ended)
	return cancelled, !cancelled
}

// outward gives the C form of an error that leaves the scope n. Cancelled is made anew by the library, so that it can be
// absorbed; everything else is carried as it is, by a number.
func (n *node) outward(err error) *C.crib_error {
	if err == nil {
		return nil
	}
	cancelled, other := n.kinds(err)
	if cancelled && other {
		return n.outwardParts(err)
	}
	if !cancelled {
		return n.task.run.carried(codeOf(err), err)
	}
	if c := C.crib_error_cancelled(C.go_scope(n.scope)); c != nil {
		return c
	}
	var e *CancelledError
	if errors.As(err, &e) && e.at != nil && !e.at.closed {
		return n.task.run.carried(C.CRIB_EFOREIGN, err) // of a scope further out, which this one does not see
	}
	forged := &Error{int(C.CRIB_EMISUSE), "crib: Cancelled was returned where nothing is cancelled", n.task.Name(), err}
	return n.task.run.carried(C.CRIB_EMISUSE, forged)
}

// outwardParts takes an error apart that is Cancelled in part, for only that may be absorbed.
func (n *node) outwardParts(err error) *C.crib_error {
	for {
		if e, ok := err.(interface{ Unwrap() []error }); ok {
			parts := e.Unwrap()
			memory := (**C.crib_error)(C.calloc(C.size_t(len(parts)), C.size_t(unsafe.Sizeof(uintptr(0)))))
			defer C.free(unsafe.Pointer(memory))
			list := unsafe.Slice(memory, len(parts))
			for i, part := range parts {
				list[i] = n.outward(part)
			}
			return C.crib_error_group(nil, memory, C.size_t(len(parts)))
		}
		err = errors.Unwrap(err)
	}
}

func codeOf(err error) C.int {
	var e *Error
	if errors.As(err, &e) && e.Code != int(C.CRIB_ECANCELLED) {
		return C.int(e.Code)
	}
	return C.CRIB_EFOREIGN
}

// carried makes an error of C that stands for one of Go.
func (r *run) carried(code C.int, err error) *C.crib_error {
	word := errorNumbers.Add(1)
	r.errors[word] = err
	text := err.Error()
	return C.go_error_new(code, (*C.char)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text)), C.uint64_t(word))
}

// inward gives the Go form of an error tree that reached the scope n, and releases it.
func (n *node) inward(tree *C.crib_error) error {
	if tree == nil {
		return nil
	}
	err := n.converted(tree)
	C.crib_unref(unsafe.Pointer(tree))
	return err
}

func (n *node) converted(tree *C.crib_error) error {
	leaf := C.go_error_leaf(tree)
	if leaf.count > 0 && leaf.code == C.CRIB_ECANCELLED {
		return n.cancelled()
	}
	if leaf.count > 0 {
		group := &Group{make([]error, leaf.count)}
		for i := range group.Errors {
			group.Errors[i] = n.converted(C.crib_error_child(tree, C.size_t(i)))
		}
		return group
	}
	if err, ok := n.task.run.errors[uint64(leaf.word)]; ok {
		return err
	}
	if leaf.code == C.CRIB_ECANCELLED {
		return n.cancelled()
	}
	e := &Error{Code: int(leaf.code), Message: "crib: " + C.GoString(leaf.message), Task: C.GoString(leaf.task)}
	if leaf.cause != nil {
		e.cause = n.converted(leaf.cause)
	}
	return e
}
