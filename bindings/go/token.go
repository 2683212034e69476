package crib

// #include "shim.h"
import "C"

import (
	"context"
	"runtime"
	"syscall"
	"unsafe"
)

const enomem = syscall.ENOMEM

// Token is a named flag, set once, that says "stop". Unlike a scope it is passed along by hand, and reaches only those who
// look at it, wait for it, or have linked a scope to it. Trigger, Triggered, TriggeredToken, Check and Name may be called
// from any goroutine.
type Token struct {
	handle
	c     *C.crib_token
	name  string
	parts []*Token
}

// NewToken makes a token of the context's run. If a goroutine outside the run will trigger it, see [NewExternalToken].
func NewToken(ctx context.Context, name string) *Token {
	r := runFor(ctx)
	text := C.CString(name)
	defer C.go_free(text)
	return newToken(r, C.crib_token_new(text), name)
}

// NewExternalToken makes a token that a goroutine outside the run will trigger: until then the run waits for it, instead
// of being taken for deadlocked.
func NewExternalToken(ctx context.Context, name string) *Token {
	t := runFor(ctx).externalToken(name)
	if t == nil {
		panic(failureOf(-C.int(enomem)))
	}
	return t
}

func (r *run) externalToken(name string) *Token {
	text := C.CString(name)
	defer C.go_free(text)
	c := C.crib_token_new_external(text)
	if c == nil {
		return nil
	}
	return newToken(r, c, name)
}

// NewTokenOfScope makes a token that is triggered when a scope is cancelled.
func NewTokenOfScope(s *Scope, name string) *Token {
	text := C.CString(name)
	defer C.go_free(text)
	return newToken(s.task.run, C.crib_token_of_scope(C.go_scope(s.scope), text), name)
}

func newToken(r *run, c *C.crib_token, name string, parts ...*Token) *Token {
	t := &Token{c: c, name: name, parts: parts}
	t.adopt(r, unsafe.Pointer(c))
	runtime.SetFinalizer(t, (*Token).lost)
	return t
}

// Chain makes a token that is triggered when one of the two, or itself, is. Its name is theirs with a colon between.
func (t *Token) Chain(other *Token) *Token {
	t.check()
	other.check()
	return newToken(t.run, C.crib_token_chain(t.c, other.c), t.name+":"+other.name, t, other)
}

// locked calls f with the handle, unless the run is over.
func (t *Token) locked(f func(c *C.crib_token)) bool {
	t.run.mu.Lock()
	defer t.run.mu.Unlock()
	_, alive := t.run.held.get(t.held)
	if alive {
		f(t.c)
	}
	runtime.KeepAlive(t)
	return alive
}

// release gives the handle up early.
func (t *Token) release() { t.run.drop(t.held) }

// Name is the name of the token.
func (t *Token) Name() string { return t.name }

// Trigger triggers the token, and all chains it is part of. Doing it again does nothing.
func (t *Token) Trigger() { t.locked(func(c *C.crib_token) { C.crib_token_trigger(c) }) }

// Triggered says whether it, or a part of it, is triggered. After the run nothing is.
func (t *Token) Triggered() (is bool) {
	t.locked(func(c *C.crib_token) { is = bool(C.crib_token_triggered(c)) })
	return is
}

// TriggeredToken says which token it was: itself, or the first of its parts; nil if none is triggered.
func (t *Token) TriggeredToken() (which *Token) {
	t.locked(func(c *C.crib_token) { which = t.find(C.crib_token_triggered_token(c)) })
	return which
}

func (t *Token) find(c *C.crib_token) *Token {
	if c == nil {
		return nil
	}
	if t.c == c {
		return t
	}
	for _, part := range t.parts {
		if found := part.find(c); found != nil {
			return found
		}
	}
	return nil
}

// Check fails with [ErrTokenTriggered], and a message that names the token, if it is triggered.
func (t *Token) Check() error {
	which := t.TriggeredToken()
	if which == nil {
		return nil
	}
	return &Error{Code: int(C.CRIB_EOPCANCELLED), Message: "Cancellation requested by " + which.name + " token"}
}

// Wait waits until it is triggered.
func (t *Token) Wait(ctx context.Context) error {
	p, err := t.use(ctx)
	if err != nil {
		return err
	}
	me := p.n.task
	err = p.await(C.go_token(me.op, p.n.scope, t.c))
	runtime.KeepAlive(t)
	return err
}

// Cancels cancels a scope when the token is triggered, at once if it is.
func (t *Token) Cancels(s *Scope) {
	t.check()
	must(C.crib_scope_link_token(C.go_scope(s.scope), t.c))
	runtime.KeepAlive(t)
}
