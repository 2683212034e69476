package crib_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"libcrib/crib"
)

func TestASwitchAllocatesNothing(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch, names := crib.NewChan[int](ctx, 0), crib.NewChan[string](ctx, 0)
		lock, limiter := crib.NewLock(ctx), crib.NewLimiter(ctx, 1)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				for {
					if err := ch.Send(ctx, 1); err != nil {
						return err
					}
				}
			})
			n.Go(func(ctx context.Context) error {
				for {
					if err := names.Send(ctx, "name"); err != nil {
						return err
					}
				}
			})
			for name, f := range map[string]func(){
				"checkpoint": func() { none(t, crib.Checkpoint(ctx)) },
				"sleep":      func() { none(t, crib.Sleep(ctx, ms)) },
				"receive":    func() { _, err := ch.Recv(ctx); none(t, err) },
				"text":       func() { _, err := names.Recv(ctx); none(t, err) },
				"lock":       func() { none(t, lock.Acquire(ctx)); lock.Release() },
				"limiter":    func() { none(t, limiter.Acquire(ctx)); limiter.Release() },
			} {
				if allocs := testing.AllocsPerRun(1000, f); allocs != 0 {
					t.Errorf("%s: %v allocations", name, allocs)
				}
			}
			n.Cancel("")
		})
	})
}

func TestTenThousandTasks(t *testing.T) {
	const tasks = 10_000
	ok(t, func(ctx context.Context) error {
		ch, start := crib.NewChan[int](ctx, 0), crib.NewEvent(ctx)
		sum := 0
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for i := range tasks {
				n.Go(func(ctx context.Context) error {
					if err := start.Wait(ctx); err != nil {
						return err
					}
					return ch.Send(ctx, i)
				})
			}
			none(t, crib.Sleep(ctx, second))
			equal(t, n.Count(), tasks)
			start.Set()
			for range tasks {
				v, err := ch.Recv(ctx)
				if err != nil {
					return err
				}
				sum += v
			}
			return nil
		})
		equal(t, sum, tasks*(tasks-1)/2)
		return err
	})
}

func TestTenThousandTasksAreCancelledAtOnce(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		cancelled := 0
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
				for range 10_000 {
					n.Go(func(ctx context.Context) error {
						err := sleeper(ctx)
						if ctx.Err() == context.DeadlineExceeded {
							cancelled++
						}
						return err
					})
				}
			})
		})
		equal(t, timedOut, true)
		equal(t, cancelled, 10_000)
		return err
	})
}

func TestDeepNesting(t *testing.T) {
	var nest func(ctx context.Context, depth int) error
	nest = func(ctx context.Context, depth int) error {
		if depth == 0 {
			return sleeper(ctx)
		}
		return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error { return nest(ctx, depth-1) })
		})
	}
	ok(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error { return nest(ctx, 300) })
		equal(t, timedOut, true)
		return err
	})
}

// scenario uses a little of everything; it succeeds, or ends with the cancel.
func scenario(ctx context.Context) error {
	ch, done := crib.NewChan[*int](ctx, 1), crib.NewChan[int](ctx, 0)
	lock, token := crib.NewLock(ctx), crib.NewToken(ctx, "t")
	limiter, semaphore := crib.NewLimiter(ctx, 1), crib.NewSemaphore(ctx, 1, 0)
	defer ch.Receiver.Close()
	defer done.Receiver.Close()
	worker := func(ctx context.Context, started func()) error {
		if err := limiter.Acquire(ctx); err != nil {
			return err
		}
		limiter.Release()
		started()
		for v, err := range ch.All(ctx) {
			if err != nil {
				return err
			}
			if err := lock.With(ctx, func() error { return crib.Sleep(ctx, ms) }); err != nil {
				return fmt.Errorf("item: %w", err)
			}
			if _, err := crib.Select(ctx, crib.OnSend(done, *v), crib.OnToken(token)); err != nil {
				return err
			}
		}
		return nil
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		for range 2 {
			if err := n.Start(ctx, worker); err != nil {
				return err
			}
		}
		n.Go(func(ctx context.Context) error {
			defer ch.Close()
			for i := range 3 {
				if err := ch.Send(ctx, &i); err != nil {
					return err
				}
				if err := semaphore.Acquire(ctx); err != nil {
					return err
				}
				semaphore.Release()
			}
			return nil
		})
		for range 3 {
			if _, err := done.Recv(ctx); err != nil {
				return err
			}
		}
		if err := crib.FailAfter(ctx, ms, sleeper); !errors.Is(err, crib.ErrTooSlow) {
			return err
		}
		_, err := crib.Await(ctx, func() (int, error) { return 0, nil })
		return err
	})
}

