package crib_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"libcrib/crib"
)

// virtual runs an example in virtual time, in which waiting takes none.
func virtual(f func(ctx context.Context) error) {
	if err := crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, f); err != nil {
		fmt.Println("failed:", err)
	}
}

func Example() {
	app := func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, 2*time.Second, func(ctx context.Context) error {
			return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				for _, name := range []string{"ann", "bob"} {
					n.Go(func(ctx context.Context) error {
						for step := 1; ; step++ {
							if err := crib.Sleep(ctx, 800*time.Millisecond); err != nil {
								return err // cancelled: clean up and leave
							}
							fmt.Println(name, step)
						}
					})
				}
				return nil
			})
		})
		fmt.Println("time is up:", timedOut, "and no task is left")
		return err
	}
	virtual(app)
	// Output:
	// ann 1
	// bob 1
	// ann 2
	// bob 2
	// time is up: true and no task is left
}

func ExampleRun() {
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer stop()
	err := crib.Run(ctx, func(ctx context.Context) error {
		return crib.Sleep(ctx, crib.Forever)
	})
	fmt.Println(err)
	// Output: context deadline exceeded
}

func ExampleRunWith() {
	// Virtual time: the clock jumps to the next deadline when nobody can run.
	err := crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, func(ctx context.Context) error {
		began := crib.Now(ctx)
		err := crib.Sleep(ctx, 24*time.Hour)
		fmt.Println(crib.Now(ctx).Sub(began))
		return err
	})
	fmt.Println(err)
	// Output:
	// 24h0m0s
	// <nil>
}

func ExampleWithNursery() {
	virtual(func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error { return errors.New("disk full") })
			n.Go(func(ctx context.Context) error {
				err := crib.Sleep(ctx, time.Hour)
				fmt.Println("the other one:", errors.Is(err, context.Canceled))
				return err
			})
			return nil
		})
		fmt.Println(err)
		return nil
	})
	// Output:
	// the other one: true
	// disk full
}

func ExampleWithNurseryOptions() {
	virtual(func(ctx context.Context) error {
		// A supervisor: failures cancel nobody.
		o := crib.NurseryOptions{Policy: crib.Supervise, OnFailure: func(err error) { fmt.Println("heard of:", err) }}
		return crib.WithNurseryOptions(ctx, o, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error { return errors.New("bad request") })
			n.Go(func(ctx context.Context) error {
				defer fmt.Println("the other one is done")
				return crib.Sleep(ctx, time.Second)
			})
			return nil
		})
	})
	// Output:
	// heard of: bad request
	// the other one is done
}

func ExampleNursery_Go() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			t := n.Go(func(ctx context.Context) error { return crib.Sleep(ctx, time.Second) }, crib.Named("sleeper"))
			fmt.Println(t.Name(), n.Count(), t.Ended())
			if err := t.Wait(ctx); err != nil {
				return err
			}
			fmt.Println(t.Ended(), t.Result())
			return nil
		})
	})
	// Output:
	// sleeper 1 false
	// true <nil>
}

func ExampleNursery_TryGo() {
	virtual(func(ctx context.Context) error {
		one := crib.NurseryOptions{MaxChildren: 1}
		return crib.WithNurseryOptions(ctx, one, func(ctx context.Context, n *crib.Nursery) error {
			second := func(ctx context.Context) error { return crib.Sleep(ctx, time.Second) }
			n.Go(second)
			_, err := n.TryGo(second)
			fmt.Println(errors.Is(err, crib.ErrWouldBlock))
			_, err = n.GoWait(ctx, second) // waits for the first to end
			return err
		})
	})
	// Output: true
}

func ExampleNursery_Start() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			err := n.Start(ctx, func(ctx context.Context, started func()) error {
				fmt.Println("opening")
				if err := crib.Sleep(ctx, time.Second); err != nil {
					return err
				}
				started()
				return crib.Sleep(ctx, time.Second)
			})
			fmt.Println("open:", err == nil)
			return n.WaitIdle(ctx)
		})
	})
	// Output:
	// opening
	// open: true
}

func ExampleStart() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			port, err := crib.Start(ctx, n, func(ctx context.Context, started func(int)) error {
				started(8080) // it listens; whoever started it may go on
				return crib.Sleep(ctx, time.Minute)
			})
			fmt.Println(port, err)
			return nil
		})
	})
	// Output: 8080 <nil>
}

func ExampleTask_Cancel() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			t := n.Go(func(ctx context.Context) error { return crib.Sleep(ctx, crib.Forever) })
			if err := crib.Checkpoint(ctx); err != nil { // let it begin
				return err
			}
			t.Cancel("not needed any more")
			fmt.Println(t.Wait(ctx))
			return nil // the nursery has not failed
		})
	})
	// Output: crib: cancelled (explicit: not needed any more)
}

func ExampleMap() {
	virtual(func(ctx context.Context) error {
		squares, err := crib.Map(ctx, 2, []int{1, 2, 3, 4}, func(ctx context.Context, n int) (int, error) {
			return n * n, crib.Sleep(ctx, time.Second)
		})
		fmt.Println(squares, err)
		return nil
	})
	// Output: [1 4 9 16] <nil>
}

