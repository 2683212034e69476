package main

import (
	"context"
	"time"

	"libcrib/crib"
)

// 6xx: the kin of locks: events, semaphores, conditions, limiters, barriers.
var kin = []scenario{
	{602, semaphore},
	{603, condition},
	{604, limiter},
	{611, notificationGoesOn},
	{612, oneTokenEach},
	{613, barrier},
	{699, event},
}

// ---- 602

func semaphore(ctx context.Context) error {
	semaphore := crib.NewSemaphore(ctx, 2, 2)
	err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		for _, name := range []string{"a", "b", "c"} {
			n.Go(func(ctx context.Context) error {
				if err := semaphore.Acquire(ctx); err != nil {
					return err
				}
				defer semaphore.Release()
				say(ctx, "in")
				err := crib.Sleep(ctx, time.Second)
				say(ctx, "out")
				return err
			}, crib.Named(name))
		}
		return nil
	})
	say(ctx, "one permit more: %s", outcome(misuse(semaphore.Release)))
	return err
}

// ---- 603

// holds says whether the task holds the lock of a condition, and gives it back.
func holds(c *crib.Condition) bool { return misuse(c.Lock().Release) == nil }

func condition(ctx context.Context) error {
	c := crib.NewCondition(ctx, nil)
	notifies := func(what string, notify func() int) error {
		return c.Lock().With(ctx, func() error {
			say(ctx, "notifies %s: %d", what, notify())
			return nil
		})
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		for _, name := range []string{"a", "b", "c"} {
			n.Go(func(ctx context.Context) error {
				if err := c.Lock().Acquire(ctx); err != nil {
					return err
				}
				err := c.Wait(ctx)
				say(ctx, "goes on, with the lock: %s", yes(holds(c)))
				return err
			}, crib.Named(name))
		}
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		say(ctx, "without the lock: %s", outcome(misuse(func() { c.Notify(1) })))
		if err := notifies("one", func() int { return c.Notify(1) }); err != nil {
			return err
		}
		if err := crib.Sleep(ctx, time.Second); err != nil {
			return err
		}
		return notifies("all", c.NotifyAll)
	})
}

// ---- 604, 612

func limiter(ctx context.Context) error {
	limiter := crib.NewLimiter(ctx, 1)
	borrows := func(more func(ctx context.Context)) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := limiter.Acquire(ctx); err != nil {
				return err
			}
			defer limiter.Release()
			say(ctx, "in")
			more(ctx)
			err := crib.Sleep(ctx, time.Second)
			say(ctx, "out")
			return err
		}
	}
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		onceMore := func(ctx context.Context) { say(ctx, "once more: %s", outcome(limiter.Acquire(ctx))) }
		n.Go(borrows(onceMore), crib.Named("a"))
		n.Go(borrows(func(context.Context) {}), crib.Named("b"))
		err := crib.Sleep(ctx, 500*ms)
		say(ctx, "total 2")
		limiter.SetTotal(2)
		limiter.SetTotal(0)
		say(ctx, "total 0, lent %d", limiter.Borrowed())
		say(ctx, "giving back what it has not: %s", outcome(misuse(limiter.Release)))
		return err
	})
	say(ctx, "lent %d", limiter.Borrowed())
	return err
}

func oneTokenEach(ctx context.Context) error {
	limiter := crib.NewLimiter(ctx, 0)
	const guest = "a guest"
	waits := func(ctx context.Context) error {
		err := limiter.AcquireFor(ctx, guest)
		say(ctx, "%s", outcome(err))
		if err == nil {
			limiter.ReleaseFor(guest)
		}
		return nil
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(waits, crib.Named("a"))
		n.Go(waits, crib.Named("b"))
		err := crib.Sleep(ctx, time.Second)
		say(ctx, "total 2")
		limiter.SetTotal(2)
		return err
	})
}

// ---- 611

func notificationGoesOn(ctx context.Context) error {
	c := crib.NewCondition(ctx, nil)
	waits := func(ctx context.Context) error {
		if err := c.Lock().Acquire(ctx); err != nil {
			return err
		}
		err := c.Wait(ctx)
		say(ctx, "%s, with the lock: %s", outcome(err), yes(holds(c)))
		return err
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		a := n.Go(waits, crib.Named("a"))
		n.Go(waits, crib.Named("b"))
		if err := crib.Sleep(ctx, time.Second); err != nil {
			return err
		}
		return c.Lock().With(ctx, func() error {
			say(ctx, "notifies one: %d, cancels a", c.Notify(1))
			a.Cancel("")
			return nil
		})
	})
}

// ---- 613

func barrier(ctx context.Context) error {
	barrier := crib.NewBarrier(ctx, 3)
	return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		for i, name := range []string{"a", "b", "c"} {
			n.Go(func(ctx context.Context) error {
				for range 2 {
					if err := crib.Sleep(ctx, time.Duration(i+1)*100*ms); err != nil {
						return err
					}
					last, err := barrier.Wait(ctx)
					if err != nil {
						return err
					}
					say(ctx, "goes on, was last: %s", yes(last))
				}
				return nil
			}, crib.Named(name))
		}
		return nil
	})
}

// ---- 699

func event(ctx context.Context) error {
	event := crib.NewEvent(ctx)
	waits := func(ctx context.Context) error {
		say(ctx, "waits")
		err := event.Wait(ctx)
		say(ctx, "goes on")
		return err
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(waits, crib.Named("a"))
		n.Go(waits, crib.Named("b"))
		if err := crib.Sleep(ctx, time.Second); err != nil {
			return err
		}
		say(ctx, "is it set: %s", yes(event.IsSet()))
		event.Set()
		event.Set()
		say(ctx, "is it set: %s", yes(event.IsSet()))
		err := event.Wait(ctx)
		say(ctx, "waiting: %s", outcome(err))
		return err
	})
}
