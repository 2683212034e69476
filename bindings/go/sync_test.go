package crib_test

import (
	"context"
	"errors"
	"testing"

	"libcrib/crib"
)

func TestAnEventWakesEverybody(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		e := crib.NewEvent(ctx)
		woken := 0
		none(t, nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			for range 3 {
				n.Go(func(ctx context.Context) error {
					woken++
					return e.Wait(ctx)
				})
			}
			none(t, crib.Sleep(ctx, second))
			equal(t, e.IsSet(), false)
			e.Set()
			e.Set()
			equal(t, e.IsSet(), true)
		}))
		equal(t, woken, 3)
		return e.Wait(ctx)
	})
}

func TestALockIsHeldByOneTaskInTurn(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		l := crib.NewLock(ctx)
		inside, order := 0, ""
		none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			for _, name := range []string{"a", "b", "c"} {
				n.Go(func(ctx context.Context) error {
					return l.With(ctx, func() error {
						inside++
						equal(t, inside, 1)
						order += name
						err := crib.Sleep(ctx, second)
						inside--
						return err
					})
				})
			}
		}))
		equal(t, order, "abc")
		return nil
	})
}

func TestALockThatIsHeldIsNotTried(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		l := crib.NewLock(ctx)
		none(t, l.TryAcquire())
		is(t, l.TryAcquire(), crib.ErrMisuse)
		is(t, l.Acquire(ctx), crib.ErrMisuse)
		err := nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			n.Go(func(context.Context) error {
				equal(t, l.TryAcquire(), error(crib.ErrWouldBlock))
				return nil
			})
		})
		l.Release()
		return err
	})
}

func TestReleasingWhatOneDoesNotHoldPanics(t *testing.T) {
	for name, f := range map[string]func(ctx context.Context){
		"lock":      func(ctx context.Context) { crib.NewLock(ctx).Release() },
		"rwlock":    func(ctx context.Context) { crib.NewRWLock(ctx).Release() },
		"limiter":   func(ctx context.Context) { crib.NewLimiter(ctx, 1).Release() },
		"semaphore": func(ctx context.Context) { crib.NewSemaphore(ctx, 1, 1).Release() },
		"condition": func(ctx context.Context) { crib.NewCondition(ctx, nil).NotifyAll() },
	} {
		err := run(t, func(ctx context.Context) error {
			f(ctx)
			return nil
		})
		var p *crib.PanicError
		if !errors.As(err, &p) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnOwnerThatEndsBreaksItsLock(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		l := crib.NewLock(ctx)
		none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) { n.Go(l.Acquire) }))
		equal(t, l.Acquire(ctx), error(crib.ErrBroken))
		none(t, l.Recover())
		equal(t, l.Recover(), error(crib.ErrBusy))
		l.Release()
		none(t, l.Acquire(ctx))
		l.Release()

		rw := crib.NewRWLock(ctx)
		none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) { n.Go(rw.AcquireWrite) }))
		equal(t, rw.AcquireRead(ctx), error(crib.ErrBroken))
		none(t, rw.Recover())
		equal(t, rw.Recover(), error(crib.ErrBusy))
		rw.Release()
		return nil
	})
}

func TestASemaphoreGivesItsPermits(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		s := crib.NewSemaphore(ctx, 2, 3)
		none(t, s.Acquire(ctx))
		none(t, s.TryAcquire())
		equal(t, s.TryAcquire(), error(crib.ErrWouldBlock))
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				equal(t, elapsed(ctx, func() { none(t, s.Acquire(ctx)) }), second)
				return nil
			})
			none(t, crib.Sleep(ctx, second))
			s.Release()
		})
	})
}

func TestALimiterLetsSoManyInAndTakesBackAtTheEnd(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		l := crib.NewLimiter(ctx, 2)
		inside, most := 0, 0
		enter := func(ctx context.Context) error {
			if err := l.Acquire(ctx); err != nil {
				return err
			}
			inside++
			most = max(most, inside)
			err := crib.Sleep(ctx, second)
			inside--
			return err // and the token goes back by itself
		}
		took := elapsed(ctx, func() {
			none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) {
				for range 6 {
					n.Go(enter)
				}
			}))
		})
		equal(t, most, 2)
		equal(t, took, 3*second)
		l.SetTotal(-1)
		for range 2 {
			none(t, l.Acquire(ctx))
			is(t, l.Acquire(ctx), crib.ErrMisuse)
			is(t, l.TryAcquire(), crib.ErrMisuse)
			l.Release()
			none(t, l.TryAcquire())
			l.Release()
		}
		l.SetTotal(0)
		equal(t, l.TryAcquire(), error(crib.ErrWouldBlock))
		return nil
	})
}

func TestAConditionWaitsWithTheLockHeldAgain(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		c := crib.NewCondition(ctx, nil)
		stock := 0
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			for range 2 {
				n.Go(func(ctx context.Context) error {
					return c.Lock().With(ctx, func() error {
						for stock == 0 {
							if err := c.Wait(ctx); err != nil {
								return err
							}
						}
						stock--
						return nil
					})
				})
			}
			none(t, crib.Sleep(ctx, second))
			none(t, c.Lock().Acquire(ctx))
			stock = 2
			equal(t, c.Notify(1), 1)
			equal(t, c.NotifyAll(), 1)
			c.Lock().Release()
		})
	})
}

func TestABarrierLetsAllGoTogether(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		b := crib.NewBarrier(ctx, 3)
		lasts := 0
		none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			for i := range 3 {
				n.Go(func(ctx context.Context) error {
					for range 2 {
						if err := crib.Sleep(ctx, second); err != nil {
							return err
						}
						last, err := b.Wait(ctx)
						if err != nil {
							return err
						}
						if last {
							lasts++
						}
						_ = i
					}
					return nil
				})
			}
		}))
		equal(t, lasts, 2)
		return nil
	})
}

func TestReadersReadTogetherAndWritersAlone(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		l := crib.NewRWLock(ctx)
		took := elapsed(ctx, func() {
			none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) {
				for _, acquire := range []func(context.Context) error{l.AcquireRead, l.AcquireRead, l.AcquireWrite, l.AcquireWrite, l.AcquireRead} {
					n.Go(func(ctx context.Context) error {
						if err := acquire(ctx); err != nil {
							return err
						}
						defer l.Release()
						return crib.Sleep(ctx, second)
					})
				}
			}))
		})
		equal(t, took, 4*second)
		return nil
	})
}

func TestThingsAreMadeInARun(t *testing.T) {
	expectPanic(t, func() { crib.NewEvent(context.Background()) })
	var kept context.Context
	var e *crib.Event
	ok(t, func(ctx context.Context) error {
		kept, e = ctx, crib.NewEvent(ctx)
		expectPanic(t, func() { crib.NewBarrier(ctx, 0) })
		expectPanic(t, func() { crib.NewSemaphore(ctx, 2, 1) })
		expectPanic(t, func() { crib.NewChanWith[int](ctx, crib.ChanOptions{Overflow: 9}) })
		return nil
	})
	expectPanic(t, func() { crib.NewEvent(kept) })
	expectPanic(t, func() { e.Set() })
	ok(t, func(ctx context.Context) error {
		is(t, e.Wait(ctx), crib.ErrMisuse)
		return nil
	})
}

func expectPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}
