package main

import (
	"context"
	"time"

	"libcrib/crib"
)

// 5xx: channels.
var channels = []scenario{
	{501, overflow},
	{505, batch},
	{586, capacity},
	{587, rendezvous},
	{588, oldestReceiver},
	{589, fullChannel},
	{595, cancelledWait},
	{596, unbounded},
	{597, statistics},
}

// sendAll sends one after the other.
func sendAll(ctx context.Context, ch *crib.Chan[int], values ...int) error {
	for _, v := range values {
		if err := ch.Send(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// receives is a task that receives so many values.
func receives(ch *crib.Chan[int], count int) func(context.Context) error {
	return func(ctx context.Context) error {
		for range count {
			if err := receiveAndTell(ctx, ch); err != nil {
				return err
			}
		}
		return nil
	}
}

// ---- 501

func overflow(ctx context.Context) error {
	for _, by := range []struct {
		what string
		o    crib.ChanOptions
	}{
		{"drop oldest", crib.ChanOptions{Overflow: crib.DropOldest, Capacity: 2}},
		{"drop newest", crib.ChanOptions{Overflow: crib.DropNewest, Capacity: 2}},
		{"latest only", crib.ChanOptions{Overflow: crib.KeepLatest}},
	} {
		ch := crib.NewChanWith[int](ctx, by.o)
		if err := sendAll(ctx, ch, 1, 2, 3); err != nil {
			return err
		}
		var values []int
		for v, err := ch.TryRecv(); err == nil; v, err = ch.TryRecv() {
			values = append(values, v)
		}
		say(ctx, "%s:%s, dropped %d", by.what, spaced(values), ch.Stats().Dropped)
	}
	return nil
}

// ---- 505

func batch(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 5)
	if err := sendAll(ctx, ch, 1, 2, 3); err != nil {
		return err
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, time.Second); err != nil {
				return err
			}
			return ch.Send(ctx, 4)
		}, crib.Named("sender"))
		for range 2 {
			values, err := ch.RecvBatch(ctx, 10)
			if err != nil {
				return err
			}
			say(ctx, "got %d at once:%s", len(values), spaced(values))
		}
		return nil
	})
}

// ---- 586

func sendNowAndTell(ctx context.Context, ch *crib.Chan[int], v int) {
	say(ctx, "sending %d without waiting: %s", v, outcome(ch.TrySend(v)))
}

func receiveNowAndTell(ctx context.Context, ch *crib.Chan[int]) {
	_, err := ch.TryRecv()
	say(ctx, "receiving without waiting: %s", outcome(err))
}

func capacity(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 2)
	for v := 1; v <= 3; v++ {
		sendNowAndTell(ctx, ch, v)
	}
	if err := receiveAndTell(ctx, ch); err != nil {
		return err
	}
	sendNowAndTell(ctx, ch, 3)
	err := receives(ch, 2)(ctx)
	receiveNowAndTell(ctx, ch)
	return err
}

// ---- 587

func rendezvous(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 0)
	return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			say(ctx, "sends 1")
			err := ch.Send(ctx, 1)
			say(ctx, "sent 1: %s", outcome(err))
			sendNowAndTell(ctx, ch, 2)
			sendNowAndTell(ctx, ch, 3)
			if err := crib.Sleep(ctx, 500*ms); err != nil {
				return err
			}
			err = ch.Send(ctx, 4)
			say(ctx, "sent 4: %s", outcome(err))
			return err
		}, crib.Named("sender"))
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, 500*ms); err != nil {
				return err
			}
			return receives(ch, 3)(ctx)
		}, crib.Named("receiver"))
		return nil
	})
}

// ---- 588

func oldestReceiver(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(receives(ch, 1), crib.Named("first"))
		n.Go(receives(ch, 1), crib.Named("second"))
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		err := ch.Send(ctx, 1)
		say(ctx, "sent 1")
		receiveNowAndTell(ctx, ch)
		if err == nil {
			err = ch.Send(ctx, 2)
		}
		say(ctx, "sent 2")
		return err
	})
}

// ---- 589

func fullChannel(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		for i, name := range []string{"a", "b", "c"} {
			n.Go(func(ctx context.Context) error {
				err := ch.Send(ctx, i+1)
				say(ctx, "sent %d", i+1)
				return err
			}, crib.Named(name))
		}
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		for range 3 {
			got, err := ch.Recv(ctx)
			if err != nil {
				return err
			}
			stats := ch.Stats()
			say(ctx, "got %d, %d in the buffer, %d waiting to send", got, stats.Buffered, stats.WaitingSenders)
		}
		return nil
	})
}

// ---- 595

func cancelledWait(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	if err := ch.Send(ctx, 1); err != nil {
		return err
	}
	_, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		err := ch.Send(ctx, 2)
		say(ctx, "sending 2: %s", outcome(err))
		return err
	})
	if err == nil {
		err = receiveAndTell(ctx, ch)
	}
	receiveNowAndTell(ctx, ch)
	if err != nil {
		return err
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			_, err := crib.MoveOnAfter(ctx, 500*ms, receives(ch, 1))
			return err
		}, crib.Named("a"))
		n.Go(receives(ch, 1), crib.Named("b"))
		if err := crib.Sleep(ctx, time.Second); err != nil {
			return err
		}
		return ch.Send(ctx, 3)
	})
}

// ---- 596

func unbounded(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, crib.Unbounded)
	sent := 0
	for ; sent < 50; sent++ {
		if err := ch.Send(ctx, sent); err != nil {
			return err
		}
	}
	say(ctx, "sent %d values", sent)
	say(ctx, "%d in the buffer", ch.Stats().Buffered)
	return nil
}

// ---- 597

func statistics(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 3)
	tell := func() {
		s := ch.Stats()
		say(ctx, "%d of %d buffered, at most %d", s.Buffered, s.Capacity, s.Peak)
		say(ctx, "%d senders, %d receivers, %d waiting to receive", s.Senders, s.Receivers, s.WaitingReceivers)
	}
	other := ch.Sender.Clone()
	if err := sendAll(ctx, ch, 1, 2, 3); err != nil {
		return err
	}
	for range 2 {
		if _, err := ch.Recv(ctx); err != nil {
			return err
		}
	}
	tell()
	other.Close()
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(receives(ch, 2), crib.Named("receiver"))
		if err := crib.Checkpoint(ctx); err != nil {
			return err
		}
		tell()
		return ch.Send(ctx, 4)
	})
}
