package main

import (
	"context"
	"time"

	"libcrib/crib"
)

// 6xx: locks.
var locks = []scenario{
	{600, lockIsHandedOver},
	{601, ownerEnds},
	{605, oneAtATime},
	{606, waitersInOrder},
	{610, recovered},
	{614, readWriteLock},
	{620, lockKnowsItsOwner},
}

// ---- 600

func lockIsHandedOver(ctx context.Context) error {
	lock := crib.NewLock(ctx)
	if err := lock.Acquire(ctx); err != nil {
		return err
	}
	holds := func(ctx context.Context) error {
		return lock.With(ctx, func() error {
			say(ctx, "has it")
			return crib.Sleep(ctx, 100*ms)
		})
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(holds, crib.Named("a"))
		n.Go(holds, crib.Named("b"))
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		say(ctx, "releases it")
		lock.Release()
		say(ctx, "acquiring without waiting: %s", outcome(lock.TryAcquire()))
		err := lock.Acquire(ctx)
		say(ctx, "acquiring: %s", outcome(err))
		if err == nil {
			lock.Release()
		}
		return err
	})
}

// ---- 601, 610

// endsWith is a task that does not release the lock.
func endsWith(lock *crib.Lock, after time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := lock.Acquire(ctx); err != nil {
			return err
		}
		err := crib.Sleep(ctx, after)
		say(ctx, "ends")
		return err
	}
}

func ownerEnds(ctx context.Context) error {
	lock := crib.NewLock(ctx)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(endsWith(lock, time.Second), crib.Named("owner"))
		n.Go(func(ctx context.Context) error {
			say(ctx, "%s", outcome(lock.Acquire(ctx)))
			return nil
		}, crib.Named("waiter"))
		err := n.WaitIdle(ctx)
		say(ctx, "acquiring: %s", outcome(lock.Acquire(ctx)))
		say(ctx, "acquiring without waiting: %s", outcome(lock.TryAcquire()))
		return err
	})
}

func recovered(ctx context.Context) error {
	lock := crib.NewLock(ctx)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		say(ctx, "taking over what is not broken: %s", outcome(lock.Recover()))
		n.Go(endsWith(lock, 0), crib.Named("owner"))
		err := n.WaitIdle(ctx)
		say(ctx, "taking over: %s", outcome(lock.Recover()))
		lock.Release()
		n.Go(func(ctx context.Context) error {
			err := lock.Acquire(ctx)
			say(ctx, "acquiring: %s", outcome(err))
			if err == nil {
				lock.Release()
			}
			return err
		}, crib.Named("other"))
		return err
	})
}

// ---- 605

// locker is what tasks enter and leave: a lock, a semaphore, a limiter.
type locker interface {
	Acquire(ctx context.Context) error
	Release()
}

func threeStay(ctx context.Context, what string, l locker) error {
	order, inside, most := "", 0, 0
	err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		for _, name := range []string{"a", "b", "c"} {
			n.Go(func(ctx context.Context) error {
				if err := l.Acquire(ctx); err != nil {
					return err
				}
				defer l.Release()
				order += name
				inside++
				most = max(most, inside)
				err := crib.Sleep(ctx, 100*ms)
				inside--
				return err
			}, crib.Named(name))
		}
		return nil
	})
	say(ctx, "%s: %s, at most %d inside", what, order, most)
	return err
}

func oneAtATime(ctx context.Context) error {
	if err := threeStay(ctx, "lock", crib.NewLock(ctx)); err != nil {
		return err
	}
	if err := threeStay(ctx, "semaphore", crib.NewSemaphore(ctx, 1, 0)); err != nil {
		return err
	}
	return threeStay(ctx, "limiter", crib.NewLimiter(ctx, 1))
}

// ---- 606

func waitersInOrder(ctx context.Context) error {
	lock := crib.NewLock(ctx)
	if err := lock.Acquire(ctx); err != nil {
		return err
	}
	takesItsTurn := func(ctx context.Context) error {
		if err := lock.Acquire(ctx); err != nil {
			say(ctx, "%s", outcome(err))
			return err
		}
		say(ctx, "has it")
		lock.Release()
		return nil
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(takesItsTurn, crib.Named("a"))
		b := n.Go(takesItsTurn, crib.Named("b"))
		n.Go(takesItsTurn, crib.Named("c"))
		if err := crib.Sleep(ctx, 500*ms); err != nil {
			return err
		}
		b.Cancel("")
		err := crib.Sleep(ctx, 500*ms)
		say(ctx, "releases it")
		lock.Release()
		return err
	})
}

// ---- 614

func readWriteLock(ctx context.Context) error {
	lock := crib.NewRWLock(ctx)
	holds := func(what string, acquire func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := acquire(ctx); err != nil {
				return err
			}
			defer lock.Release()
			say(ctx, "%s", what)
			return crib.Sleep(ctx, time.Second)
		}
	}
	reads, writes := holds("reads", lock.AcquireRead), holds("writes", lock.AcquireWrite)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(reads, crib.Named("r1"))
		n.Go(reads, crib.Named("r2"))
		if err := crib.Sleep(ctx, 100*ms); err != nil {
			return err
		}
		n.Go(writes, crib.Named("writer"))
		err := crib.Sleep(ctx, 100*ms)
		n.Go(reads, crib.Named("r3"))
		return err
	})
}

// ---- 620

func lockKnowsItsOwner(ctx context.Context) error {
	lock := crib.NewLock(ctx)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		say(ctx, "acquiring: %s", outcome(lock.Acquire(ctx)))
		say(ctx, "once more: %s", outcome(lock.Acquire(ctx)))
		n.Go(func(ctx context.Context) error {
			say(ctx, "releasing: %s", outcome(misuse(lock.Release)))
			return nil
		}, crib.Named("other"))
		err := n.WaitIdle(ctx)
		say(ctx, "releasing: %s", outcome(misuse(lock.Release)))
		say(ctx, "once more: %s", outcome(misuse(lock.Release)))
		return err
	})
}
