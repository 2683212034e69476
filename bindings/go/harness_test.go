package crib_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"libcrib/crib"
)

const (
	ms     = time.Millisecond
	second = time.Second
)

var (
	errBoom = errors.New("boom")
	errBang = errors.New("bang")
)

// run is a run in virtual time. When it is over nothing may be left: no task, value, error or goroutine.
func run(t testing.TB, f func(ctx context.Context) error) error {
	t.Helper()
	return runWith(t, crib.Options{Clock: crib.MockClock}, f)
}

func runWith(t testing.TB, o crib.Options, f func(ctx context.Context) error) error {
	t.Helper()
	before := runtime.NumGoroutine()
	var left crib.Left
	crib.OnFinish(func(l crib.Left) { left = l })
	defer crib.OnFinish(nil)
	err := crib.RunWith(context.Background(), o, f)
	if err == nil && left.Errors != 0 {
		t.Errorf("%d errors are left", left.Errors)
	}
	left.Errors = 0
	if left != (crib.Left{}) {
		t.Errorf("something is left: %+v", left)
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 1000 {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
		time.Sleep(ms)
	}
	return err
}

// ok is run for bodies that succeed.
func ok(t testing.TB, f func(ctx context.Context) error) {
	t.Helper()
	if err := run(t, f); err != nil {
		t.Fatalf("the run failed: %v", err)
	}
}

func is(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// alone looks for the one error of a nursery, unchanged in its group.
func alone(t testing.TB, got, want error) {
	t.Helper()
	group, is := got.(*crib.Group)
	if !is || len(group.Errors) != 1 || group.Errors[0] != want {
		t.Errorf("got %v, want a group of %v alone", got, want)
	}
}

func none(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("unexpected: %v", err)
	}
}

func equal[T comparable](t testing.TB, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// sleeper is a task that sleeps until it is cancelled.
func sleeper(ctx context.Context) error { return crib.Sleep(ctx, crib.Forever) }

// failer fails after a time.
func failer(d time.Duration, err error) func(context.Context) error {
	return func(ctx context.Context) error {
		if e := crib.Sleep(ctx, d); e != nil {
			return e
		}
		return err
	}
}

func nursery(ctx context.Context, f func(ctx context.Context, n *crib.Nursery)) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		f(ctx, n)
		return nil
	})
}

// elapsed gives the virtual time that f takes.
func elapsed(ctx context.Context, f func()) time.Duration {
	began := crib.Now(ctx)
	f()
	return crib.Now(ctx).Sub(began)
}
