package crib_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"testing"

	"libcrib/crib"
)

func TestValuesArriveInOrder(t *testing.T) {
	for _, capacity := range []int{0, 1, 7, crib.Unbounded} {
		ok(t, func(ctx context.Context) error {
			ch := crib.NewChan[string](ctx, capacity)
			return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
				n.Go(func(ctx context.Context) error {
					defer ch.Close()
					for i := range 100 {
						if err := ch.Send(ctx, fmt.Sprint(i)); err != nil {
							return err
						}
					}
					return nil
				})
				n.Go(func(ctx context.Context) error {
					i := 0
					for v, err := range ch.All(ctx) {
						none(t, err)
						equal(t, v, fmt.Sprint(i))
						i++
					}
					equal(t, i, 100)
					_, err := ch.Recv(ctx)
					equal(t, err, error(crib.ErrEndOfChannel))
					return nil
				})
			})
		})
	}
}

func roundTrip[T comparable](t *testing.T, ctx context.Context, values ...T) {
	t.Helper()
	ch := crib.NewChan[T](ctx, len(values))
	for _, v := range values {
		none(t, ch.Send(ctx, v))
	}
	for _, v := range values {
		got, err := ch.Recv(ctx)
		none(t, err)
		equal(t, got, v)
	}
}

func TestEveryTypeTravels(t *testing.T) {
	type named int64
	type pair struct {
		a string
		b *int
	}
	ok(t, func(ctx context.Context) error {
		roundTrip(t, ctx, 0, -1, 1<<62)
		roundTrip(t, ctx, uint64(1<<64-1), 0)
		roundTrip(t, ctx, named(-5))
		roundTrip(t, ctx, int8(-5), 7)
		roundTrip(t, ctx, true, false)
		roundTrip(t, ctx, "", "text")
		roundTrip(t, ctx, struct{}{}, struct{}{})
		roundTrip(t, ctx, pair{"x", new(int)}, pair{})
		roundTrip[any](t, ctx, nil, 5, "x")
		roundTrip[error](t, ctx, errBoom, nil)
		return nil
	})
}

func TestARendezvousWaitsForTheReceiver(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 0)
		return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				equal(t, elapsed(ctx, func() { none(t, ch.Send(ctx, "v")) }), second)
				return nil
			})
			n.Go(func(ctx context.Context) error {
				none(t, crib.Sleep(ctx, second))
				_, err := ch.Recv(ctx)
				return err
			})
		})
	})
}

func TestTryDoesNotWait(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 1)
		_, err := ch.TryRecv()
		equal(t, err, error(crib.ErrWouldBlock))
		none(t, ch.TrySend("a"))
		equal(t, ch.TrySend("b"), error(crib.ErrWouldBlock))
		v, err := ch.TryRecv()
		none(t, err)
		equal(t, v, "a")
		ch.Close()
		equal(t, ch.TrySend("c"), error(crib.ErrClosed))
		_, err = ch.TryRecv()
		equal(t, err, error(crib.ErrEndOfChannel))
		return nil
	})
}

func TestTheEndsOfAChannelAreClosedOneByOne(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 5)
		second, other := ch.Sender.Clone(), ch.Receiver.Clone()
		ch.Sender.Close()
		ch.Sender.Close()
		equal(t, ch.Send(ctx, "x"), error(crib.ErrClosed))
		none(t, second.Send(ctx, "a"))
		none(t, second.Send(ctx, "b"))
		second.Close()
		v, err := other.Recv(ctx)
		none(t, err)
		equal(t, v, "a")
		other.Close()
		_, err = other.Recv(ctx)
		equal(t, err, error(crib.ErrClosed))
		v, err = ch.Recv(ctx)
		none(t, err)
		equal(t, v, "b")
		_, err = ch.Recv(ctx)
		equal(t, err, error(crib.ErrEndOfChannel))
		return nil
	})
}

func TestSendingWithoutReceiversIsBroken(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 0)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				equal(t, ch.Send(ctx, "v"), error(crib.ErrBroken))
				return nil
			})
			none(t, crib.Checkpoint(ctx))
			ch.Receiver.Close()
		})
	})
}

func TestWaitersOnAnEndThatIsClosedWake(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 0)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				_, err := ch.Recv(ctx)
				equal(t, err, error(crib.ErrClosed))
				return nil
			})
			none(t, crib.Checkpoint(ctx))
			ch.Receiver.Close()
		})
	})
}

func TestAChannelIsClosedWithAnError(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 1)
		none(t, ch.Send(ctx, "a"))
		ch.CloseWith(errBoom)
		seen := 0
		for v, err := range ch.All(ctx) {
			if seen++; seen == 1 {
				equal(t, v, "a")
			} else {
				equal(t, err, errBoom)
			}
		}
		equal(t, seen, 2)
		_, err := ch.Recv(ctx)
		equal(t, err, errBoom)
		_, err = crib.Select(ctx, crib.OnRecv(ch, nil))
		equal(t, err, errBoom)
		_, err = ch.TryRecv()
		equal(t, err, errBoom)
		ch.Receiver.Close() // and with it goes the error
		return nil
	})
}

