package crib_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"libcrib/crib"
)

func TestMapKeepsTheOrderAndTheLimit(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		running, most := 0, 0
		took := elapsed(ctx, func() {
			got, err := crib.Map(ctx, 2, []int{5, 1, 3, 2}, func(ctx context.Context, n int) (string, error) {
				running++
				most = max(most, running)
				defer func() { running-- }()
				return string(rune('a' + n)), crib.Sleep(ctx, time.Duration(n)*second)
			})
			none(t, err)
			equal(t, len(got), 4)
			equal(t, got[0]+got[1]+got[2]+got[3], "fbdc")
		})
		equal(t, most, 2)
		equal(t, took, 6*second)
		return nil
	})
}

func TestAFailureInMapCancelsTheRest(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		got, err := crib.Map(ctx, 0, []int{0, 1, 2}, func(ctx context.Context, n int) (int, error) {
			if n == 1 {
				return 0, errBoom
			}
			return 0, sleeper(ctx)
		})
		alone(t, err, errBoom)
		equal(t, len(got), 0)
		return nil
	})
}

func TestFirstGivesTheFirstSuccess(t *testing.T) {
	try := func(d time.Duration, v int, err error) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) {
			if e := crib.Sleep(ctx, d); e != nil {
				return 0, e
			}
			return v, err
		}
	}
	ok(t, func(ctx context.Context) error {
		took := elapsed(ctx, func() {
			v, err := crib.First(ctx, try(3*second, 3, nil), try(second, 1, errBoom), try(2*second, 2, nil))
			none(t, err)
			equal(t, v, 2)
		})
		equal(t, took, 2*second)
		_, err := crib.First(ctx, try(second, 1, errBoom), try(second, 1, errBang))
		is(t, err, errBoom)
		is(t, err, errBang)
		_, err = crib.First[int](ctx)
		is(t, err, crib.ErrMisuse)
		return nil
	})
}

// sleepy is a function for First and its kin.
func sleepy(d time.Duration, v int, err error) func(context.Context) (int, error) {
	return func(ctx context.Context) (int, error) {
		if e := crib.Sleep(ctx, d); e != nil {
			return 0, e
		}
		return v, err
	}
}

func TestTasksOfMapAndFirstAreNamedAfterTheFunction(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		names, err := crib.Map(ctx, 0, []int{1}, nameOfTask)
		none(t, err)
		if !strings.HasSuffix(names[0], ".nameOfTask") {
			t.Error(names[0])
		}
		name, err := crib.First(ctx, func(ctx context.Context) (string, error) { return nameOfTask(ctx, 0) })
		if !strings.Contains(name, "AreNamedAfterTheFunction") {
			t.Error(name)
		}
		return err
	})
}

func nameOfTask(ctx context.Context, _ int) (string, error) { return crib.Current(ctx).Name(), nil }

func TestACancellableWaitHasFourEnds(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		wait := func(token *crib.Token, timeout time.Duration) (int, int, error) {
			return crib.CancellableWait(ctx, token, timeout, sleepy(3*second, 3, nil), sleepy(2*second, 2, nil))
		}
		winner, v, err := wait(nil, crib.Forever)
		none(t, err)
		equal(t, winner, 1)
		equal(t, v, 2)
		winner, _, err = wait(nil, second)
		is(t, err, crib.ErrTooSlow)
		equal(t, winner, -1)
		token := crib.NewToken(ctx, "stop")
		token.Trigger()
		_, _, err = wait(token, crib.Forever)
		is(t, err, crib.ErrTokenTriggered)
		_, _, err = crib.CancellableWait(ctx, token, 0, sleepy(0, 0, errBoom))
		is(t, err, crib.ErrTokenTriggered) // it was cancelled before it could fail
		_, _, err = crib.CancellableWait(ctx, token, 0, func(context.Context) (int, error) { return 0, nil })
		is(t, err, crib.ErrTokenTriggered) // also if it succeeds
		_, _, err = crib.CancellableWait(ctx, token, 0, func(context.Context) (int, error) { return 0, errBoom })
		alone(t, err, errBoom) // but not if it fails
		_, _, err = crib.CancellableWait(ctx, nil, crib.Forever, sleepy(second, 1, errBoom), sleepy(9*second, 1, nil))
		alone(t, err, errBoom)
		_, _, err = crib.CancellableWait[int](ctx, nil, crib.Forever)
		is(t, err, crib.ErrMisuse)
		return nil
	})
}

func TestACancellableWaitOfACancelledCallerStartsNothing(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			s.Cancel("")
			_, _, err := crib.CancellableWait(ctx, nil, crib.Forever, func(context.Context) (int, error) {
				t.Error("it was called")
				return 0, nil
			})
			is(t, err, crib.ErrCancelled)
			return err
		})
		return err
	})
}

func TestRetryWaitsLongerEachTime(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		began := crib.Now(ctx)
		var at []time.Duration
		try := func(ctx context.Context) error {
			at = append(at, crib.Now(ctx).Sub(began))
			return errBoom
		}
		o := crib.RetryOptions{Attempts: 4, Delay: second, Factor: 3, MostDelay: 5 * second}
		equal(t, crib.Retry(ctx, o, try), errBoom)
		equal(t, fmt.Sprint(at), "[0s 1s 4s 9s]")
		return nil
	})
}

func TestRetryEndsWhereItMust(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		count := 0
		fails := func(context.Context) error { count++; return errBoom }
		attempts := func(o crib.RetryOptions) int {
			count = 0
			is(t, crib.Retry(ctx, o, fails), errBoom)
			return count
		}
		never := func(err error) bool { return err != errBoom }
		equal(t, attempts(crib.RetryOptions{Retries: never}), 1)
		equal(t, attempts(crib.RetryOptions{Attempts: 2}), 2)
		count = 0
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return crib.Retry(ctx, crib.RetryOptions{}, fails) // 0, 100, 300, 700 ms; the next would be too late
		})
		equal(t, timedOut, false)
		equal(t, err, errBoom)
		equal(t, count, 4)
		_, err = crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return crib.Retry(ctx, crib.RetryOptions{}, sleeper) // Cancelled is not tried again
		})
		none(t, err)
		is(t, crib.Retry(ctx, crib.RetryOptions{Jitter: 2}, fails), crib.ErrMisuse)
		return nil
	})
}

func TestJitterIsRepeatableWithASeed(t *testing.T) {
	took := func(seed uint64) (d time.Duration) {
		err := runWith(t, crib.Options{Clock: crib.MockClock, Seed: seed}, func(ctx context.Context) error {
			d = elapsed(ctx, func() {
				o := crib.RetryOptions{Attempts: 3, Jitter: 1}
				is(t, crib.Retry(ctx, o, func(context.Context) error { return errBoom }), errBoom)
			})
			return nil
		})
		none(t, err)
		return d
	}
	equal(t, took(1), took(1))
	if one, two := took(1), took(2); one == two || one >= 300*ms {
		t.Error(one, two)
	}
}

func TestATickerDoesNotDrift(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ticker := crib.NewTicker(ctx, second)
		began := crib.Now(ctx)
		for _, tick := range []struct {
			pause  time.Duration
			at     time.Duration
			missed int
		}{{0, second, 0}, {second / 2, 2 * second, 0}, {second, 3 * second, 0}, {2500 * ms, 6 * second, 2}, {2 * second, 8 * second, 1}} {
			none(t, crib.Sleep(ctx, tick.pause))
			missed, err := ticker.Wait(ctx)
			none(t, err)
			equal(t, missed, tick.missed)
			equal(t, crib.Now(ctx).Sub(began), tick.at)
		}
		return nil
	})
}
