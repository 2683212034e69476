package crib_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"libcrib/crib"
)

// real runs in real time, for contexts of package context.
func real(t *testing.T, f func(ctx context.Context) error) {
	t.Helper()
	none(t, runWith(t, crib.Options{}, f))
}

func TestDoneIsClosedWhenTheScopeIsCancelled(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			var child context.Context
			n.Go(func(ctx context.Context) error {
				child = ctx
				return sleeper(ctx)
			})
			none(t, crib.Checkpoint(ctx))
			done := child.Done()
			select {
			case <-done:
				t.Error("too early")
			default:
			}
			n.Cancel("")
			equal(t, child.Err(), context.Canceled)
			<-child.Done()
			<-done
		})
	})
}

func TestAGoroutineSeesTheCancel(t *testing.T) {
	real(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, 5*ms, func(ctx context.Context) error {
			_, err := crib.Await(ctx, func() (int, error) {
				<-ctx.Done()
				equal(t, ctx.Err(), context.DeadlineExceeded)
				return 0, ctx.Err()
			})
			is(t, err, context.DeadlineExceeded)
			return err
		})
		equal(t, timedOut, true)
		return err
	})
}

func TestAGoroutineSeesWhenTheCancelComes(t *testing.T) {
	real(t, func(ctx context.Context) error {
		caught, err := cancelledMeanwhile(ctx, func(ctx context.Context, cancel func()) error {
			_, err := crib.Await(ctx, func() (int, error) {
				equal(t, ctx.Err(), nil)
				cancel()
				<-ctx.Done()
				equal(t, ctx.Err(), context.Canceled)
				return 0, ctx.Err()
			})
			equal(t, err, context.Canceled)
			return err
		})
		equal(t, caught, true)
		return err
	})
}

func TestTheCauseIsTheCancelledError(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			equal(t, context.Cause(ctx), nil)
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			s.Cancel("because")
			var c *crib.CancelledError
			equal(t, errors.As(context.Cause(ctx), &c), true)
			equal(t, c.Reason, "because")
			<-derived.Done()
			equal(t, context.Cause(derived), context.Cause(ctx))
			return nil
		})
		return err
	})
}

func TestAContextDerivedFromADeadlineIsExceeded(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			derived, cancel := context.WithCancel(ctx)
			defer cancel()
			err := sleeper(ctx)
			<-derived.Done()
			equal(t, derived.Err(), context.DeadlineExceeded)
			is(t, context.Cause(derived), crib.ErrCancelled)
			return err
		})
		equal(t, timedOut, true)
		return err
	})
}

// waits are all the ways to wait that something else would end later.
func waits(ctx context.Context) map[string]func(ctx context.Context) error {
	ch := crib.NewChan[string](ctx, 0)
	lock, other := crib.NewLock(ctx), crib.NewLock(ctx)
	condition := crib.NewCondition(ctx, other)
	limiter := crib.NewLimiter(ctx, 0)
	rw := crib.NewRWLock(ctx)
	return map[string]func(ctx context.Context) error{
		"sleep":     sleeper,
		"send":      func(ctx context.Context) error { return ch.Send(ctx, "v") },
		"receive":   func(ctx context.Context) error { _, err := crib.NewChan[int](ctx, 1).Recv(ctx); return err },
		"event":     func(ctx context.Context) error { return crib.NewEvent(ctx).Wait(ctx) },
		"semaphore": func(ctx context.Context) error { return crib.NewSemaphore(ctx, 0, 0).Acquire(ctx) },
		"limiter":   limiter.Acquire,
		"barrier":   func(ctx context.Context) error { _, err := crib.NewBarrier(ctx, 2).Wait(ctx); return err },
		"token":     func(ctx context.Context) error { return crib.NewToken(ctx, "t").Wait(ctx) },
		"lock":      func(ctx context.Context) error { return held(ctx, lock.Acquire, lock.Release, lock.Acquire) },
		"read":      func(ctx context.Context) error { return held(ctx, rw.AcquireWrite, rw.Release, rw.AcquireRead) },
		"write":     func(ctx context.Context) error { return held(ctx, rw.AcquireRead, rw.Release, rw.AcquireWrite) },
		"condition": func(ctx context.Context) error {
			if err := other.Acquire(ctx); err != nil {
				return err
			}
			defer other.Release()
			return condition.Wait(ctx)
		},
		"select": func(ctx context.Context) error {
			_, err := crib.Select(ctx, crib.OnSend(ch, "x"), crib.OnEvent(crib.NewEvent(ctx)), crib.OnAfter(time.Hour*1000))
			return err
		},
		"task": func(ctx context.Context) error {
			return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error { return n.Go(sleeper).Wait(ctx) })
		},
		"idle": func(ctx context.Context) error {
			return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				n.Go(sleeper)
				return n.WaitIdle(ctx)
			})
		},
		"room": func(ctx context.Context) error {
			return crib.WithNurseryOptions(ctx, crib.NurseryOptions{MaxChildren: 1}, func(ctx context.Context, n *crib.Nursery) error {
				n.Go(sleeper)
				_, err := n.GoWait(ctx, sleeper)
				return err
			})
		},
		"start": func(ctx context.Context) error {
			return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				return n.Start(ctx, func(ctx context.Context, _ func()) error { return sleeper(ctx) })
			})
		},
		"leave": func(ctx context.Context) error {
			_, err := crib.AwaitOrLeave(ctx, func() (int, error) { <-ctx.Done(); time.Sleep(50 * ms); return 0, nil })
			return err
		},
		"await": func(ctx context.Context) error {
			_, err := crib.Await(ctx, func() (int, error) { <-ctx.Done(); return 0, ctx.Err() })
			return err
		},
	}
}

