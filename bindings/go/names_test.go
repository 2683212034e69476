package crib_test

import (
	"context"
	"errors"
	"syscall"
	"testing"

	"libcrib/crib"
)

// What things say of themselves: names, states, numbers.

func TestATaskMayGetAnotherName(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			task := n.Go(func(ctx context.Context) error {
				me := crib.Current(ctx)
				equal(t, me.Name(), "first")
				me.SetName("second")
				err := crib.FailAfter(ctx, second, sleeper)
				var e *crib.Error
				if !errors.As(err, &e) || e.Task != "second" {
					t.Errorf("%v of %q", err, e.Task)
				}
				return nil
			}, crib.Named("first"))
			equal(t, crib.Current(ctx).Name(), "main")
			equal(t, n.Task().Name(), "main")
			none(t, task.Wait(ctx))
			task.SetName("third") // has ended: nothing happens
			equal(t, task.Name(), "second")
			return nil
		})
	})
}

func TestNobodyIsCurrentBetweenTasks(t *testing.T) {
	equal(t, crib.Current(context.Background()), nil)
	ok(t, func(ctx context.Context) error {
		portal, done := crib.NewPortal(ctx), crib.NewEvent(ctx)
		none(t, portal.Post(func() {
			equal(t, crib.Current(ctx), nil)
			done.Set()
		}))
		defer portal.Close()
		return done.Wait(ctx)
	})
}

func TestErrorsHaveTheNamesOfTheirCodes(t *testing.T) {
	equal(t, crib.ErrTooSlow.Name(), "CRIB_ETOOSLOW")
	equal(t, (&crib.Error{Code: -int(syscall.ENOMEM)}).Name(), "UV_ENOMEM")
	equal(t, (&crib.Error{Code: -1_000_001}).Name(), "UNKNOWN")
}

func TestAScopeTellsItsState(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		var ended *crib.Scope
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			ended = s
			equal(t, s.State(), crib.StateOpen)
			equal(t, s.Source(), crib.NotCancelled)
			equal(t, s.Reason(), "")
			s.CancelSoft(crib.Drain, 2*second, "soft")
			equal(t, s.State(), crib.StateSoft)
			equal(t, s.Reason(), "soft")
			at, limited := ctx.Deadline()
			equal(t, limited, true)
			equal(t, at.Sub(crib.Now(ctx)), 2*second)
			inner, cancel := context.WithCancel(ctx)
			defer cancel()
			at, _ = inner.Deadline()
			equal(t, at.Sub(crib.Now(ctx)), 2*second)
			is(t, sleeper(ctx), crib.ErrCancelled)
			equal(t, s.State(), crib.StateCancelled)
			equal(t, s.Source(), crib.Explicit)
			return nil
		})
		equal(t, ended.State(), crib.StateClosed)
		equal(t, ended.State().String(), "closed")
		return err
	})
}

func TestHalvesOfACheckpoint(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			ran := 0
			n.Go(func(ctx context.Context) error {
				for {
					ran++
					if err := crib.Checkpoint(ctx); err != nil {
						return err
					}
				}
			})
			none(t, crib.CheckCancelled(ctx))
			equal(t, ran, 0)
			none(t, crib.Yield(ctx))
			equal(t, ran, 1)
			inner, cancel := context.WithCancel(ctx)
			cancel()
			is(t, crib.CheckCancelled(inner), context.Canceled)
			none(t, crib.Yield(inner))
			n.Cancel("")
			is(t, crib.CheckCancelled(ctx), crib.ErrCancelled)
			none(t, crib.Yield(ctx))
			return nil
		})
	})
	if crib.Yield(context.Background()) == nil {
		t.Error("outside of a run")
	}
}

func TestHowManyWait(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		event, lock, semaphore := crib.NewEvent(ctx), crib.NewLock(ctx), crib.NewSemaphore(ctx, 0, 0)
		limiter, condition, barrier := crib.NewLimiter(ctx, 0), crib.NewCondition(ctx, nil), crib.NewBarrier(ctx, 9)
		none(t, lock.Acquire(ctx))
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			wait := func(times int, f func(context.Context) error) {
				for range times {
					n.Go(f)
				}
			}
			wait(1, event.Wait)
			wait(2, lock.Acquire)
			wait(3, semaphore.Acquire)
			wait(4, limiter.Acquire)
			wait(5, func(ctx context.Context) error {
				return condition.Lock().With(ctx, func() error { return condition.Wait(ctx) })
			})
			wait(6, func(ctx context.Context) error {
				_, err := barrier.Wait(ctx)
				return err
			})
			none(t, crib.WaitAllTasksBlocked(ctx, 0))
			equal(t, event.Waiting(), 1)
			equal(t, lock.Waiting(), 2)
			equal(t, semaphore.Waiting(), 3)
			equal(t, limiter.Waiting(), 4)
			equal(t, condition.Waiting(), 5)
			equal(t, barrier.Waiting(), 6)
			rw := crib.NewRWLock(ctx)
			none(t, rw.TryAcquireRead())
			wait(1, rw.AcquireWrite)
			wait(1, rw.AcquireRead)
			none(t, crib.Checkpoint(ctx))
			equal(t, rw.Waiting(), 2)
			rw.Release()
			n.Cancel("")
			equal(t, event.Waiting()+lock.Waiting()+semaphore.Waiting()+limiter.Waiting()+barrier.Waiting(), 0)
			lock.Release()
		})
	})
}

