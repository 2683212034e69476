package crib_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"libcrib/crib"
)

func TestATimeoutEndsWhatIsInside(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		took := elapsed(ctx, func() {
			timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
				return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
					n.Go(sleeper)
					n.Go(func(ctx context.Context) error {
						return nursery(ctx, func(_ context.Context, n *crib.Nursery) { n.Go(sleeper) })
					})
				})
			})
			equal(t, timedOut, true)
			none(t, err)
		})
		equal(t, took, second)
		return nil
	})
}

func TestWhatEndsInTimeIsNotTimedOut(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error { return crib.Sleep(ctx, ms) })
		equal(t, timedOut, false)
		none(t, err)
		timedOut, err = crib.MoveOnAfter(ctx, second, func(context.Context) error { return errBoom })
		equal(t, timedOut, false)
		equal(t, err, errBoom)
		return nil
	})
}

func TestFailAfterFailsWithTooSlow(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		err := crib.FailAfter(ctx, second, sleeper)
		is(t, err, crib.ErrTooSlow)
		is(t, err, context.DeadlineExceeded)
		var timeout interface{ Timeout() bool }
		equal(t, errors.As(err, &timeout) && timeout.Timeout(), true)
		is(t, crib.FailAt(ctx, crib.Now(ctx).Add(second), sleeper), crib.ErrTooSlow)
		none(t, crib.FailAfter(ctx, second, func(context.Context) error { return nil }))
		return nil
	})
}

func TestATimeInThePastHasExpiredAtOnce(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		for _, d := range []time.Duration{0, -1, -time.Hour} {
			took := elapsed(ctx, func() {
				timedOut, err := crib.MoveOnAfter(ctx, d, crib.Checkpoint)
				equal(t, timedOut, true)
				none(t, err)
			})
			equal(t, took, 0)
		}
		timedOut, _ := crib.MoveOnAt(ctx, crib.Now(ctx).Add(-second), crib.Checkpoint)
		equal(t, timedOut, true)
		timedOut, _ = crib.MoveOnAfter(ctx, crib.Forever, crib.Checkpoint)
		equal(t, timedOut, false)
		return nil
	})
}

func TestTheOuterOfTwoTimeoutsAbsorbs(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		var inner bool
		outer, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) (err error) {
			inner, err = crib.MoveOnAfter(ctx, 2*second, sleeper)
			return err
		})
		equal(t, inner, false)
		equal(t, outer, true)
		return err
	})
}

func TestCancelledMayBeWrapped(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			if err := sleeper(ctx); err != nil {
				return fmt.Errorf("reading: %w", fmt.Errorf("waiting: %w", err))
			}
			return nil
		})
		equal(t, timedOut, true)
		return err
	})
}

func TestAnErrorBesideCancelledGoesOnAlone(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return errors.Join(sleeper(ctx), errBoom)
		})
		equal(t, timedOut, true)
		alone(t, err, errBoom)
		_, err = crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return fmt.Errorf("both: %w, %w", sleeper(ctx), errBoom)
		})
		is(t, err, errBoom)
		equal(t, errors.Is(err, context.Canceled), false)
		return nil
	})
}

func TestCancelledThatNobodyAbsorbsKeepsItsWords(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		_, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			wrapped := fmt.Errorf("reading: %w", sleeper(ctx))
			_, err := crib.MoveOnAfter(ctx, second, func(context.Context) error { return wrapped })
			equal(t, err, wrapped)
			return err
		})
		return err
	})
}

func TestCancelledCannotBeForged(t *testing.T) {
	err := run(t, func(ctx context.Context) error {
		var kept error
		_, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			kept = sleeper(ctx)
			return kept
		})
		none(t, err)
		_, err = crib.MoveOnAfter(ctx, second, func(context.Context) error { return kept })
		is(t, err, crib.ErrMisuse)
		is(t, err, kept)
		return crib.ErrCancelled
	})
	is(t, err, crib.ErrMisuse)
}

func TestAScopeIsCancelledByHand(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			equal(t, s.Cancelled(), false)
			s.Cancel("no more of it")
			s.Cancel("a second time")
			equal(t, s.Cancelled(), true)
			equal(t, ctx.Err(), context.Canceled)
			err := crib.Checkpoint(ctx)
			var c *crib.CancelledError
			equal(t, errors.As(err, &c), true)
			equal(t, c.Source, crib.Explicit)
			equal(t, c.Reason, "no more of it")
			equal(t, err.Error(), "crib: cancelled (explicit: no more of it)")
			equal(t, errors.Is(err, context.DeadlineExceeded), false)
			is(t, crib.Checkpoint(ctx), crib.ErrCancelled)
			return err
		})
		equal(t, caught, true)
		return err
	})
}

func TestACancelDoesNotTurnSuccessIntoFailure(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(_ context.Context, s *crib.Scope) error {
			s.Cancel("")
			return nil
		})
		equal(t, caught, false)
		return err
	})
}

