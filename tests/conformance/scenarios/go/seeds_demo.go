package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 0xx: the demo with two producers and a consumer, and what is told about it (S0).
var seedsDemo = []scenario{
	{1, func(ctx context.Context) error { return talkingDemo(ctx, 20) }},
	{2, func(ctx context.Context) error { return talkingDemo(ctx, 2) }},
	{3, descendantsAreCancelled},
	{4, oneChildFails},
	{5, fullBuffer},
	{6, taskNames},
	{7, fixedSleeps},
}

// ---- 001, 002

func produce(tx *crib.Sender[int], items int, pause func(i int) time.Duration) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		defer tx.Close()
		for i := 1; i <= items && err == nil; i++ {
			if err = tx.Send(ctx, i*i); err == nil {
				say(ctx, "generated item %d", i)
				err = crib.Sleep(ctx, pause(i))
			}
		}
		if err != nil {
			say(ctx, "cancelled")
		}
		return err
	}
}

func consume(rx *crib.Receiver[int]) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		for value, failed := range rx.All(ctx) {
			if err = failed; err == nil {
				say(ctx, "processed value %d", value)
				err = crib.Sleep(ctx, 500*ms)
			}
			if err != nil {
				say(ctx, "cancelled")
				return err
			}
		}
		say(ctx, "no more")
		return nil
	}
}

func talkingDemo(ctx context.Context, items int) error {
	say(ctx, "App started.")
	ch := crib.NewChan[int](ctx, 10)
	other := ch.Sender.Clone()
	timedOut, err := crib.MoveOnAfter(ctx, 5*time.Second, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			pause := func(i int) time.Duration { return time.Duration(500+300*(i%4)) * ms }
			n.Go(produce(ch.Sender, items, pause), crib.Named("Prod 1"))
			pause = func(i int) time.Duration { return time.Duration(500+170*(i%6)) * ms }
			n.Go(produce(other, items, pause), crib.Named("Prod 2"))
			n.Go(consume(ch.Receiver), crib.Named("Consumer"))
			return nil
		})
	})
	say(ctx, "timed out: %s", yes(timedOut))
	say(ctx, "App exiting.")
	return err
}

// ---- 003

func cleansUp(ctx context.Context) error {
	err := sleepForever(ctx)
	say(ctx, "cleans up")
	return err
}

func hasChildren(first, second string) func(context.Context) error {
	return func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(cleansUp, crib.Named(first))
			n.Go(cleansUp, crib.Named(second))
			return nil
		})
		say(ctx, "cleans up")
		return err
	}
}

func descendantsAreCancelled(ctx context.Context) error {
	timedOut, err := crib.MoveOnAfter(ctx, 5*time.Second, func(ctx context.Context) error {
		say(ctx, "starts")
		err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(hasChildren("one.1", "one.2"), crib.Named("one"))
			n.Go(hasChildren("two.1", "two.2"), crib.Named("two"))
			return nil
		})
		say(ctx, "the nursery is closed")
		return err
	})
	say(ctx, "timed out: %s", yes(timedOut))
	return err
}

// ---- 004

func oneChildFails(ctx context.Context) error {
	begins := func(wait func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			say(ctx, "begins")
			err := wait(ctx)
			say(ctx, "%s", outcome(err))
			return err
		}
	}
	timedOut, err := crib.MoveOnAfter(ctx, 5*time.Second, func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(begins(sleeps(time.Minute)), crib.Named("sibling"))
			n.Go(func(ctx context.Context) error {
				if err := crib.Sleep(ctx, time.Second); err != nil {
					return err
				}
				say(ctx, "fails")
				n.Go(begins(crib.Checkpoint), crib.Named("latecomer"))
				return errors.New("boom")
			}, crib.Named("failing"))
			return nil
		})
		say(ctx, "the nursery: %s", outcome(err))
		return err
	})
	say(ctx, "timed out: %s", yes(timedOut))
	return err
}

// ---- 005

func fullBuffer(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 10)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			for i := 1; i <= 10; i++ {
				if err := ch.Send(ctx, i); err != nil {
					return err
				}
			}
			say(ctx, "sent 10 items")
			err := ch.Send(ctx, 11)
			say(ctx, "sent one more")
			return err
		}, crib.Named("sender"))
		if err := crib.Sleep(ctx, 3*time.Second); err != nil {
			return err
		}
		return receiveAndTell(ctx, ch)
	})
}

// ---- 006

func taskNames(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		task := n.Go(func(ctx context.Context) error {
			say(ctx, "begins")
			say(ctx, "gets another name")
			crib.Current(ctx).SetName("Prod 2")
			say(ctx, "goes on")
			return crib.Sleep(ctx, time.Second)
		}, crib.Named("Prod 1"))
		say(ctx, "its name is %s", task.Name())
		err := crib.Checkpoint(ctx)
		say(ctx, "now its name is %s", task.Name())
		return err
	})
}

// ---- 007

func fixedSleeps(ctx context.Context) error {
	say(ctx, "App started.")
	ch := crib.NewChan[int](ctx, 10)
	var generated [2]int
	processed := 0
	_, err := crib.MoveOnAfter(ctx, 5*time.Second, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			for producer := range generated {
				tx := ch.Sender.Clone()
				n.Go(func(ctx context.Context) error {
					defer tx.Close()
					for i := 1; i <= 20; i++ {
						if err := tx.Send(ctx, i*i); err != nil {
							return err
						}
						generated[producer]++
						if err := crib.Sleep(ctx, 700*ms); err != nil {
							return err
						}
					}
					return nil
				})
			}
			ch.Sender.Close()
			n.Go(func(ctx context.Context) error {
				for _, err := range ch.All(ctx) {
					if err != nil {
						return err
					}
					processed++
					if err := crib.Sleep(ctx, 500*ms); err != nil {
						return err
					}
				}
				return nil
			})
			return nil
		})
	})
	say(ctx, "generated %d and %d, processed %d", generated[0], generated[1], processed)
	say(ctx, "App exiting.")
	return err
}
