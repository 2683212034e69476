package crib_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"libcrib/crib"
)

func TestRunReturnsWhatItsFunctionReturns(t *testing.T) {
	none(t, run(t, func(context.Context) error { return nil }))
	if err := run(t, func(context.Context) error { return errBoom }); err != errBoom {
		t.Errorf("not the same value: %v", err)
	}
}

func TestOneRunFollowsAnother(t *testing.T) {
	for range 20 {
		ok(t, func(ctx context.Context) error { return crib.Sleep(ctx, second) })
	}
}

func TestRunsInSeveralGoroutinesDoNotMeet(t *testing.T) {
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			err := crib.Run(context.Background(), func(ctx context.Context) error {
				ch := crib.NewChan[int](ctx, 0)
				return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
					n.Go(func(ctx context.Context) error { return ch.Send(ctx, 1) })
					n.Go(func(ctx context.Context) error { _, err := ch.Recv(ctx); return err })
				})
			})
			if err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
}

func TestARunInsideARunIsRefused(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		is(t, crib.Run(ctx, func(context.Context) error { return nil }), crib.ErrMisuse)
		return nil
	})
}

func TestARunInAnotherGoroutineIsAwaited(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		got, err := crib.Await(ctx, func() (int, error) {
			n := 0
			err := crib.Run(ctx, func(ctx context.Context) error {
				n = 7
				return crib.Checkpoint(ctx)
			})
			return n, err
		})
		equal(t, got, 7)
		return err
	})
}

func TestTheEndOfTheContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		time.Sleep(5 * ms)
		cancel(errBoom)
	}()
	err := crib.Run(ctx, func(ctx context.Context) error {
		err := sleeper(ctx)
		is(t, err, context.Canceled)
		is(t, err, errBoom)
		is(t, context.Cause(ctx), errBoom)
		return err
	})
	is(t, err, context.Canceled)
	is(t, err, errBoom)
}

func TestTheDeadlineOfTheContextEndsTheRun(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*ms)
	defer cancel()
	err := crib.Run(ctx, func(inner context.Context) error {
		got, has := inner.Deadline()
		want, _ := ctx.Deadline()
		if !has || !got.Equal(want) {
			t.Errorf("deadline %v, want %v", got, want)
		}
		err := sleeper(inner)
		equal(t, inner.Err(), context.DeadlineExceeded)
		return err
	})
	equal(t, err, context.DeadlineExceeded)
}

func TestAContextThatHasEndedBeginsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := crib.Run(ctx, func(ctx context.Context) error { return crib.Checkpoint(ctx) })
	equal(t, err, context.Canceled)
}

func TestARunThatSucceedsNeverthelessSucceeds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	none(t, crib.Run(ctx, func(ctx context.Context) error { return nil }))
}

func TestADeadlockIsReported(t *testing.T) {
	err := run(t, func(ctx context.Context) error { return crib.NewEvent(ctx).Wait(ctx) })
	is(t, err, crib.ErrDeadlock)
}

func TestWaitingForAContextIsNoDeadlock(t *testing.T) {
	err := crib.Run(context.Background(), func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*ms)
		defer cancel()
		return crib.NewEvent(ctx).Wait(ctx)
	})
	equal(t, err, context.DeadlineExceeded)
}

func TestAPanicInATaskIsAnErrorWithItsStack(t *testing.T) {
	err := run(t, func(ctx context.Context) error {
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(sleeper)
			n.Go(func(context.Context) error { panicHere(); return nil })
		})
	})
	var p *crib.PanicError
	if !errors.As(err, &p) || p.Value != errBoom {
		t.Fatalf("not the panic: %v", err)
	}
	is(t, err, errBoom)
	if !strings.Contains(string(p.Stack), "panicHere") {
		t.Errorf("the stack does not show where:\n%s", p.Stack)
	}
}

func panicHere() { panic(errBoom) }

func TestARuntimePanicIsAnErrorToo(t *testing.T) {
	err := run(t, func(ctx context.Context) error {
		var p *time.Time
		_ = p.Unix()
		return nil
	})
	var want runtime.Error
	if !errors.As(err, &want) {
		t.Errorf("got %v", err)
	}
}

func TestAPanicClosesTheBlocksItLeaves(t *testing.T) {
	ended := 0
	err := run(t, func(ctx context.Context) error {
		defer func() {
			equal(t, recover(), any(errBoom))
			equal(t, ended, 2)
		}()
		_, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				for range 2 {
					n.Go(func(ctx context.Context) error {
						defer func() { ended++ }()
						return sleeper(ctx)
					})
				}
				none(t, crib.Checkpoint(ctx))
				panic(errBoom)
			})
		})
		return err
	})
	none(t, err)
}

