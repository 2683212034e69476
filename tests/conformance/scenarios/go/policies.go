package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 3xx: nurseries with policies and limits, and handles of tasks.
var policies = []scenario{
	{301, roomForTwo},
	{302, waitUntilIdle},
	{303, firstDone},
	{304, firstSuccess},
	{305, supervise},
	{306, serviceNursery},
	{307, drain},
	{308, waitForOneTask},
	{309, cancelOneTask},
}

// ends is a task that says so after a time; fails is one that fails then.
func endsAfter(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		err := crib.Sleep(ctx, d)
		say(ctx, "ends")
		return err
	}
}

func failsAfter(d time.Duration, failure string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := crib.Sleep(ctx, d); err != nil {
			return err
		}
		say(ctx, "fails")
		return errors.New(failure)
	}
}

// ---- 301, 302

func roomForTwo(ctx context.Context) error {
	two := crib.NurseryOptions{MaxChildren: 2}
	err := crib.WithNurseryOptions(ctx, two, func(ctx context.Context, n *crib.Nursery) error {
		late := func(ctx context.Context) error {
			say(ctx, "begins")
			return crib.Sleep(ctx, time.Second)
		}
		n.Go(sleeps(time.Second), crib.Named("job 1"))
		n.Go(sleeps(time.Second), crib.Named("job 2"))
		_, err := n.TryGo(late, crib.Named("job 3"))
		say(ctx, "job 3 is refused: %s", yes(errors.Is(err, crib.ErrWouldBlock)))
		_, err = n.GoWait(ctx, late, crib.Named("job 3"))
		say(ctx, "there is room")
		return err
	})
	say(ctx, "all done")
	return err
}

func waitUntilIdle(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(sleeps(time.Second), crib.Named("short"))
		n.Go(sleeps(2*time.Second), crib.Named("long"))
		err := n.WaitIdle(ctx)
		say(ctx, "no children, starts another")
		n.Go(sleeps(time.Second), crib.Named("another"))
		return err
	})
	say(ctx, "closed")
	return err
}

// ---- 303, 304, 305

func firstDone(ctx context.Context) error {
	first := crib.NurseryOptions{Policy: crib.FirstDone}
	err := crib.WithNurseryOptions(ctx, first, func(_ context.Context, n *crib.Nursery) error {
		n.Go(endsAfter(time.Second), crib.Named("quick"))
		n.Go(tellsSleep(10*time.Second), crib.Named("slow"))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

func firstSuccess(ctx context.Context) error {
	first := crib.NurseryOptions{Policy: crib.FirstSuccess}
	err := crib.WithNurseryOptions(ctx, first, func(_ context.Context, n *crib.Nursery) error {
		n.Go(failsAfter(500*ms, "boom"), crib.Named("fails"))
		n.Go(endsAfter(time.Second), crib.Named("quick"))
		n.Go(tellsSleep(10*time.Second), crib.Named("slow"))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	err = crib.WithNurseryOptions(ctx, first, func(_ context.Context, n *crib.Nursery) error {
		n.Go(failsAfter(500*ms, "boom"), crib.Named("fails"))
		n.Go(failsAfter(time.Second, "bang"), crib.Named("fails too"))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return nil
}

func supervise(ctx context.Context) error {
	supervisor := crib.NurseryOptions{
		Policy:    crib.Supervise,
		OnFailure: func(err error) { say(ctx, "heard of %s", outcome(err)) },
	}
	err := crib.WithNurseryOptions(ctx, supervisor, func(_ context.Context, n *crib.Nursery) error {
		n.Go(failsAfter(500*ms, "boom"), crib.Named("failing"))
		n.Go(endsAfter(time.Second), crib.Named("sibling"))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

// ---- 306

func serviceNursery(ctx context.Context) error {
	services := crib.NurseryOptions{Service: true}
	timedOut, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		return crib.WithNurseryOptions(ctx, services, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(tellsSleep(10*time.Second), crib.Named("service"))
			err := crib.Sleep(ctx, 5*time.Second)
			say(ctx, "the body is cancelled, cleans up")
			err = errors.Join(err, crib.Shielded(ctx, sleeps(500*ms)))
			say(ctx, "the body ends")
			return err
		})
	})
	say(ctx, "timed out: %s", yes(timedOut))
	return err
}

// ---- 307

func drain(ctx context.Context) error {
	drains := crib.NurseryOptions{Drain: true}
	err := crib.WithNurseryOptions(ctx, drains, func(ctx context.Context, n *crib.Nursery) error {
		_, err := n.TryGo(tellsSleep(10*time.Second), crib.Named("child"))
		say(ctx, "not cancelled, refused: %s", yes(err != nil))
		n.Cancel("")
		_, err = n.TryGo(tellsSleep(10*time.Second), crib.Named("another"))
		say(ctx, "cancelled, refused: %s", yes(errors.Is(err, crib.ErrClosed)))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

// ---- 308, 309

func waitForOneTask(ctx context.Context) error {
	result := 0
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		worker := n.Go(func(ctx context.Context) error {
			err := crib.Sleep(ctx, time.Second)
			result = 42
			return err
		}, crib.Named("worker"))
		n.Go(sleeps(2*time.Second), crib.Named("sibling"))
		err := worker.Wait(ctx)
		say(ctx, "the worker has ended: %s", outcome(err))
		return err
	})
	say(ctx, "the nursery: %s", outcome(err))
	say(ctx, "its result is %d", result)
	return err
}

func cancelOneTask(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		one := n.Go(tellsSleep(time.Second), crib.Named("one"))
		n.Go(tellsSleep(time.Second), crib.Named("two"))
		err := crib.Sleep(ctx, 500*ms)
		say(ctx, "cancels one")
		one.Cancel("")
		return err
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}
