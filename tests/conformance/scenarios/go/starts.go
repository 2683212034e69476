package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 4xx: start and started.
var starts = []scenario{
	{402, targetIsCancelled},
	{475, startWaitsUntilStarted},
	{476, scopesBeforeAndAfter},
	{477, failsBeforeStarted},
	{478, neverStarted},
	{479, startedTwice},
	{480, startIsCancelled},
	{481, startedTooLate},
	{482, pendingStart},
	{483, subtreeMoves},
}

// service is what says when it has started.
type service = func(ctx context.Context, started func()) error

// ---- 475

func startWaitsUntilStarted(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		say(ctx, "waits for the service to start")
		number, err := crib.Start(ctx, n, func(ctx context.Context, started func(int)) error {
			say(ctx, "prepares")
			if err := crib.Sleep(ctx, time.Second); err != nil {
				return err
			}
			say(ctx, "says that it is started")
			started(42)
			say(ctx, "goes on")
			err := crib.Sleep(ctx, time.Second)
			say(ctx, "ends")
			return err
		}, crib.Named("service"))
		say(ctx, "the service started with %d", number)
		return err
	})
	say(ctx, "the nursery is closed")
	return err
}

// ---- 476, 483

func startedInTime(ctx context.Context, f service) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		_, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			err := n.Start(ctx, f, crib.Named("service"))
			say(ctx, "start: %s", outcome(err))
			if err == nil {
				err = crib.Sleep(ctx, 10*time.Second)
			}
			say(ctx, "its own sleep: %s", outcome(err))
			return err
		})
		return err
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

func scopesBeforeAndAfter(ctx context.Context) error {
	return startedInTime(ctx, func(ctx context.Context, started func()) error {
		if err := crib.Sleep(ctx, 500*ms); err != nil {
			return err
		}
		started()
		err := crib.Sleep(ctx, 2*time.Second)
		say(ctx, "ends")
		return err
	})
}

func subtreeMoves(ctx context.Context) error {
	return startedInTime(ctx, func(ctx context.Context, started func()) error {
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(endsAfter(2*time.Second), crib.Named("helper"))
			if err := crib.Sleep(ctx, 500*ms); err != nil {
				return err
			}
			started()
			return nil
		})
		say(ctx, "ends")
		return err
	})
}

// ---- 477, 478, 479

func failsBeforeStarted(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(endsAfter(time.Second), crib.Named("sibling"))
		broken := failsAfter(500*ms, "boom")
		err := n.Start(ctx, func(ctx context.Context, _ func()) error { return broken(ctx) }, crib.Named("broken"))
		say(ctx, "start: %s", outcome(err))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

func neverStarted(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		err := n.Start(ctx, func(ctx context.Context, _ func()) error {
			say(ctx, "ends")
			return nil
		}, crib.Named("child"))
		say(ctx, "start: %s", outcome(err))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

func startedTwice(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		number, err := crib.Start(ctx, n, func(ctx context.Context, started func(int)) error {
			say(ctx, "started with 1: %s", outcome(misuse(func() { started(1) })))
			say(ctx, "started with 2: %s", outcome(misuse(func() { started(2) })))
			return nil
		}, crib.Named("service"))
		say(ctx, "the service started with %d", number)
		return err
	})
}

// ---- 480, 481

func startWithinASecond(ctx context.Context, f service) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		absorbed, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			err := n.Start(ctx, f, crib.Named("service"))
			say(ctx, "start: %s", outcome(err))
			return err
		})
		say(ctx, "absorbed: %s", yes(absorbed))
		return err
	})
	say(ctx, "the nursery: %s", outcome(err))
	return err
}

func startIsCancelled(ctx context.Context) error {
	return startWithinASecond(ctx, func(ctx context.Context, _ func()) error {
		err := crib.Sleep(ctx, 10*time.Second)
		say(ctx, "%s, cleans up", outcome(err))
		err = errors.Join(err, crib.Shielded(ctx, sleeps(500*ms)))
		say(ctx, "ends")
		return err
	})
}

func startedTooLate(ctx context.Context) error {
	return startWithinASecond(ctx, func(ctx context.Context, started func()) error {
		if err := crib.Shielded(ctx, sleeps(1500*ms)); err != nil {
			return err
		}
		say(ctx, "started: %s", outcome(misuse(started)))
		err := crib.Checkpoint(ctx)
		say(ctx, "checkpoint: %s", outcome(err))
		return err
	})
}

// ---- 402, 482

// starter is a task that starts a service in a nursery it is not in.
func starter(n *crib.Nursery, f service) func(context.Context) error {
	return func(ctx context.Context) error {
		say(ctx, "start: %s", outcome(n.Start(ctx, f, crib.Named("service"))))
		return nil
	}
}

func targetIsCancelled(ctx context.Context) error {
	prepares := tellsSleep(10 * time.Second)
	err := crib.WithNursery(ctx, func(ctx context.Context, outer *crib.Nursery) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			outer.Go(starter(n, func(ctx context.Context, _ func()) error { return prepares(ctx) }), crib.Named("starter"))
			err := crib.Sleep(ctx, time.Second)
			say(ctx, "cancels the nursery")
			n.Cancel("")
			return err
		})
	})
	say(ctx, "all closed")
	return err
}

func pendingStart(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, outer *crib.Nursery) error {
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			outer.Go(starter(n, func(ctx context.Context, started func()) error {
				if err := crib.Sleep(ctx, time.Second); err != nil {
					return err
				}
				say(ctx, "is started")
				started()
				err := crib.Sleep(ctx, time.Second)
				say(ctx, "ends")
				return err
			}), crib.Named("starter"))
			err := crib.Checkpoint(ctx)
			say(ctx, "the body ends")
			return err
		})
		say(ctx, "the nursery is closed")
		return err
	})
}