// cancelledAt runs the scenario and cancels it after so many quarters of a millisecond; false when it has ended before.
func cancelledAt(t *testing.T, seed uint64, moment int) (more bool) {
	err := runWith(t, crib.Options{Clock: crib.MockClock, Seed: seed}, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			var killer *crib.Task
			caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
				killer = n.Go(func(ctx context.Context) error {
					if err := crib.Sleep(ctx, time.Duration(moment)*ms/4); err != nil {
						return err
					}
					more = true
					s.Cancel("sweep")
					return nil
				})
				return scenario(ctx)
			})
			if err != nil {
				t.Errorf("seed %d, moment %d: %v", seed, moment, err)
			}
			_ = caught
			killer.Cancel("")
			return nil
		})
	})
	if err != nil {
		t.Errorf("seed %d, moment %d: %v", seed, moment, err)
	}
	return more
}

func TestACancelAtEveryMomentLeavesNothing(t *testing.T) {
	for seed := range uint64(8) {
		moment := 0
		for moment < 60 && cancelledAt(t, seed, moment) { // it may find the scenario in Await, whatever the moment
			moment++
		}
		if moment < 5 {
			t.Errorf("only %d moments", moment)
		}
	}
}

func TestACancelAfterEveryCheckpointLeavesNothing(t *testing.T) {
	for seed := range uint64(4) {
		for checkpoints := range 60 {
			err := runWith(t, crib.Options{Clock: crib.MockClock, Seed: seed, Strict: seed%2 == 1}, func(ctx context.Context) error {
				_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
					return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
						killer := n.Go(func(ctx context.Context) error {
							for range checkpoints {
								if err := crib.Checkpoint(ctx); err != nil {
									return err
								}
							}
							s.Cancel("sweep")
							return nil
						})
						err := scenario(ctx)
						killer.Cancel("")
						return err
					})
				})
				return err
			})
			if err != nil {
				t.Fatalf("seed %d, checkpoint %d: %v", seed, checkpoints, err)
			}
		}
	}
}

func TestTheGarbageCollectorMayComeAtAnyTime(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	until := time.Now().Add(second)
	for seed := uint64(0); time.Now().Before(until); seed++ {
		err := crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock, Seed: seed}, func(ctx context.Context) error {
			return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
				for range 10 {
					n.Go(scenario)
					n.Go(func(ctx context.Context) error {
						_, err := crib.MoveOnAfter(ctx, time.Duration(seed%7)*ms, scenario)
						return err
					})
				}
			})
		})
		none(t, err)
	}
	close(stop)
	<-stopped
}

func TestManyRunsLeaveNoThreadsOrGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 200 {
		none(t, crib.Run(context.Background(), func(ctx context.Context) error {
			return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
				for range 10 {
					n.Go(crib.Checkpoint)
				}
			})
		}))
	}
	for i := 0; runtime.NumGoroutine() > before; i++ {
		if i == 1000 {
			t.Fatalf("%d goroutines are left", runtime.NumGoroutine()-before)
		}
		time.Sleep(ms)
	}
}

func TestABurstOfTasksGivesItsCoroutinesBack(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		before := runtime.NumGoroutine()
		none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			for range 5000 {
				n.Go(crib.Checkpoint)
			}
		}))
		if left := runtime.NumGoroutine() - before; left > 1100 {
			t.Errorf("%d goroutines", left)
		}
		return nil
	})
}

func TestASegmentationFaultElsewhereIsStillAPanic(t *testing.T) {
	real(t, func(ctx context.Context) error {
		_, err := crib.Await(ctx, func() (_ int, err error) {
			defer func() {
				if recover() == nil {
					err = errBoom
				}
			}()
			var p *int
			return *p, nil
		})
		return err
	})
}