func TestErrorsOfABlockThatAPanicLeavesAreNotLost(t *testing.T) {
	err := run(t, func(ctx context.Context) error {
		defer func() { _ = recover() }()
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				_ = sleeper(ctx)
				return errBang
			})
			none(t, crib.Checkpoint(ctx))
			panic(errBoom)
		})
	})
	is(t, err, errBang)
}

func TestGoexitInATaskEndsTheRunAndTheGoroutine(t *testing.T) {
	ended, returned := 0, false
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = crib.Run(context.Background(), func(ctx context.Context) error {
			return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
				n.Go(func(ctx context.Context) error {
					defer func() { ended++ }()
					return sleeper(ctx)
				})
				for range 3 {
					n.Go(func(ctx context.Context) error {
						defer func() { ended++ }()
						runtime.Goexit()
						return nil
					})
				}
			})
		})
		returned = true
	}()
	<-done
	equal(t, ended, 4)
	equal(t, returned, false)
}

func TestTheOperationsOfATaskNeedItsContext(t *testing.T) {
	if err := crib.Sleep(context.Background(), 0); err == nil {
		t.Error("a sleep outside a run")
	}
	var kept context.Context
	ok(t, func(ctx context.Context) error {
		kept = ctx
		return nil
	})
	is(t, crib.Sleep(kept, 0), crib.ErrMisuse)
	equal(t, kept.Err(), context.Canceled)
	<-kept.Done()
}

func TestAnotherGoroutineCannotBeginAnOperation(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		_, err := crib.Await(ctx, func() (int, error) { return 0, crib.Sleep(ctx, 0) })
		is(t, err, crib.ErrMisuse)
		return nil
	})
}

func TestASeedDecidesTheOrder(t *testing.T) {
	order := func(seed uint64) (order string) {
		none(t, runWith(t, crib.Options{Clock: crib.MockClock, Seed: seed}, func(ctx context.Context) error {
			return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
				for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
					n.Go(func(ctx context.Context) error { order += name; return nil })
				}
			})
		}))
		return order
	}
	equal(t, order(0), "abcdef")
	seen := map[string]bool{}
	for seed := uint64(1); seed < 10; seed++ {
		equal(t, order(seed), order(seed))
		seen[order(seed)] = true
	}
	if len(seen) < 2 {
		t.Error("all seeds give the same order")
	}
}

func TestVirtualTimeJumps(t *testing.T) {
	began := time.Now()
	ok(t, func(ctx context.Context) error {
		equal(t, crib.Now(ctx), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC))
		equal(t, elapsed(ctx, func() { none(t, crib.Sleep(ctx, 1000*time.Hour)) }), 1000*time.Hour)
		until := crib.Now(ctx).Add(second)
		none(t, crib.SleepUntil(ctx, until))
		equal(t, crib.Now(ctx), until)
		none(t, crib.SleepUntil(ctx, until.Add(-time.Hour)))
		return nil
	})
	if time.Since(began) > 30*second {
		t.Error("it took real time")
	}
}

func TestAManualClockStandsStill(t *testing.T) {
	none(t, runWith(t, crib.Options{Clock: crib.ManualClock}, func(ctx context.Context) error {
		slept := false
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				slept = true
				defer func() { slept = false }()
				return crib.Sleep(ctx, second)
			})
			none(t, crib.WaitAllTasksBlocked(ctx, 0))
			equal(t, slept, true)
			none(t, crib.JumpClock(ctx, 999*ms))
			none(t, crib.WaitAllTasksBlocked(ctx, 0))
			equal(t, slept, true)
			none(t, crib.JumpClock(ctx, ms))
			none(t, crib.WaitAllTasksBlocked(ctx, 0))
			equal(t, slept, false)
		})
	}))
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	err := crib.RunWith(context.Background(), crib.Options{Clock: 7}, func(context.Context) error { return nil })
	is(t, err, crib.ErrMisuse)
}

func TestStatisticsCountTasks(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		before := crib.Stats(ctx)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(sleeper)
			n.Go(sleeper)
			now := crib.Stats(ctx)
			equal(t, now.TasksLiving-before.TasksLiving, 2)
			equal(t, now.TasksSpawned-before.TasksSpawned, 2)
			n.Cancel("")
		})
	})
}
