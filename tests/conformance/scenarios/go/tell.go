package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"libcrib/crib"
)

// say prints a line: the time, who speaks, and what. Between tasks nobody has a name.
func say(ctx context.Context, format string, args ...any) {
	now, text := crib.Now(ctx).Sub(began).Milliseconds(), fmt.Sprintf(format, args...)
	if task := crib.Current(ctx); task != nil {
		fmt.Printf("%d %s: %s\n", now, task.Name(), text)
	} else {
		fmt.Printf("%d %s\n", now, text)
	}
}

// outcome is an error in the words of a scenario.
func outcome(err error) string {
	switch e := err.(type) {
	case nil:
		return "ok"
	case *crib.Group:
		members := make([]string, len(e.Errors))
		for i, member := range e.Errors {
			members[i] = outcome(member)
		}
		return "[" + strings.Join(members, ", ") + "]"
	case *crib.CancelledError:
		return "CRIB_ECANCELLED"
	case *crib.Error:
		return e.Name()
	}
	return err.Error()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// spaced is numbers with a blank before each.
func spaced(numbers []int) string {
	text := ""
	for _, n := range numbers {
		text += fmt.Sprint(" ", n)
	}
	return text
}

// misuse gives what a call panics with that must not be made.
func misuse(call func()) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = v.(error)
		}
	}()
	call()
	return nil
}

// compute takes so long without a checkpoint.
func compute(ctx context.Context, d time.Duration) error { return crib.JumpClock(ctx, d) }

func sleepForever(ctx context.Context) error { return crib.Sleep(ctx, crib.Forever) }

// sleeps is a task that sleeps and says nothing.
func sleeps(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error { return crib.Sleep(ctx, d) }
}

// tellsSleep is a task that sleeps and says how that ended.
func tellsSleep(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		err := crib.Sleep(ctx, d)
		say(ctx, "%s", outcome(err))
		return err
	}
}

// receiveAndTell receives a value and says which, or why there is none.
func receiveAndTell(ctx context.Context, ch *crib.Chan[int]) error {
	v, err := ch.Recv(ctx)
	if err != nil {
		say(ctx, "%s", outcome(err))
		return err
	}
	say(ctx, "got %d", v)
	return nil
}

// as gives a function a name for its task, where the caller cannot: in Map, First and their kin.
func as[T any](name string, f func(context.Context) (T, error)) func(context.Context) (T, error) {
	return func(ctx context.Context) (T, error) {
		crib.Current(ctx).SetName(name)
		return f(ctx)
	}
}
