package main

import (
	"context"
	"errors"

	"libcrib/crib"
)

// 5xx: the ends of channels.
var ends = []scenario{
	{504, closeWithAnError},
	{590, endOfChannel},
	{591, noReceiver},
	{592, ownEndClosed},
	{593, clones},
	{598, eachValueOnce},
}

// ---- 504

func closeWithAnError(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	if err := ch.Send(ctx, 1); err != nil {
		return err
	}
	ch.CloseWith(errors.New("boom"))
	for range 3 {
		_ = receiveAndTell(ctx, ch)
	}
	return nil
}

// ---- 590

func endOfChannel(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 2)
	err := sendAll(ctx, ch, 1, 2)
	ch.Close()
	for range 4 {
		_ = receiveAndTell(ctx, ch)
	}
	return err
}

// ---- 591

func noReceiver(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	sendAndTell := func(ctx context.Context, v int) { say(ctx, "%d: %s", v, outcome(ch.Send(ctx, v))) }
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			sendAndTell(ctx, 1)
			sendAndTell(ctx, 2)
			return nil
		}, crib.Named("sender"))
		err := crib.Checkpoint(ctx)
		say(ctx, "closes the receiver")
		ch.Receiver.Close()
		sendAndTell(ctx, 3)
		return err
	})
}

// ---- 592

func ownEndClosed(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	tryBoth := func(ctx context.Context) {
		_, err := ch.Recv(ctx)
		say(ctx, "receive: %s", outcome(err))
		say(ctx, "send: %s", outcome(ch.Send(ctx, 1)))
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			_ = receiveAndTell(ctx, ch)
			return nil
		}, crib.Named("receiver"))
		err := crib.Checkpoint(ctx)
		say(ctx, "closes the receiver")
		ch.Receiver.Close()
		tryBoth(ctx)
		say(ctx, "closes the sender")
		ch.Sender.Close()
		tryBoth(ctx)
		return err
	})
}

// ---- 593

func clones(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	clone := ch.Sender.Clone()
	ch.Sender.Close()
	say(ctx, "the first sender is closed, the clone sends: %s", outcome(clone.Send(ctx, 1)))
	if err := receiveAndTell(ctx, ch); err != nil {
		return err
	}
	clone.Close()
	_, err := ch.Recv(ctx)
	say(ctx, "the clone is closed: %s", outcome(err))
	refused := misuse(func() { clone.Clone() })
	say(ctx, "cloning it is refused: %s", yes(errors.Is(refused, crib.ErrClosed)))
	return nil
}

// ---- 598

func eachValueOnce(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 0)
	sum := 0
	consumes := func(ctx context.Context) error {
		for v, err := range ch.All(ctx) {
			if err != nil {
				return err
			}
			say(ctx, "got %d", v)
			sum += v
		}
		say(ctx, "no more")
		return nil
	}
	produces := func(tx *crib.Sender[int], values ...int) func(context.Context) error {
		return func(ctx context.Context) error {
			defer tx.Close()
			for _, v := range values {
				if err := tx.Send(ctx, v); err != nil {
					return err
				}
			}
			return nil
		}
	}
	err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		for _, name := range []string{"c1", "c2", "c3"} {
			n.Go(consumes, crib.Named(name))
		}
		n.Go(produces(ch.Sender.Clone(), 1, 2, 3), crib.Named("p1"))
		n.Go(produces(ch.Sender, 11, 12, 13), crib.Named("p2"))
		return nil
	})
	say(ctx, "sum %d", sum)
	return err
}