func ExampleFirst() {
	virtual(func(ctx context.Context) error {
		mirror := func(name string, latency time.Duration) func(context.Context) (string, error) {
			return func(ctx context.Context) (string, error) { return name, crib.Sleep(ctx, latency) }
		}
		name, err := crib.First(ctx, mirror("far", 300*time.Millisecond), mirror("near", 20*time.Millisecond))
		fmt.Println(name, err)
		return nil
	})
	// Output: near <nil>
}

func ExampleMoveOnAfter() {
	virtual(func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			if err := crib.Sleep(ctx, time.Hour); err != nil {
				return fmt.Errorf("waiting for an answer: %w", err)
			}
			return nil
		})
		fmt.Println(timedOut, err)
		return nil
	})
	// Output: true <nil>
}

func ExampleFailAfter() {
	virtual(func(ctx context.Context) error {
		err := crib.FailAfter(ctx, time.Second, func(ctx context.Context) error { return crib.Sleep(ctx, time.Hour) })
		fmt.Println(err, errors.Is(err, context.DeadlineExceeded))
		return nil
	})
	// Output: crib: the deadline passed true
}

func ExampleMoveOnAt() {
	virtual(func(ctx context.Context) error {
		midnight := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC) // virtual time begins a day before
		timedOut, err := crib.MoveOnAt(ctx, midnight, func(ctx context.Context) error {
			return crib.Sleep(ctx, crib.Forever)
		})
		fmt.Println(timedOut, crib.Now(ctx).Format(time.DateTime))
		return err
	})
	// Output: true 2000-01-02 00:00:00
}

func ExampleFailAt() {
	virtual(func(ctx context.Context) error {
		err := crib.FailAt(ctx, crib.Now(ctx).Add(time.Second), func(ctx context.Context) error {
			return crib.SleepUntil(ctx, crib.Now(ctx).Add(time.Hour))
		})
		fmt.Println(errors.Is(err, crib.ErrTooSlow))
		return nil
	})
	// Output: true
}

func ExampleShielded() {
	virtual(func(ctx context.Context) error {
		_, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			err := crib.Sleep(ctx, time.Hour)
			return errors.Join(err, crib.Shielded(ctx, func(ctx context.Context) error {
				defer fmt.Println("said goodbye")
				return crib.Sleep(ctx, 100*time.Millisecond) // works, although the scope around is cancelled
			}))
		})
		return err
	})
	// Output: said goodbye
}

func ExampleWithScope() {
	virtual(func(ctx context.Context) error {
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			s.Cancel("changed my mind")
			fmt.Println(s.Cancelled(), ctx.Err())
			err := crib.Checkpoint(ctx)
			fmt.Println(err)
			return err
		})
		fmt.Println(caught, err)
		return nil
	})
	// Output:
	// true context canceled
	// crib: cancelled (explicit: changed my mind)
	// true <nil>
}

func ExampleScope_SetDeadline() {
	virtual(func(ctx context.Context) error {
		began := crib.Now(ctx)
		_, err := crib.WithScope(ctx, crib.ScopeOptions{Timeout: time.Second}, func(ctx context.Context, s *crib.Scope) error {
			for range 3 { // each sign of life gives another second
				if err := crib.Sleep(ctx, 900*time.Millisecond); err != nil {
					return err
				}
				s.SetDeadline(crib.Now(ctx).Add(time.Second))
			}
			return crib.Sleep(ctx, crib.Forever)
		})
		fmt.Println(crib.Now(ctx).Sub(began))
		return err
	})
	// Output: 3.7s
}

func ExampleScope_SetShield() {
	virtual(func(ctx context.Context) error {
		_, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			shielded := crib.ScopeOptions{Shield: crib.FullShield}
			_, err := crib.WithScope(ctx, shielded, func(ctx context.Context, s *crib.Scope) error {
				if err := crib.Sleep(ctx, time.Minute); err != nil {
					return err
				}
				s.SetShield(false)
				err := crib.Checkpoint(ctx)
				fmt.Println(err)
				return err
			})
			return err
		})
		return err
	})
	// Output: crib: cancelled (deadline)
}

func ExampleScope_CancelSoft() {
	virtual(func(ctx context.Context) error {
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			s.CancelSoft(crib.Drain, 10*time.Second, "shutdown")
			fmt.Println("a request may go on for", s.RemainingGrace())
			return crib.Sleep(ctx, crib.Forever)
		})
		fmt.Println("cut off after ten seconds:", crib.Now(ctx).Second())
		return err
	})
	// Output:
	// a request may go on for 10s
	// cut off after ten seconds: 10
}

func ExampleScope_CancelsToo() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			return crib.WithNursery(ctx, func(ctx context.Context, other *crib.Nursery) error {
				n.CancelsToo(&other.Scope)
				other.Go(func(ctx context.Context) error {
					err := crib.Sleep(ctx, crib.Forever)
					fmt.Println(errors.Is(err, context.Canceled))
					return err
				})
				if err := crib.Checkpoint(ctx); err != nil {
					return err
				}
				n.Cancel("")
				return nil
			})
		})
	})
	// Output: true
}

