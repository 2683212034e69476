package crib_test

import (
	"context"
	"testing"

	"libcrib/crib"
)

func TestSelectCarriesOutOneClause(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		in, out := crib.NewChan[string](ctx, 1), crib.NewChan[int](ctx, 0)
		none(t, in.Send(ctx, "v"))
		var got string
		i, err := crib.Select(ctx, crib.OnSend(out, 5), crib.OnRecv(in, &got), crib.OnAfter(second))
		none(t, err)
		equal(t, i, 1)
		equal(t, got, "v")
		equal(t, in.Stats().Buffered, 0)
		return nil
	})
}

func TestSelectWaitsForTheFirst(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		a, b := crib.NewChan[string](ctx, 0), crib.NewChan[string](ctx, 0)
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				if err := crib.Sleep(ctx, second); err != nil {
					return err
				}
				return b.Send(ctx, "from b")
			})
			var got string
			took := elapsed(ctx, func() {
				i, err := crib.Select(ctx, crib.OnRecv(a, &got), crib.OnRecv(b, &got), crib.OnAfter(5*second))
				none(t, err)
				equal(t, i, 1)
			})
			equal(t, got, "from b")
			equal(t, took, second)
			n.Go(func(ctx context.Context) error {
				v, err := a.Recv(ctx)
				equal(t, v, "to a")
				return err
			})
			i, err := crib.Select(ctx, crib.OnSend(b, "to b"), crib.OnSend(a, "to a"))
			none(t, err)
			equal(t, i, 1)
		})
	})
}

func TestEveryKindOfClause(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			lock, event := crib.NewLock(ctx), crib.NewEvent(ctx)
			semaphore, token := crib.NewSemaphore(ctx, 1, 0), crib.NewToken(ctx, "t")
			event.Set()
			token.Trigger()
			ended := n.Go(func(context.Context) error { return nil })
			none(t, crib.Checkpoint(ctx))
			for i, c := range []crib.Clause{
				crib.OnLock(lock), crib.OnSemaphore(semaphore), crib.OnEvent(event), crib.OnToken(token),
				crib.OnTask(ended), crib.OnTime(crib.Now(ctx)), crib.OnAfter(-second),
			} {
				chosen, err := crib.SelectInOrder(ctx, crib.Never(), c, crib.OnAfter(second))
				if chosen != 1 || err != nil {
					t.Errorf("clause %d: %d, %v", i, chosen, err)
				}
			}
			equal(t, semaphore.TryAcquire(), error(crib.ErrWouldBlock))
			lock.Release()
			running := n.Go(failer(second, nil))
			i, err := crib.Select(ctx, crib.OnTask(running), crib.OnTime(crib.Now(ctx).Add(5*second)))
			equal(t, i, 0)
			none(t, err)
		})
	})
}

func TestAnEndOfAChannelIsAnOutcomeOfItsClause(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch, other := crib.NewChan[string](ctx, 0), crib.NewChan[string](ctx, 0)
		ch.Close()
		i, err := crib.Select(ctx, crib.OnRecv(other, nil), crib.OnRecv(ch, nil))
		equal(t, i, 1)
		equal(t, err, error(crib.ErrEndOfChannel))
		i, err = crib.Select(ctx, crib.OnRecv(other, nil), crib.OnSend(ch, "x"))
		equal(t, i, 1)
		equal(t, err, error(crib.ErrClosed))
		other.Receiver.Close()
		i, err = crib.Select(ctx, crib.OnSend(other, "x"))
		equal(t, i, 0)
		equal(t, err, error(crib.ErrBroken))
		return nil
	})
}

func TestTrySelectDoesNotWait(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, 1)
		i, err := crib.TrySelect(ctx, crib.OnRecv(ch, nil))
		equal(t, i, -1)
		equal(t, err, error(crib.ErrWouldBlock))
		i, err = crib.TrySelect(ctx, crib.OnRecv(ch, nil), crib.OnSend(ch, "v"))
		equal(t, i, 1)
		none(t, err)
		_, err = ch.TryRecv()
		return err
	})
}

func TestSelectChoosesFairly(t *testing.T) {
	none(t, runWith(t, crib.Options{Clock: crib.MockClock, Seed: 3}, func(ctx context.Context) error {
		a, b := crib.NewChan[int](ctx, 100), crib.NewChan[int](ctx, 100)
		for i := range 100 {
			none(t, a.Send(ctx, i))
			none(t, b.Send(ctx, i))
		}
		counts := [2]int{}
		for range 100 {
			i, err := crib.Select(ctx, crib.OnRecv(a, nil), crib.OnRecv(b, nil))
			none(t, err)
			counts[i]++
		}
		if counts[0] < 20 || counts[1] < 20 {
			t.Error(counts)
		}
		return nil
	}))
}

func TestASelectThatIsCancelledSendsNothing(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ch := crib.NewChan[*int](ctx, 0)
		timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
			i, err := crib.Select(ctx, crib.OnSend(ch, new(int)), crib.OnSend(ch, new(int)))
			equal(t, i, -1)
			return err
		})
		equal(t, timedOut, true)
		equal(t, ch.Stats().WaitingSenders, 0)
		return err
	})
}

func TestTooManyClausesAreRefused(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		clauses := make([]crib.Clause, 65)
		_, err := crib.Select(ctx, clauses...)
		is(t, err, crib.ErrMisuse)
		return nil
	})
}
