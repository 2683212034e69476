package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 0xx: the cells of the introductory notebook (S2).
var seedsNotebook = []scenario{
	{11, runReturns},
	{12, doubleSleep},
	{14, parentAndChildren},
	{15, failureReachesTheParent},
	{17, tenThousandTasks},
	{19, computingLoop},
	{20, cancelledUntilHandled},
	{21, catchAll},
	{22, failAfter},
}

// ---- 011, 012

func runReturns(context.Context) error {
	double := func(x int) int { return 2 * x }
	gave = double(3) // what a run gives besides an error is a variable of its caller
	return nil
}

func doubleSleep(ctx context.Context) error {
	say(ctx, "sleeps")
	err := crib.Sleep(ctx, 2*3*time.Second)
	say(ctx, "slept")
	return err
}

// ---- 014

func parentAndChildren(ctx context.Context) error {
	child := func(d time.Duration) func(context.Context) error {
		return func(ctx context.Context) error {
			say(ctx, "started, sleeping")
			err := crib.Sleep(ctx, d)
			say(ctx, "exiting")
			return err
		}
	}
	say(ctx, "started")
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		say(ctx, "starting child1")
		n.Go(child(3*time.Second), crib.Named("child1"))
		say(ctx, "starting child2")
		n.Go(child(time.Second), crib.Named("child2"))
		say(ctx, "waiting for both")
		return nil
	})
	say(ctx, "all done")
	return err
}

// ---- 015

func failureReachesTheParent(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, time.Second); err != nil {
				return err
			}
			say(ctx, "fails")
			return errors.New("a child's trouble")
		}, crib.Named("child"))
		say(ctx, "waits for the child")
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	say(ctx, "goes on")
	return nil
}

// ---- 017

func tenThousandTasks(ctx context.Context) error {
	slept := 0
	say(ctx, "starts 10000 tasks")
	err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		for range 10000 {
			n.Go(func(ctx context.Context) error {
				err := crib.Sleep(ctx, time.Second)
				slept++
				return err
			})
		}
		return nil
	})
	say(ctx, "%d have slept", slept)
	return err
}

// ---- 019

func computingLoop(ctx context.Context) error {
	computes := func(yields bool) error {
		rounds := 0
		timedOut, err := crib.MoveOnAfter(ctx, 2*time.Second, func(ctx context.Context) error {
			for ; rounds < 40; rounds++ {
				if err := compute(ctx, 100*ms); err != nil {
					return err
				}
				if !yields {
					continue
				}
				if err := crib.Sleep(ctx, 0); err != nil {
					rounds++
					return err
				}
			}
			return nil
		})
		say(ctx, "%d rounds, timed out: %s", rounds, yes(timedOut))
		return err
	}
	say(ctx, "computes, with sleep(0) in each round")
	if err := computes(true); err != nil {
		return err
	}
	say(ctx, "computes, without")
	return computes(false)
}

// ---- 020

func cancelledUntilHandled(ctx context.Context) error {
	timedOut, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) (err error) {
		say(ctx, "sleeps")
		for range 3 {
			err = crib.Sleep(ctx, 10*time.Second)
			say(ctx, "sleep: %s", outcome(err))
		}
		return err
	})
	say(ctx, "timed out: %s", yes(timedOut))
	if err == nil {
		err = crib.Sleep(ctx, time.Second)
	}
	say(ctx, "sleep: %s", outcome(err))
	return err
}

// ---- 021

func catchAll(ctx context.Context) error {
	timedOut, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		attempt := func(i int) error {
			if i == 0 {
				return errors.New("boom")
			}
			return crib.Sleep(ctx, 10*time.Second)
		}
		for i := range 3 {
			say(ctx, "handles %s", outcome(attempt(i)))
		}
		say(ctx, "gives up")
		return nil
	})
	say(ctx, "timed out: %s", yes(timedOut))
	return err
}

// ---- 022

func failAfter(ctx context.Context) error {
	err := crib.FailAfter(ctx, 2*time.Second, sleeps(time.Second))
	say(ctx, "in time: %s", outcome(err))
	err = crib.FailAfter(ctx, 2*time.Second, sleeps(10*time.Second))
	say(ctx, "too late: %s", outcome(err))
	twoSeconds := crib.ScopeOptions{Timeout: 2 * time.Second, Fail: true}
	_, err = crib.WithScope(ctx, twoSeconds, func(ctx context.Context, s *crib.Scope) error {
		if err := crib.Sleep(ctx, time.Second); err != nil {
			return err
		}
		s.Cancel("")
		return crib.Sleep(ctx, time.Second)
	})
	say(ctx, "cancelled by hand: %s", outcome(err))
	return err
}