func ExampleGraceful() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				told, err := crib.Graceful(ctx, func(ctx context.Context) error {
					return crib.Sleep(ctx, crib.Forever) // waits for work
				})
				fmt.Println("told to stop:", told)
				return err
			})
			if err := crib.Sleep(ctx, time.Second); err != nil {
				return err
			}
			n.CancelSoft(crib.Drain, time.Minute, "shutdown")
			return nil
		})
	})
	// Output: told to stop: true
}

func ExampleCancelledError() {
	virtual(func(ctx context.Context) error {
		_, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			err := crib.Sleep(ctx, crib.Forever)
			var cancelled *crib.CancelledError
			if errors.As(err, &cancelled) {
				fmt.Println(cancelled.Source, errors.Is(err, context.Canceled), context.Cause(ctx) == err)
			}
			return err
		})
		return err
	})
	// Output: deadline true true
}

func ExampleGroup() {
	virtual(func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error { return errors.New("one") })
			n.Go(func(ctx context.Context) error { return errors.New("two") })
			return nil
		})
		var all *crib.Group
		if errors.As(err, &all) {
			for _, err := range all.Errors {
				fmt.Println(err)
			}
		}
		return nil
	})
	// Output:
	// one
	// two
}

func ExamplePanicError() {
	err := crib.Run(context.Background(), func(ctx context.Context) error {
		m := map[string]*int{}
		fmt.Println(*m["x"])
		return nil
	})
	var panicked *crib.PanicError
	if errors.As(err, &panicked) {
		fmt.Println(panicked.Value)
	}
	// Output: runtime error: invalid memory address or nil pointer dereference
}

func ExampleError() {
	virtual(func(ctx context.Context) error {
		ch := crib.NewChan[int](ctx, 0)
		ch.Close()
		_, err := ch.Recv(ctx)
		fmt.Println(errors.Is(err, crib.ErrEndOfChannel), err)
		return nil
	})
	// Output: true crib: end of channel
}

func ExampleAwait() {
	err := crib.Run(context.Background(), func(ctx context.Context) error {
		answer, err := crib.Await(ctx, func() (string, error) {
			time.Sleep(time.Millisecond) // code that blocks has a goroutine of its own
			return "42", nil
		})
		fmt.Println(answer)
		return err
	})
	fmt.Println(err)
	// Output:
	// 42
	// <nil>
}

func ExampleAwaitOrLeave() {
	err := crib.Run(context.Background(), func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, 5*time.Millisecond, func(ctx context.Context) error {
			_, err := crib.AwaitOrLeave(ctx, func() (int, error) {
				time.Sleep(time.Second) // cannot be told to stop
				return 0, nil
			})
			return err
		})
		fmt.Println(timedOut)
		return err
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExamplePortal() {
	err := crib.Run(context.Background(), func(ctx context.Context) error {
		portal := crib.NewPortal(ctx)
		defer portal.Close()
		clicks := crib.NewChan[string](ctx, crib.Unbounded)
		go func() { // some other part of the program
			_ = portal.Post(func() { _ = clicks.TrySend("clicked") })
		}()
		click, err := clicks.Recv(ctx)
		fmt.Println(click)
		return err
	})
	fmt.Println(err)
	// Output:
	// clicked
	// <nil>
}

func ExampleSleep() {
	virtual(func(ctx context.Context) error {
		for range 2 {
			if err := crib.Sleep(ctx, time.Second); err != nil {
				return err
			}
			fmt.Println("tick")
		}
		return nil
	})
	// Output:
	// tick
	// tick
}

func ExampleCheckpoint() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for _, name := range []string{"a", "b"} {
				n.Go(func(ctx context.Context) error {
					for step := range 2 {
						fmt.Println(name, step)
						if err := crib.Checkpoint(ctx); err != nil { // the others' turn
							return err
						}
					}
					return nil
				})
			}
			return nil
		})
	})
	// Output:
	// a 0
	// b 0
	// a 1
	// b 1
}

func ExampleJumpClock() {
	o := crib.Options{Clock: crib.ManualClock}
	err := crib.RunWith(context.Background(), o, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				defer fmt.Println("an hour later")
				return crib.Sleep(ctx, time.Hour)
			})
			if err := crib.WaitAllTasksBlocked(ctx, 0); err != nil {
				return err
			}
			return crib.JumpClock(ctx, time.Hour)
		})
	})
	fmt.Println(err)
	// Output:
	// an hour later
	// <nil>
}

func ExampleStats() {
	virtual(func(ctx context.Context) error {
		before := crib.Stats(ctx).TasksSpawned
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for range 3 {
				n.Go(crib.Checkpoint)
			}
			return nil
		})
		fmt.Println(crib.Stats(ctx).TasksSpawned - before)
		return err
	})
	// Output: 3
}
