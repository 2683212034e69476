package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 0xx: the slides "Synchronous / Concurrent / Parallel" (S3).
var seedsSlides = []scenario{
	{31, oneThenTwo},
	{32, nurseryAsParameter},
	{33, failureOfAStartedTask},
	{34, bothFinished},
	{35, noLock},
	{36, withLock},
	{37, receiveUntilClosed},
	{38, iterate},
	{39, givenAway},
	{40, moveOn},
	{42, neverYields},
}

// ---- 031

func count(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		for i := range 5 {
			say(ctx, "%s %d", name, i)
			if err := crib.Sleep(ctx, time.Second); err != nil {
				return err
			}
		}
		return nil
	}
}

func oneThenTwo(ctx context.Context) error {
	if err := count("first")(ctx); err != nil {
		return err
	}
	say(ctx, "DONE!")
	return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(count("second"), crib.Named("second"))
		n.Go(count("third"), crib.Named("third"))
		return nil
	})
}

// ---- 032

func nurseryAsParameter(ctx context.Context) error {
	hello := func(ctx context.Context) error {
		say(ctx, "hello")
		return nil
	}
	schedule := func(n *crib.Nursery) {
		n.Go(hello, crib.Named("hello 1"))
		n.Go(func(ctx context.Context) error {
			say(ctx, "schedules one too")
			n.Go(hello, crib.Named("hello 3"))
			return nil
		}, crib.Named("helper"))
		n.Go(hello, crib.Named("hello 2"))
	}
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		schedule(n)
		say(ctx, "scheduled")
		return nil
	})
	say(ctx, "closed")
	return err
}

// ---- 033

func failureOfAStartedTask(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			say(ctx, "raises")
			return errors.New("raised in a started task")
		}, crib.Named("raising"))
		say(ctx, "works")
		err := crib.Sleep(ctx, time.Minute)
		say(ctx, "its work: %s", outcome(err))
		return err
	})
	say(ctx, "the nursery: %s", outcome(err))
	return nil
}

// ---- 034

func bothFinished(ctx context.Context) error {
	finishes := func(d time.Duration) func(context.Context) error {
		return func(ctx context.Context) error {
			err := crib.Sleep(ctx, d)
			say(ctx, "finished")
			return err
		}
	}
	err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(finishes(time.Second), crib.Named("coroutine1"))
		n.Go(func(ctx context.Context) error {
			err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
				n.Go(finishes(2*time.Second), crib.Named("innermost"))
				return nil
			})
			say(ctx, "finished")
			return err
		}, crib.Named("coroutine2"))
		return nil
	})
	say(ctx, "both have finished")
	return err
}

// ---- 035

func noLock(ctx context.Context) error {
	players := 5
	say(ctx, "plays without a lock")
	err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			drawn := players
			for range drawn {
				if err := crib.Sleep(ctx, 20*ms); err != nil {
					return err
				}
				if players != drawn {
					say(ctx, "draws %d players, but there are %d", drawn, players)
					return errors.New("the world changed")
				}
			}
			return nil
		}, crib.Named("render"))
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, 50*ms); err != nil {
				return err
			}
			say(ctx, "p1 leaves")
			players--
			return sleepForever(ctx)
		}, crib.Named("update"))
		return nil
	})
	say(ctx, "the game: %s", outcome(err))
	return nil
}

// ---- 036

type game struct {
	lock    *crib.Lock
	players int
}

func (g *game) render(ctx context.Context) error {
	for {
		err := g.lock.With(ctx, func() error {
			for range g.players {
				if err := crib.Sleep(ctx, 22*ms); err != nil {
					return err
				}
			}
			say(ctx, "drew %d players", g.players)
			return nil
		})
		if err != nil {
			return err
		}
	}
}

func (g *game) update(ctx context.Context) error {
	for i := 1; i <= 2; i++ {
		if err := crib.Sleep(ctx, 50*ms); err != nil {
			return err
		}
		err := g.lock.With(ctx, func() error {
			say(ctx, "p%d leaves", i)
			g.players--
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func withLock(ctx context.Context) error {
	g := &game{crib.NewLock(ctx), 5}
	say(ctx, "plays with a lock")
	timedOut, err := crib.MoveOnAfter(ctx, 300*ms, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(g.render, crib.Named("render"))
			n.Go(g.update, crib.Named("update"))
			return nil
		})
	})
	say(ctx, "timed out: %s", yes(timedOut))
	say(ctx, "%d players are left, the lock is free: %s", g.players, yes(g.lock.TryAcquire() == nil))
	g.lock.Release()
	return err
}

// ---- 037, 038

func helloAndBye(ctx context.Context, receiver func(ctx context.Context, ch *crib.Chan[string]) error) error {
	ch := crib.NewChan[string](ctx, 0)
	return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			defer ch.Close()
			if err := ch.Send(ctx, "hello"); err != nil {
				return err
			}
			return ch.Send(ctx, "bye bye")
		}, crib.Named("sender"))
		n.Go(func(ctx context.Context) error { return receiver(ctx, ch) }, crib.Named("receiver"))
		return nil
	})
}

func receiveUntilClosed(ctx context.Context) error {
	return helloAndBye(ctx, func(ctx context.Context, ch *crib.Chan[string]) error {
		for _, time := range []string{"first", "second", "third"} {
			text, err := ch.Recv(ctx)
			if err != nil {
				text = outcome(err)
			}
			say(ctx, "%s %s", time, text)
		}
		return nil
	})
}

func iterate(ctx context.Context) error {
	return helloAndBye(ctx, func(ctx context.Context, ch *crib.Chan[string]) error {
		for text, err := range ch.All(ctx) {
			if err != nil {
				return err
			}
			say(ctx, "got %s", text)
		}
		say(ctx, "channel closed!")
		return nil
	})
}

// ---- 039

func givenAway(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 5)
	for i := 1; i <= 3; i++ {
		if err := ch.Send(ctx, i); err != nil {
			return err
		}
	}
	err := receiveAndTell(ctx, ch)
	ch.Receiver.Close()
	say(ctx, "dropped %d", ch.Stats().Dropped)
	say(ctx, "sending another: %s", outcome(ch.Send(ctx, 4)))
	return err
}

// ---- 040, 042

func moveOn(ctx context.Context) error {
	timedOut, err := crib.MoveOnAfter(ctx, 2*time.Second, func(ctx context.Context) error {
		err := crib.Sleep(ctx, 10*time.Second)
		if errors.Is(err, crib.ErrCancelled) {
			say(ctx, "coroutine cancelled!")
		}
		return err
	})
	say(ctx, "timed out: %s", yes(timedOut))
	return err
}

func neverYields(ctx context.Context) error {
	var called bool
	absorbed, err := crib.WithScope(ctx, crib.ScopeOptions{Timeout: 2 * time.Second},
		func(ctx context.Context, s *crib.Scope) error {
			err := compute(ctx, 4*time.Second)
			called = s.Cancelled()
			return err
		})
	say(ctx, "cancelled: %s, absorbed: %s", yes(called), yes(absorbed))
	if err == nil {
		err = crib.Checkpoint(ctx)
	}
	say(ctx, "checkpoint behind it: %s", outcome(err))
	return err
}