func TestAShieldKeepsCancelsOut(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		cleaned := false
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			err := sleeper(ctx)
			none(t, crib.Shielded(ctx, func(ctx context.Context) error {
				if _, has := ctx.Deadline(); has {
					t.Error("the deadline shows through the shield")
				}
				cleaned = true
				equal(t, ctx.Err(), nil)
				return crib.Sleep(ctx, second)
			}))
			return err
		})
		equal(t, timedOut, true)
		equal(t, cleaned, true)
		return err
	})
}

func TestAShieldIsLowered(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			_, err := crib.WithScope(ctx, crib.ScopeOptions{Shield: crib.FullShield}, func(ctx context.Context, s *crib.Scope) error {
				none(t, crib.Sleep(ctx, 2*second))
				s.SetShield(false)
				return crib.Checkpoint(ctx)
			})
			return err
		})
		equal(t, timedOut, true)
		return err
	})
}

func TestTheContextOfAnOuterScopeReachesOutOfAShield(t *testing.T) {
	ok(t, func(outer context.Context) error {
		timedOut, err := crib.MoveOnAfter(outer, second, func(middle context.Context) error {
			return crib.Shielded(middle, func(context.Context) error { return sleeper(middle) })
		})
		equal(t, timedOut, true)
		return err
	})
}

func TestADeadlineIsMoved(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		began := crib.Now(ctx)
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{Timeout: second}, func(ctx context.Context, s *crib.Scope) error {
			d, has := ctx.Deadline()
			equal(t, has, true)
			equal(t, d, began.Add(second))
			s.SetDeadline(began.Add(3 * second))
			d, _ = ctx.Deadline()
			equal(t, d, began.Add(3*second))
			s.SetDeadline(time.Time{})
			_, has = ctx.Deadline()
			equal(t, has, false)
			s.SetDeadline(began.Add(2 * second))
			return sleeper(ctx)
		})
		equal(t, caught, true)
		equal(t, crib.Now(ctx).Sub(began), 2*second)
		return err
	})
}

func TestTheEarliestDeadlineAroundCounts(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		began := crib.Now(ctx)
		_, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			_, err := crib.MoveOnAfter(ctx, 5*second, func(ctx context.Context) error {
				return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
					n.Go(func(ctx context.Context) error {
						d, _ := ctx.Deadline()
						equal(t, d, began.Add(second))
						return nil
					})
				})
			})
			return err
		})
		return err
	})
}

func TestADrainEndsGracefulScopesOnly(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		order := ""
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
				n.Go(func(ctx context.Context) error { // takes requests
					_, err := crib.WithScope(ctx, crib.ScopeOptions{Graceful: true}, func(ctx context.Context, _ *crib.Scope) error {
						return sleeper(ctx)
					})
					order += "idle "
					return err
				})
				n.Go(func(ctx context.Context) error { // a request in flight
					err := crib.Sleep(ctx, 3*second)
					equal(t, ctx.Err(), nil)
					order += "served "
					return err
				})
				n.Go(func(ctx context.Context) error {
					err := sleeper(ctx)
					order += "hard"
					return err
				})
				none(t, crib.Sleep(ctx, second))
				s.CancelSoft(crib.Drain, 5*second, "shutdown")
				equal(t, s.RemainingGrace(), 5*second)
				equal(t, ctx.Err(), nil)
			})
		})
		equal(t, caught, true)
		equal(t, order, "idle served hard")
		return err
	})
}

func TestASoftInterruptSparesSoftShields(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		began := crib.Now(ctx)
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			s.CancelSoft(crib.Interrupt, 5*second, "")
			equal(t, ctx.Err(), context.Canceled)
			err := sleeper(ctx)
			is(t, err, crib.ErrCancelled)
			_, inner := crib.WithScope(ctx, crib.ScopeOptions{Shield: crib.SoftShield}, func(ctx context.Context, _ *crib.Scope) error {
				none(t, crib.Sleep(ctx, second))
				return sleeper(ctx)
			})
			return errors.Join(err, inner)
		})
		equal(t, caught, true)
		equal(t, crib.Now(ctx).Sub(began), 5*second)
		return err
	})
}

func TestOneScopeCancelsAnother(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, first *crib.Scope) error {
			caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
				_, err := crib.WithScope(ctx, crib.ScopeOptions{Shield: crib.FullShield}, func(ctx context.Context, third *crib.Scope) error {
					first.CancelsToo(third)
					first.Cancel("all")
					return crib.Checkpoint(ctx)
				})
				return err
			})
			_ = caught
			return err
		})
		return err
	})
}

func TestAContextOfABlockThatHasEndedIsMisuse(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		var kept context.Context
		var scope *crib.Scope
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			kept, scope = ctx, s
			return nil
		})
		none(t, err)
		equal(t, kept.Err(), context.Canceled)
		<-kept.Done()
		err = crib.Sleep(kept, second)
		is(t, err, crib.ErrMisuse)
		if !strings.Contains(err.Error(), "has ended") {
			t.Error(err)
		}
		scope.Cancel("") // has no effect
		is(t, crib.WithNursery(kept, func(context.Context, *crib.Nursery) error { return nil }), crib.ErrMisuse)
		none(t, crib.Sleep(ctx, second))
		return nil
	})
}
