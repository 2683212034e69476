package crib_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"libcrib/crib"
)

func ExampleNewChan() {
	virtual(func(ctx context.Context) error {
		words := crib.NewChan[string](ctx, 0)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				defer words.Close()
				for _, word := range []string{"to", "be"} {
					if err := words.Send(ctx, word); err != nil {
						return err
					}
				}
				return nil
			})
			for word, err := range words.All(ctx) {
				if err != nil {
					return err
				}
				fmt.Println(word)
			}
			return nil
		})
	})
	// Output:
	// to
	// be
}

func ExampleNewChanWith() {
	virtual(func(ctx context.Context) error {
		latest := crib.NewChanWith[string](ctx, crib.ChanOptions{Overflow: crib.KeepLatest})
		for _, price := range []string{"10", "11", "12"} {
			if err := latest.Send(ctx, price); err != nil { // never waits
				return err
			}
		}
		price, err := latest.Recv(ctx)
		fmt.Println(price, latest.Stats().Dropped)
		return err
	})
	// Output: 12 2
}

func ExampleSender_Clone() {
	virtual(func(ctx context.Context) error {
		ch := crib.NewChan[int](ctx, 0)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for i := range 3 {
				tx := ch.Sender.Clone() // the channel ends when the last sender is closed
				n.Go(func(ctx context.Context) error {
					defer tx.Close()
					return tx.Send(ctx, i)
				})
			}
			ch.Sender.Close()
			sum := 0
			for v, err := range ch.Receiver.All(ctx) {
				if err != nil {
					return err
				}
				sum += v
			}
			fmt.Println(sum)
			return nil
		})
	})
	// Output: 3
}

func ExampleReceiver_Clone() {
	virtual(func(ctx context.Context) error {
		ch := crib.NewChan[int](ctx, 4)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for worker := range 2 {
				rx := ch.Receiver.Clone() // each value goes to one of them
				n.Go(func(ctx context.Context) error {
					defer rx.Close()
					v, err := rx.Recv(ctx)
					fmt.Println("worker", worker, "has", v)
					return err
				})
			}
			if err := ch.Sender.Send(ctx, 7); err != nil {
				return err
			}
			return ch.Sender.Send(ctx, 8)
		})
	})
	// Output:
	// worker 0 has 7
	// worker 1 has 8
}

func ExampleSender_CloseWith() {
	virtual(func(ctx context.Context) error {
		lines := crib.NewChan[string](ctx, 1)
		if err := lines.Send(ctx, "first"); err != nil {
			return err
		}
		lines.CloseWith(errors.New("connection reset"))
		for line, err := range lines.All(ctx) {
			fmt.Printf("%q %v\n", line, err)
		}
		return nil
	})
	// Output:
	// "first" <nil>
	// "" connection reset
}

func ExampleChan_TrySend() {
	virtual(func(ctx context.Context) error {
		ch := crib.NewChan[int](ctx, 1)
		fmt.Println(ch.TrySend(1), errors.Is(ch.TrySend(2), crib.ErrWouldBlock))
		fmt.Println(ch.TryRecv())
		more := ch.Clone()
		fmt.Println(more.Stats().Senders)
		return nil
	})
	// Output:
	// <nil> true
	// 1 <nil>
	// 2
}

func ExampleSelect() {
	virtual(func(ctx context.Context) error {
		numbers, done := crib.NewChan[int](ctx, 1), crib.NewEvent(ctx)
		if err := numbers.Send(ctx, 5); err != nil {
			return err
		}
		for {
			var number int
			switch chosen, err := crib.Select(ctx,
				crib.OnRecv(numbers, &number),
				crib.OnEvent(done),
				crib.OnAfter(time.Second),
			); {
			case err != nil:
				return err
			case chosen == 0:
				fmt.Println("a number:", number)
			case chosen == 1:
				fmt.Println("done")
				return nil
			case chosen == 2:
				fmt.Println("nothing for a second")
				done.Set()
			}
		}
	})
	// Output:
	// a number: 5
	// nothing for a second
	// done
}

