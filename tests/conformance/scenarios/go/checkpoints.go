package main

import (
	"context"
	"time"

	"libcrib/crib"
)

// 2xx: checkpoints and the order of tasks.
var checkpoints = []scenario{
	{243, everyOperationLooks},
	{247, halvesOfACheckpoint},
	{249, whatBlocksSchedule},
	{250, closeInACancelledScope},
	{251, sleepOfNoLength},
	{254, handedOverIsHandedOver},
	{257, inOrderOfGettingReady},
	{259, busyTask},
	{260, farFuture},
}

// ---- 243

func everyOperationLooks(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 2)
	if err := ch.Send(ctx, 1); err != nil {
		return err
	}
	event, lock, semaphore := crib.NewEvent(ctx), crib.NewLock(ctx), crib.NewSemaphore(ctx, 1, 0)
	event.Set()
	_, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		s.Cancel("")
		say(ctx, "send: %s", outcome(ch.Send(ctx, 2)))
		_, err := ch.Recv(ctx)
		say(ctx, "receive: %s", outcome(err))
		say(ctx, "wait for the event: %s", outcome(event.Wait(ctx)))
		say(ctx, "acquire the lock: %s", outcome(lock.Acquire(ctx)))
		say(ctx, "acquire the semaphore: %s", outcome(semaphore.Acquire(ctx)))
		say(ctx, "sleep no time: %s", outcome(crib.Sleep(ctx, 0)))
		return nil
	})
	free, permit := lock.TryAcquire() == nil, semaphore.TryAcquire() == nil
	say(ctx, "values: %d, the lock is free: %s, a permit is left: %s", ch.Stats().Buffered, yes(free), yes(permit))
	lock.Release()
	return err
}

// ---- 247

// rounds is a task that says how often it came to run.
func rounds(most int) func(context.Context) error {
	return func(ctx context.Context) error {
		for i := 1; i <= most; i++ {
			say(ctx, "round %d", i)
			if i == most {
				break
			}
			if err := crib.Checkpoint(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}

func halvesOfACheckpoint(ctx context.Context) error {
	threeCheckpoints := func(ctx context.Context) {
		say(ctx, "checkpoint_if_cancelled: %s", outcome(crib.CheckCancelled(ctx)))
		say(ctx, "cancel_shielded_checkpoint: %s", outcome(crib.Yield(ctx)))
		say(ctx, "checkpoint: %s", outcome(crib.Checkpoint(ctx)))
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(rounds(4), crib.Named("other"))
		threeCheckpoints(ctx)
		_, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			s.Cancel("")
			threeCheckpoints(ctx)
			return nil
		})
		return err
	})
}

// ---- 249

func whatBlocksSchedule(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(rounds(2), crib.Named("other"))
		if _, err := inScope(ctx, func(context.Context, *crib.Scope) error { return nil }); err != nil {
			return err
		}
		say(ctx, "a scope was opened and closed")
		err := crib.WithNursery(ctx, func(ctx context.Context, _ *crib.Nursery) error {
			say(ctx, "a nursery was opened")
			return nil
		})
		say(ctx, "and closed: %s", outcome(err))
		absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			s.Cancel("")
			err := crib.WithNursery(ctx, func(context.Context, *crib.Nursery) error { return nil })
			say(ctx, "a nursery in a cancelled scope: %s", outcome(err))
			return err
		})
		say(ctx, "absorbed: %s", yes(absorbed))
		return err
	})
}

// ---- 250

func closeInACancelledScope(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 0)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			_, err := ch.Recv(ctx)
			say(ctx, "%s", outcome(err))
			return nil
		}, crib.Named("receiver"))
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		_, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			s.Cancel("")
			say(ctx, "closes")
			ch.Close()
			say(ctx, "checkpoint: %s", outcome(crib.CheckCancelled(ctx)))
			return nil
		})
		return err
	})
}

// ---- 251

func sleepOfNoLength(ctx context.Context) error {
	thrice := func(sleep func(ctx context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			for i := 1; i <= 3; i++ {
				say(ctx, "%d", i)
				if err := sleep(ctx); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(thrice(sleeps(0)), crib.Named("a"))
		n.Go(thrice(func(ctx context.Context) error {
			return crib.SleepUntil(ctx, crib.Now(ctx).Add(-time.Second))
		}), crib.Named("b"))
		return nil
	})
}

// ---- 254

func handedOverIsHandedOver(ctx context.Context) error {
	event, ch := crib.NewEvent(ctx), crib.NewChan[int](ctx, 0)
	checkpoint := func(ctx context.Context) error {
		err := crib.Checkpoint(ctx)
		say(ctx, "checkpoint: %s", outcome(err))
		return err
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			say(ctx, "the event: %s", outcome(event.Wait(ctx)))
			return checkpoint(ctx)
		}, crib.Named("a"))
		n.Go(func(ctx context.Context) error {
			if err := receiveAndTell(ctx, ch); err != nil {
				return err
			}
			return checkpoint(ctx)
		}, crib.Named("b"))
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		event.Set()
		err := ch.Send(ctx, 7)
		n.Cancel("")
		say(ctx, "has cancelled")
		return err
	})
}

// ---- 257

func inOrderOfGettingReady(ctx context.Context) error {
	event := crib.NewEvent(ctx)
	runs := func(ctx context.Context) error {
		say(ctx, "runs")
		return nil
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			say(ctx, "waits")
			err := event.Wait(ctx)
			say(ctx, "runs")
			return err
		}, crib.Named("waiter"))
		err := crib.Checkpoint(ctx)
		say(ctx, "starts x, sets the event, starts y")
		n.Go(runs, crib.Named("x"))
		event.Set()
		n.Go(runs, crib.Named("y"))
		say(ctx, "goes on")
		return err
	})
}

// ---- 259

func busyTask(ctx context.Context) error {
	return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			err := crib.Sleep(ctx, 250*ms)
			say(ctx, "woke")
			return err
		}, crib.Named("sleeper"))
		n.Go(func(ctx context.Context) error {
			for range 10 {
				if err := compute(ctx, 100*ms); err != nil {
					return err
				}
				if err := crib.Checkpoint(ctx); err != nil {
					return err
				}
			}
			say(ctx, "done")
			return nil
		}, crib.Named("busy"))
		return nil
	})
}

// ---- 260

func farFuture(ctx context.Context) error {
	say(ctx, "sleeps")
	err := crib.Sleep(ctx, 100*24*time.Hour)
	say(ctx, "woke")
	return err
}
