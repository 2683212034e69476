package crib_test

import (
	"context"
	"errors"
	"testing"

	"libcrib/crib"
	"libcrib/crib/internal/bodies"
)

func TestAFiberOfCReceivesIntegers(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[int](ctx, 0)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				defer ch.Close()
				for i := range 10 {
					if err := ch.Send(ctx, i); err != nil {
						return err
					}
				}
				return nil
			})
			sum, err := crib.CallC(ctx, bodies.Sum, ch.Receiver.C(), nil)
			none(t, err)
			equal(t, sum, 45)
		})
	})
}

func TestAFiberOfCIsCancelledWithTheNursery(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		counter := bodies.Counter()
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				none(t, n.GoC("sleeps", bodies.Sleep, counter, bodies.Destroyed))
				equal(t, n.Count(), 1)
				_, err := crib.CallC(ctx, bodies.Sleep, counter, bodies.Destroyed)
				is(t, err, crib.ErrCancelled)
				return err
			})
		})
		equal(t, timedOut, true)
		equal(t, bodies.Count(counter), 2)
		return err
	})
}

func TestAFailureOfCIsAnError(t *testing.T) {
	check := func(err error) {
		t.Helper()
		var e *crib.Error
		if !errors.As(err, &e) || e.Code != -1000007 || e.Message != "crib: no such thing" {
			t.Errorf("%#v", err)
		}
	}
	ok(t, func(ctx context.Context) error {
		err := nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			n.Go(sleeper)
			none(t, n.GoC("fails", bodies.Fail, nil, nil))
		})
		check(err)
		var e *crib.Error
		errors.As(err, &e)
		equal(t, e.Task, "fails")
		_, err = crib.CallC(ctx, bodies.Fail, nil, nil)
		check(err)
		return nil
	})
}

func TestWhatAFunctionOfCReturnsComesBack(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		took := elapsed(ctx, func() {
			seven, err := crib.CallC(ctx, bodies.Seven, nil, nil)
			none(t, err)
			equal(t, seven, 7)
		})
		equal(t, took, second)
		return nil
	})
}

func TestAValueOfAnotherLanguageIsRefused(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		for _, capacity := range []int{0, 1} {
			numbers, texts := crib.NewChan[int](ctx, capacity), crib.NewChan[string](ctx, capacity)
			none(t, nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
				none(t, n.GoC("sends", bodies.SendText, numbers.Sender.C(), nil))
				none(t, n.GoC("sends", bodies.SendText, texts.Sender.C(), nil))
				_, err := numbers.Recv(ctx)
				is(t, err, crib.ErrMisuse)
				none(t, crib.Checkpoint(ctx))
				_, err = crib.Select(ctx, crib.OnRecv(texts, nil))
				is(t, err, crib.ErrMisuse)
			}))
		}
		return nil
	})
}