func ExampleSelectInOrder() {
	virtual(func(ctx context.Context) error {
		urgent, normal := crib.NewChan[string](ctx, 1), crib.NewChan[string](ctx, 1)
		_, _ = urgent.TrySend("u"), normal.TrySend("n")
		var got string
		for range 2 {
			if _, err := crib.SelectInOrder(ctx, crib.OnRecv(urgent, &got), crib.OnRecv(normal, &got)); err != nil {
				return err
			}
			fmt.Println(got)
		}
		_, err := crib.TrySelect(ctx, crib.OnRecv(urgent, &got), crib.Never())
		fmt.Println(errors.Is(err, crib.ErrWouldBlock))
		return nil
	})
	// Output:
	// u
	// n
	// true
}

func ExampleClause() {
	virtual(func(ctx context.Context) error {
		lock, permits, stop := crib.NewLock(ctx), crib.NewSemaphore(ctx, 0, 0), crib.NewToken(ctx, "stop")
		out := crib.NewChan[int](ctx, 0)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			task := n.Go(func(ctx context.Context) error { return crib.Sleep(ctx, time.Second) })
			chosen, err := crib.Select(ctx,
				crib.OnSend(out, 1),
				crib.OnSemaphore(permits),
				crib.OnToken(stop),
				crib.OnTask(task),
				crib.OnTime(crib.Now(ctx).Add(time.Minute)),
			)
			fmt.Println(chosen, err)
			chosen, err = crib.Select(ctx, crib.OnLock(lock))
			fmt.Println(chosen, err)
			lock.Release()
			return nil
		})
	})
	// Output:
	// 3 <nil>
	// 0 <nil>
}

func ExampleEvent() {
	virtual(func(ctx context.Context) error {
		ready := crib.NewEvent(ctx)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for range 2 {
				n.Go(func(ctx context.Context) error {
					err := ready.Wait(ctx)
					fmt.Println("go on:", ready.IsSet())
					return err
				})
			}
			err := crib.Sleep(ctx, time.Second)
			ready.Set()
			return err
		})
	})
	// Output:
	// go on: true
	// go on: true
}

func ExampleLock() {
	virtual(func(ctx context.Context) error {
		lock, balance := crib.NewLock(ctx), 0
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for range 10 {
				n.Go(func(ctx context.Context) error {
					return lock.With(ctx, func() error {
						before := balance
						err := crib.Sleep(ctx, time.Millisecond) // nobody else sees it half done
						balance = before + 1
						return err
					})
				})
			}
			return nil
		})
		fmt.Println(balance)
		return err
	})
	// Output: 10
}

func ExampleLock_Recover() {
	virtual(func(ctx context.Context) error {
		lock := crib.NewLock(ctx)
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(lock.Acquire) // and ends without releasing it
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Println(errors.Is(lock.TryAcquire(), crib.ErrBroken))
		if err := lock.Recover(); err != nil {
			return err
		}
		fmt.Println("set right")
		lock.Release()
		return nil
	})
	// Output:
	// true
	// set right
}

func ExampleSemaphore() {
	virtual(func(ctx context.Context) error {
		permits := crib.NewSemaphore(ctx, 2, 2)
		if err := permits.Acquire(ctx); err != nil {
			return err
		}
		defer permits.Release()
		fmt.Println(permits.TryAcquire(), errors.Is(permits.TryAcquire(), crib.ErrWouldBlock))
		permits.Release()
		return nil
	})
	// Output: <nil> true
}

func ExampleLimiter() {
	virtual(func(ctx context.Context) error {
		limiter := crib.NewLimiter(ctx, 3)
		began := crib.Now(ctx)
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for range 9 {
				n.Go(func(ctx context.Context) error {
					if err := limiter.Acquire(ctx); err != nil {
						return err
					}
					defer limiter.Release()
					return crib.Sleep(ctx, time.Second)
				})
			}
			return nil
		})
		fmt.Println(crib.Now(ctx).Sub(began))
		limiter.SetTotal(0)
		fmt.Println(errors.Is(limiter.TryAcquire(), crib.ErrWouldBlock))
		return err
	})
	// Output:
	// 3s
	// true
}

