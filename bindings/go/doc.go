// Package crib is structured concurrency: a task is started in a nursery, and the block that opened the nursery does not
// end before the task has; an error in a task reaches that block; a timeout or a cancel reaches everything inside, at once
// and for good. It is a binding of the C library of the same name.
//
// # Tasks
//
// [Run] drives tasks in the goroutine that calls it. They take turns: one runs until it waits, so that what lies between
// two operations needs no lock. A task is a function; it is a coroutine, not a goroutine, and a switch costs a quarter of
// a microsecond and no allocation.
//
//	err := crib.Run(ctx, func(ctx context.Context) error {
//		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
//			n.Go(first)
//			n.Go(second)
//			return nil
//		})
//	})
//
// Nothing in a task may block the thread: for package net, files, channels of Go and sync.Mutex there is [Await], which
// runs a function in a goroutine. runtime.LockOSThread in a task ends the process.
//
// # Contexts
//
// A scope is a context.Context, and contexts derived from it work in every operation. Each function is given the context
// of its scope, which it hands on: it is what says who is calling. Timeouts are scopes: [MoveOnAfter], [FailAfter]. When a
// scope is cancelled, by its deadline, by [Scope.Cancel] or because something failed in a nursery around, every operation
// in it returns a [CancelledError], which is a context.Canceled, until the scope is left. Return it, wrapped if you like:
// the block that was cancelled turns it into success.
//
// # Errors
//
// What tasks return comes back unchanged from the nursery, in a [Group], for errors.Is and errors.As. A panic in a task
// becomes a [PanicError].
//
// # Where things may be called
//
// Operations take a context and belong to the task that it was given to. Methods without a context may be called by any
// task of the run. Other goroutines reach a run by the [Token.Trigger] of a token, by a [Portal], or by cancelling a
// context.
package crib
