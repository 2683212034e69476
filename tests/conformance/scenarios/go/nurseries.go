package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 3xx: nurseries.
var nurseries = []scenario{
	{361, closeWaitsForAll},
	{362, childFails},
	{363, bodyFails},
	{364, groupsNest},
	{365, noFailureIsLost},
	{367, whoseCancel},
	{368, closeAddsNothing},
	{370, startInACancelledNursery},
	{371, taskTree},
	{374, mainFails},
}

// ---- 361

func closeWaitsForAll(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			err := crib.Sleep(ctx, time.Second)
			say(ctx, "starts a second")
			n.Go(endsAfter(time.Second), crib.Named("second"))
			say(ctx, "ends")
			return err
		}, crib.Named("first"))
		say(ctx, "the body ends")
		return nil
	})
	say(ctx, "the nursery is closed")
	return err
}

// ---- 362, 363

func childFails(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(tellsSleep(10*time.Second), crib.Named("sibling"))
		n.Go(failsAfter(time.Second, "boom"), crib.Named("failing"))
		err := crib.Sleep(ctx, 10*time.Second)
		say(ctx, "the body: %s", outcome(err))
		return err
	})
	say(ctx, "the nursery: %s", outcome(err))
	return nil
}

func bodyFails(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(tellsSleep(10*time.Second), crib.Named("child"))
		if err := crib.Sleep(ctx, 500*ms); err != nil {
			return err
		}
		say(ctx, "the body fails")
		return errors.New("boom")
	})
	say(ctx, "the nursery: %s", outcome(err))
	return nil
}

// ---- 364

func groupsNest(ctx context.Context) error {
	nurseryWith := func(ctx context.Context, children ...func(context.Context) error) error {
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			for _, child := range children {
				n.Go(child, crib.Named("child"))
			}
			return nil
		})
	}
	fails := func(context.Context) error { return errors.New("boom") }
	hasOneThatFails := func(ctx context.Context) error { return nurseryWith(ctx, fails) }
	say(ctx, "nobody failed: %s", outcome(nurseryWith(ctx)))
	say(ctx, "one nursery: %s", outcome(nurseryWith(ctx, fails)))
	say(ctx, "two nurseries: %s", outcome(nurseryWith(ctx, hasOneThatFails)))
	return nil
}

// ---- 365

func noFailureIsLost(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(failsAfter(time.Second, "one"), crib.Named("one"))
		n.Go(func(ctx context.Context) error {
			_ = sleepForever(ctx)
			say(ctx, "fails")
			return errors.New("two")
		}, crib.Named("two"))
		n.Go(func(ctx context.Context) error {
			_ = sleepForever(ctx)
			if err := crib.Shielded(ctx, sleeps(500*ms)); err != nil {
				return err
			}
			say(ctx, "fails")
			return errors.New("three")
		}, crib.Named("three"))
		_ = sleepForever(ctx)
		say(ctx, "fails")
		return errors.New("body")
	})
	say(ctx, "the nursery: %s", outcome(err))
	return nil
}

// ---- 367

func whoseCancel(ctx context.Context) error {
	sleepsIn := func(ctx context.Context, cancel func(n *crib.Nursery)) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(sleepForever, crib.Named("child"))
			err := crib.Sleep(ctx, 500*ms)
			cancel(n)
			return err
		})
	}
	err := sleepsIn(ctx, func(n *crib.Nursery) { n.Cancel("") })
	say(ctx, "the nursery's own: %s", outcome(err))
	absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		err := sleepsIn(ctx, func(*crib.Nursery) { s.Cancel("") })
		say(ctx, "the scope's: %s", outcome(err))
		return err
	})
	say(ctx, "absorbed by the scope: %s", yes(absorbed))
	return err
}

// ---- 368

func closeAddsNothing(ctx context.Context) error {
	absorbed, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				_ = sleepForever(ctx)
				say(ctx, "ends well")
				return nil
			}, crib.Named("child"))
			return nil
		})
		say(ctx, "the nursery: %s", outcome(err))
		return err
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}

// ---- 370

func startInACancelledNursery(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Cancel("")
		_, err := n.TryGo(func(ctx context.Context) error {
			say(ctx, "runs")
			err := crib.Checkpoint(ctx)
			say(ctx, "checkpoint: %s", outcome(err))
			return err
		}, crib.Named("child"))
		say(ctx, "cancels, starts a child: %s", outcome(err))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

// ---- 371

func taskTree(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		countChildren := func(ctx context.Context) {
			say(ctx, "%d children, opened by %s", n.Count(), n.Task().Name())
		}
		n.Go(func(ctx context.Context) error {
			countChildren(ctx)
			err := crib.Sleep(ctx, time.Second)
			n.Go(sleeps(2500*ms), crib.Named("third"))
			countChildren(ctx)
			return err
		}, crib.Named("short"))
		n.Go(sleeps(3*time.Second), crib.Named("long"))
		countChildren(ctx)
		if err := crib.Sleep(ctx, 1500*ms); err != nil {
			return err
		}
		countChildren(ctx)
		err := n.WaitIdle(ctx)
		countChildren(ctx)
		return err
	})
}

// ---- 374

func mainFails(ctx context.Context) error {
	say(ctx, "fails")
	return errors.New("boom")
}