func ExampleCondition() {
	virtual(func(ctx context.Context) error {
		changed, stock := crib.NewCondition(ctx, nil), 0
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				return changed.Lock().With(ctx, func() error {
					for stock < 2 {
						if err := changed.Wait(ctx); err != nil {
							return err
						}
					}
					fmt.Println("in stock:", stock)
					return nil
				})
			})
			for range 2 {
				if err := crib.Sleep(ctx, time.Second); err != nil {
					return err
				}
				err := changed.Lock().With(ctx, func() error {
					stock++
					changed.Notify(1)
					changed.NotifyAll()
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	// Output: in stock: 2
}

func ExampleBarrier() {
	virtual(func(ctx context.Context) error {
		barrier := crib.NewBarrier(ctx, 3)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for i := range 3 {
				n.Go(func(ctx context.Context) error {
					if err := crib.Sleep(ctx, time.Duration(i)*time.Second); err != nil {
						return err
					}
					last, err := barrier.Wait(ctx)
					if last {
						fmt.Println("all have come, the last was", i)
					}
					return err
				})
			}
			return nil
		})
	})
	// Output: all have come, the last was 2
}

func ExampleRWLock() {
	virtual(func(ctx context.Context) error {
		table := crib.NewRWLock(ctx)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			for range 3 {
				n.Go(func(ctx context.Context) error {
					if err := table.AcquireRead(ctx); err != nil {
						return err
					}
					defer table.Release()
					return crib.Sleep(ctx, time.Second) // all three at the same time
				})
			}
			n.Go(func(ctx context.Context) error {
				if err := table.AcquireWrite(ctx); err != nil {
					return err
				}
				defer table.Release()
				fmt.Println("alone after", crib.Now(ctx).Second(), "second")
				return nil
			})
			return nil
		})
	})
	// Output: alone after 1 second
}

func ExampleRWLock_TryAcquireWrite() {
	virtual(func(ctx context.Context) error {
		table := crib.NewRWLock(ctx)
		if err := table.TryAcquireWrite(); err != nil {
			return err
		}
		defer table.Release()
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(func(context.Context) error {
				fmt.Println(table.TryAcquireRead())
				return nil
			})
			return nil
		})
	})
	// Output: crib: the call would have to wait
}

func ExampleRWLock_Recover() {
	virtual(func(ctx context.Context) error {
		table := crib.NewRWLock(ctx)
		fmt.Println(errors.Is(table.Recover(), crib.ErrBusy)) // it is not broken
		return nil
	})
	// Output: true
}

func ExampleToken() {
	virtual(func(ctx context.Context) error {
		user, system := crib.NewToken(ctx, "user"), crib.NewToken(ctx, "system")
		either := user.Chain(system)
		system.Trigger()
		fmt.Println(either.Name(), either.Triggered(), either.TriggeredToken().Name())
		fmt.Println(either.Check())
		return either.Wait(ctx)
	})
	// Output:
	// user:system true system
	// Cancellation requested by system token
}

func ExampleNewExternalToken() {
	err := crib.Run(context.Background(), func(ctx context.Context) error {
		stop := crib.NewExternalToken(ctx, "stop")
		go stop.Trigger() // from any goroutine
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			stop.Cancels(s)
			return crib.Sleep(ctx, crib.Forever)
		})
		fmt.Println(caught)
		return err
	})
	fmt.Println(err)
	// Output:
	// true
	// <nil>
}

func ExampleNewTokenOfScope() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			over := crib.NewTokenOfScope(&n.Scope, "over")
			n.Cancel("")
			fmt.Println(over.Triggered())
			return nil
		})
	})
	// Output: true
}

func ExampleDump() {
	virtual(func(ctx context.Context) error {
		file, err := os.CreateTemp("", "dump")
		if err != nil {
			return err
		}
		defer os.Remove(file.Name())
		defer file.Close()
		if err := crib.Dump(ctx, file); err != nil {
			return err
		}
		text, err := os.ReadFile(file.Name())
		fmt.Println(len(text) > 0)
		return err
	})
	// Output: true
}
