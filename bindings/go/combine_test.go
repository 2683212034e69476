package crib_test

import (
	"context"
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
		equal(t, err, errBoom)
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