// held has another task hold something, and waits for it.
func held(ctx context.Context, acquire func(context.Context) error, release func(), wait func(context.Context) error) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		holder := func(ctx context.Context, started func()) error {
			if err := acquire(ctx); err != nil {
				return err
			}
			defer release()
			started()
			return sleeper(ctx)
		}
		if err := n.Start(ctx, holder); err != nil {
			return err
		}
		if err := wait(ctx); err != nil {
			return err
		}
		release()
		return nil
	})
}

func TestEveryOperationIsCancelledWhileItWaits(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		for name, wait := range waits(ctx) {
			caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
				return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
					n.Go(func(ctx context.Context) error {
						err := wait(ctx)
						if !errors.Is(err, context.Canceled) {
							t.Errorf("%s: %v", name, err)
						}
						return err
					})
					none(t, crib.WaitAllTasksBlocked(ctx, 0))
					s.Cancel("now")
					return nil
				})
			})
			if !caught || err != nil {
				t.Errorf("%s: %v, %v", name, caught, err)
			}
		}
		return nil
	})
}

func TestEveryOperationBeginsNothingInACancelledScope(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		for name, wait := range waits(ctx) {
			caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
				s.Cancel("before")
				return wait(ctx)
			})
			if !caught || err != nil {
				t.Errorf("%s: %v, %v", name, caught, err)
			}
		}
		return nil
	})
}

func TestAContextOfPackageContextEndsEveryOperation(t *testing.T) {
	real(t, func(ctx context.Context) error {
		for name, wait := range waits(ctx) {
			derived, cancel := context.WithTimeout(ctx, 2*ms)
			err := wait(derived)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v", name, err)
			}
			none(t, ctx.Err())
			none(t, crib.Checkpoint(ctx))
		}
		return nil
	})
}

func TestAnEndedContextOfPackageContextBeginsNothing(t *testing.T) {
	real(t, func(ctx context.Context) error {
		for name, wait := range waits(ctx) {
			derived, cancel := context.WithCancel(ctx)
			cancel()
			if err := wait(derived); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", name, err)
			}
		}
		return nil
	})
}

func TestACancelThatComesLateHitsNoOtherOperation(t *testing.T) {
	real(t, func(ctx context.Context) error {
		for range 500 {
			derived, cancel := context.WithCancel(ctx)
			if err := crib.Checkpoint(derived); err != nil {
				t.Error(err)
			}
			go cancel()
			if err := crib.Sleep(ctx, 0); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	})
}

func TestABlockUnderAContextOfPackageContextEndsWithIt(t *testing.T) {
	real(t, func(ctx context.Context) error {
		derived, cancel := context.WithCancelCause(ctx)
		err := nursery(derived, func(_ context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				go cancel(errBoom)
				err := sleeper(ctx)
				is(t, err, context.Canceled)
				is(t, err, errBoom)
				return err
			})
		})
		is(t, err, context.Canceled)
		is(t, err, errBoom)
		_, err = crib.MoveOnAfter(derived, time.Hour, sleeper)
		is(t, err, context.Canceled)
		return nil
	})
}

func TestAContextWithAValueCostsNothingMore(t *testing.T) {
	type key struct{}
	ok(t, func(ctx context.Context) error {
		derived := context.WithValue(ctx, key{}, 1)
		equal(t, derived.Value(key{}), any(1))
		timedOut, err := crib.MoveOnAfter(derived, second, func(ctx context.Context) error {
			equal(t, ctx.Value(key{}), any(1))
			return crib.Sleep(ctx, time.Hour)
		})
		equal(t, timedOut, true)
		return err
	})
}

func TestTheContextOfAnotherTaskEndsAnOperationToo(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ended := false
		err := nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			n.Go(func(mine context.Context) error {
				caught, err := crib.WithScope(mine, crib.ScopeOptions{}, func(mine context.Context, s *crib.Scope) error {
					n.Go(func(context.Context) error {
						err := sleeper(mine)
						is(t, err, context.Canceled)
						ended = true
						return nil
					})
					none(t, crib.Checkpoint(mine))
					none(t, crib.Checkpoint(mine))
					s.Cancel("")
					return crib.Checkpoint(mine)
				})
				equal(t, caught, true)
				return err
			})
		})
		equal(t, ended, true)
		return err
	})
}