func TestOverflowPolicies(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		for _, c := range []struct {
			options crib.ChanOptions
			want    string
		}{
			{crib.ChanOptions{Capacity: 2, Overflow: crib.DropOldest}, "cd"},
			{crib.ChanOptions{Capacity: 2, Overflow: crib.DropNewest}, "ab"},
			{crib.ChanOptions{Overflow: crib.KeepLatest}, "d"},
		} {
			ch := crib.NewChanWith[string](ctx, c.options)
			for _, v := range []string{"a", "b", "c", "d"} {
				none(t, ch.Send(ctx, v))
			}
			ch.Close()
			got := ""
			for v, err := range ch.All(ctx) {
				none(t, err)
				got += v
			}
			equal(t, got, c.want)
			equal(t, ch.Stats().Dropped, uint64(4-len(c.want)))
		}
		return nil
	})
}

func TestValuesThatNobodyTakesAreForgotten(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[*int](ctx, 3)
		for range 3 {
			none(t, ch.Send(ctx, new(int)))
		}
		_, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error { return ch.Send(ctx, new(int)) })
		none(t, err)
		ch.Receiver.Close()
		return nil
	})
}

func TestValuesLeftInAChannelAtTheEndAreNoLeak(t *testing.T) {
	crib.OnFinish(nil)
	none(t, crib.Run(context.Background(), func(ctx context.Context) error {
		return crib.NewChan[string](ctx, 3).Send(ctx, "left")
	}))
}

func TestAChannelOfAnotherRunIsRefused(t *testing.T) {
	var old *crib.Chan[string]
	ok(t, func(ctx context.Context) error {
		old = crib.NewChan[string](ctx, 1)
		return nil
	})
	ok(t, func(ctx context.Context) error {
		is(t, old.Send(ctx, "x"), crib.ErrMisuse)
		_, err := old.Recv(ctx)
		is(t, err, crib.ErrMisuse)
		_, err = crib.Select(ctx, crib.OnSend(old, "x"))
		is(t, err, crib.ErrMisuse)
		is(t, old.TrySend("x"), crib.ErrClosed)
		old.Close()
		return nil
	})
}

func TestAllMayBePulled(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 0)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				defer ch.Close()
				for range 3 {
					if err := ch.Send(ctx, "v"); err != nil {
						return err
					}
				}
				return nil
			})
			next, stop := iter.Pull2(ch.All(ctx))
			defer stop()
			seen := 0
			for v, err, more := next(); more; v, err, more = next() {
				none(t, err)
				equal(t, v, "v")
				none(t, crib.Sleep(ctx, second))
				seen++
			}
			equal(t, seen, 3)
		})
	})
}

func TestLeavingTheLoopOverAllLeavesTheRest(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[int](ctx, 3)
		for i := range 3 {
			none(t, ch.Send(ctx, i))
		}
		for v := range ch.All(ctx) {
			equal(t, v, 0)
			break
		}
		v, err := ch.Recv(ctx)
		equal(t, v, 1)
		return err
	})
}

func TestAllEndsWithTheCancel(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[int](ctx, 0)
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			for _, err := range ch.All(ctx) {
				return err
			}
			return errBoom
		})
		equal(t, timedOut, true)
		return err
	})
}

func TestStatsOfAChannel(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 2)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			more := ch.Clone()
			none(t, ch.Send(ctx, "a"))
			none(t, ch.Send(ctx, "b"))
			n.Go(func(ctx context.Context) error { return more.Send(ctx, "c") })
			none(t, crib.Checkpoint(ctx))
			s := ch.Stats()
			equal(t, s, crib.ChanStats{Buffered: 2, Peak: 2, Senders: 2, Receivers: 2, WaitingSenders: 1, Capacity: 2})
			_, err := ch.Recv(ctx)
			none(t, err)
			_, err = ch.Recv(ctx)
			none(t, err)
			_, err = ch.Recv(ctx)
			none(t, err)
		})
	})
}

func TestAChannelThatNobodyHasIsCollected(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			for range 100 {
				ch := crib.NewChan[*int](ctx, 2)
				none(t, ch.Send(ctx, new(int)))
				ch.Clone()
				crib.NewEvent(ctx)
			}
			for i := 0; crib.Handles(n) > 10 || crib.Stores(n) > 5; i++ {
				if i == 1000 {
					t.Fatalf("%d handles, %d channels are left", crib.Handles(n), crib.Stores(n))
				}
				runtime.GC()
				none(t, crib.Checkpoint(ctx))
			}
		})
	})
}

func TestAWaiterKeepsItsChannel(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
				for range 10 {
					n.Go(func(ctx context.Context) error { _, err := crib.NewChan[string](ctx, 0).Recv(ctx); return err })
					n.Go(func(ctx context.Context) error { return crib.NewEvent(ctx).Wait(ctx) })
					n.Go(func(ctx context.Context) error { return crib.NewSemaphore(ctx, 0, 0).Acquire(ctx) })
				}
				for range 10 {
					none(t, crib.Checkpoint(ctx))
					runtime.GC()
				}
			})
		})
		equal(t, timedOut, true)
		return err
	})
}