func TestALimiterLendsToGuests(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		limiter := crib.NewLimiter(ctx, 2)
		type guest struct{ number int }
		none(t, limiter.AcquireFor(ctx, guest{1}))
		none(t, limiter.TryAcquireFor(guest{2}))
		equal(t, limiter.Borrowed(), 2)
		is(t, limiter.TryAcquireFor(guest{3}), crib.ErrWouldBlock)
		is(t, limiter.AcquireFor(ctx, guest{1}), crib.ErrMisuse)
		limiter.ReleaseFor(guest{1})
		none(t, limiter.AcquireFor(ctx, guest{1}))
		limiter.ReleaseFor(guest{1})
		limiter.ReleaseFor(guest{2})
		equal(t, limiter.Borrowed(), 0)
		defer func() { is(t, recover().(error), crib.ErrMisuse) }()
		limiter.ReleaseFor(guest{2})
		return nil
	})
}

func TestABatchIsWhatIsThere(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		numbers, words := crib.NewChan[int](ctx, crib.Unbounded), crib.NewChan[string](ctx, 2)
		for i := range 500 {
			none(t, numbers.Send(ctx, i))
		}
		got, err := numbers.RecvBatch(ctx, 400)
		none(t, err)
		equal(t, len(got), 400)
		equal(t, got[399], 399)
		got, err = numbers.RecvBatch(ctx, 400)
		none(t, err)
		equal(t, len(got), 100)
		equal(t, got[0], 400)
		_, err = numbers.RecvBatch(ctx, 0)
		is(t, err, crib.ErrMisuse)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				defer words.Close()
				for _, word := range []string{"a", "b", "c", "d"} {
					none(t, words.Send(ctx, word))
				}
				return nil
			})
			batch, err := words.RecvBatch(ctx, 10) // the first comes while it waits; the sender runs before it goes on
			none(t, err)
			equal(t, batch[0], "a")
			for len(batch) < 4 {
				more, err := words.RecvBatch(ctx, 1)
				none(t, err)
				batch = append(batch, more...)
			}
			equal(t, batch[1]+batch[2]+batch[3], "bcd")
			_, err = words.RecvBatch(ctx, 1)
			is(t, err, crib.ErrEndOfChannel)
		})
	})
}

func TestStartedTwiceChangesNothing(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			v, err := crib.Start(ctx, n, func(_ context.Context, started func(int)) error {
				started(1)
				defer func() { is(t, recover().(error), crib.ErrMisuse) }()
				started(2)
				return nil
			})
			none(t, err)
			equal(t, v, 1)
		})
	})
}

func TestStartedUnderACancelledCallerMovesNothing(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			_, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
				return n.Start(ctx, func(ctx context.Context, started func()) error {
					none(t, crib.Shielded(ctx, func(ctx context.Context) error { return crib.Sleep(ctx, 2*second) }))
					started()
					_, limited := ctx.Deadline()
					equal(t, limited, true) // still that of the caller
					return crib.Checkpoint(ctx)
				})
			})
			none(t, err)
		})
	})
}

func TestARWLockIsTriedWithoutWaiting(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		lock := crib.NewRWLock(ctx)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			none(t, lock.TryAcquireRead())
			is(t, lock.TryAcquireRead(), crib.ErrMisuse)
			other := n.Go(func(context.Context) error {
				none(t, lock.TryAcquireRead())
				lock.Release()
				is(t, lock.TryAcquireWrite(), crib.ErrWouldBlock)
				return nil
			})
			none(t, other.Wait(ctx))
			lock.Release()
			none(t, lock.TryAcquireWrite())
			n.Go(func(context.Context) error {
				is(t, lock.TryAcquireRead(), crib.ErrWouldBlock)
				return nil
			})
			err := n.WaitIdle(ctx)
			lock.Release()
			return err
		})
	})
}

func TestTheDeadlineOfASoftShieldHasItsGrace(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		o := crib.ScopeOptions{Timeout: second, Grace: 2 * second}
		_, err := crib.WithScope(ctx, o, func(ctx context.Context, _ *crib.Scope) error {
			at, _ := ctx.Deadline()
			equal(t, at.Sub(crib.Now(ctx)), second)
			none(t, crib.Sleep(ctx, 500*ms))
			_, err := crib.WithScope(ctx, crib.ScopeOptions{Shield: crib.SoftShield}, func(ctx context.Context, _ *crib.Scope) error {
				none(t, crib.Sleep(ctx, second))
				at, _ := ctx.Deadline()
				equal(t, at.Sub(crib.Now(ctx)), 1500*ms)
				return nil
			})
			return err
		})
		return err
	})
}

func TestAGuestWhoIsCancelledIsForgotten(t *testing.T) {
	ok(t, func(ctx context.Context) error { // which looks whether anybody is left
		limiter := crib.NewLimiter(ctx, 1)
		none(t, limiter.AcquireFor(ctx, 1))
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return limiter.AcquireFor(ctx, 2)
		})
		equal(t, timedOut, true)
		equal(t, limiter.Waiting(), 0)
		limiter.ReleaseFor(1)
		return err
	})
}
