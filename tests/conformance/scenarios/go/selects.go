package main

import (
	"context"
	"errors"

	"libcrib/crib"
)

// 8xx: select.
var selects = []scenario{
	{801, whicheverComesFirst},
	{802, exactlyOne},
	{803, selectWithDeadline},
	{804, endedChannelIsAnOutcome},
	{805, manyKinds},
	{806, sendBySelect},
	{807, cancelledSelect},
	{808, selectWithoutWaiting},
}

// tellValue says what a clause gave, or failed with.
func tellValue(ctx context.Context, name string, v int, err error) {
	if err != nil {
		say(ctx, "%s: %s", name, outcome(err))
	} else {
		say(ctx, "%s: %d", name, v)
	}
}

// ---- 801, 802

func receiveAOrB(ctx context.Context, a, b *crib.Chan[int]) error {
	var v int
	chosen, err := crib.SelectInOrder(ctx, crib.OnRecv(a, &v), crib.OnRecv(b, &v))
	switch chosen {
	case 0:
		tellValue(ctx, "a", v, err)
	case 1:
		tellValue(ctx, "b", v, err)
	}
	return err
}

func whicheverComesFirst(ctx context.Context) error {
	a, b := crib.NewChan[int](ctx, 0), crib.NewChan[int](ctx, 0)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			for i, ch := range []*crib.Chan[int]{a, b} {
				if err := crib.Sleep(ctx, 100*ms); err != nil {
					return err
				}
				if err := ch.Send(ctx, i+1); err != nil {
					return err
				}
			}
			return nil
		}, crib.Named("sender"))
		if err := receiveAOrB(ctx, a, b); err != nil {
			return err
		}
		return receiveAOrB(ctx, a, b)
	})
}

func exactlyOne(ctx context.Context) error {
	a, b := crib.NewChan[int](ctx, 1), crib.NewChan[int](ctx, 1)
	if err := errors.Join(a.Send(ctx, 1), b.Send(ctx, 2)); err != nil {
		return err
	}
	for range 2 {
		if err := receiveAOrB(ctx, a, b); err != nil {
			return err
		}
		say(ctx, "b still has %d", b.Stats().Buffered)
	}
	return nil
}

// ---- 803

func selectWithDeadline(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 0)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, 80*ms); err != nil {
				return err
			}
			return ch.Send(ctx, 1)
		}, crib.Named("sender"))
		for range 2 {
			var v int
			switch chosen, err := crib.SelectInOrder(ctx, crib.OnRecv(ch, &v), crib.OnAfter(50*ms)); {
			case err != nil:
				return err
			case chosen == 0:
				say(ctx, "a: %d", v)
			case chosen == 1:
				say(ctx, "nothing for 50 ms")
			}
		}
		return nil
	})
}

// ---- 804

func endedChannelIsAnOutcome(ctx context.Context) error {
	a, b := crib.NewChan[int](ctx, 0), crib.NewChan[int](ctx, 0)
	a.Close()
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, 100*ms); err != nil {
				return err
			}
			return b.Send(ctx, 2)
		}, crib.Named("sender"))
		var v int
		clauses := []crib.Clause{crib.OnRecv(a, &v), crib.OnRecv(b, &v)}
		for _, name := range []string{"a", "b"} {
			chosen, err := crib.SelectInOrder(ctx, clauses...)
			tellValue(ctx, name, v, err)
			if chosen < 0 {
				return err
			}
			clauses[chosen] = crib.Never()
		}
		return nil
	})
}

// ---- 805

func manyKinds(ctx context.Context) error {
	event, token := crib.NewEvent(ctx), crib.NewToken(ctx, "demo")
	lock, semaphore := crib.NewLock(ctx), crib.NewSemaphore(ctx, 0, 0)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		helper := n.Go(func(ctx context.Context) error {
			if err := lock.Acquire(ctx); err != nil {
				return err
			}
			for _, do := range []func(){event.Set, token.Trigger, lock.Release, semaphore.Release, func() {}} {
				if err := crib.Sleep(ctx, 100*ms); err != nil {
					return err
				}
				do()
			}
			return nil
		}, crib.Named("helper"))
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		clauses := []crib.Clause{
			crib.OnEvent(event), crib.OnToken(token), crib.OnLock(lock), crib.OnSemaphore(semaphore), crib.OnTask(helper),
		}
		words := []string{"the event is set", "the token is triggered", "the lock is mine", "a permit is mine"}
		for range clauses {
			chosen, err := crib.SelectInOrder(ctx, clauses...)
			if err != nil {
				return err
			}
			if chosen < len(words) {
				say(ctx, "%s", words[chosen])
			} else {
				say(ctx, "the task has ended: %s", outcome(helper.Result()))
			}
			clauses[chosen] = crib.Never()
		}
		lock.Release()
		return nil
	})
}

// ---- 806

func sendBySelect(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 0)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, 150*ms); err != nil {
				return err
			}
			return receiveAndTell(ctx, ch)
		}, crib.Named("receiver"))
		for range 2 {
			switch chosen, err := crib.SelectInOrder(ctx, crib.OnSend(ch, 7), crib.OnAfter(100*ms)); {
			case err != nil:
				return err
			case chosen == 0:
				say(ctx, "sent")
			case chosen == 1:
				say(ctx, "nobody took it")
			}
		}
		return nil
	})
}

// ---- 807

func cancelledSelect(ctx context.Context) error {
	ch, lock := crib.NewChan[int](ctx, 1), crib.NewLock(ctx)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			return lock.With(ctx, func() error {
				err := crib.Sleep(ctx, 200*ms)
				say(ctx, "releases the lock")
				return err
			})
		}, crib.Named("owner"))
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		_, err := crib.MoveOnAfter(ctx, 100*ms, func(ctx context.Context) error {
			_, err := crib.SelectInOrder(ctx, crib.OnRecv[int](ch, nil), crib.OnLock(lock))
			say(ctx, "%s", outcome(err))
			return err
		})
		say(ctx, "%d wait for a value", ch.Stats().WaitingReceivers)
		if err == nil {
			err = crib.Sleep(ctx, 200*ms)
		}
		if err != nil {
			return err
		}
		say(ctx, "the lock is free: %s", yes(lock.TryAcquire() == nil))
		lock.Release()
		if err := ch.Send(ctx, 1); err != nil {
			return err
		}
		v, err := ch.Recv(ctx)
		say(ctx, "the value is there: %d", v)
		return err
	})
}

// ---- 808

func selectWithoutWaiting(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	receiveNow := func() {
		var v int
		if _, err := crib.TrySelect(ctx, crib.OnRecv(ch, &v)); err != nil {
			say(ctx, "%s", outcome(err))
		} else {
			say(ctx, "a: %d", v)
		}
	}
	receiveNow()
	if err := ch.Send(ctx, 1); err != nil {
		return err
	}
	receiveNow()
	receiveNow()
	return nil
}
