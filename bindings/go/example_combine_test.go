package crib_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"libcrib/crib"
)

func ExampleCancellableWait() {
	virtual(func(ctx context.Context) error {
		shutdown := crib.NewToken(ctx, "shutdown")
		answer := func(ctx context.Context) (string, error) { return "answer", crib.Sleep(ctx, time.Second) }
		winner, text, err := crib.CancellableWait(ctx, shutdown, time.Minute, answer)
		fmt.Println(winner, text, err)
		shutdown.Trigger()
		_, _, err = crib.CancellableWait(ctx, shutdown, time.Minute, answer)
		fmt.Println(err)
		_, _, err = crib.CancellableWait(ctx, nil, time.Millisecond, answer)
		fmt.Println(errors.Is(err, crib.ErrTooSlow))
		return nil
	})
	// Output:
	// 0 answer <nil>
	// Cancellation requested by shutdown token
	// true
}

func ExampleRetry() {
	virtual(func(ctx context.Context) error {
		attempts := 0
		o := crib.RetryOptions{Attempts: 5, Delay: time.Second, Jitter: 0.1}
		err := crib.Retry(ctx, o, func(context.Context) error {
			if attempts++; attempts < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		fmt.Println(attempts, "attempts:", err)
		return nil
	})
	// Output: 3 attempts: <nil>
}

func ExampleTicker() {
	virtual(func(ctx context.Context) error {
		began := crib.Now(ctx)
		ticker := crib.NewTicker(ctx, time.Second)
		for range 3 {
			missed, err := ticker.Wait(ctx)
			if err != nil {
				return err
			}
			fmt.Println(crib.Now(ctx).Sub(began), "missed", missed)
			if err := crib.Sleep(ctx, 1500*time.Millisecond); err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// 1s missed 0
	// 3s missed 1
	// 5s missed 1
}

func ExampleReceiver_RecvBatch() {
	virtual(func(ctx context.Context) error {
		ch := crib.NewChan[string](ctx, crib.Unbounded)
		for _, word := range []string{"all", "that", "is", "there"} {
			if err := ch.Send(ctx, word); err != nil {
				return err
			}
		}
		words, err := ch.RecvBatch(ctx, 3)
		fmt.Println(words)
		return err
	})
	// Output: [all that is]
}

func ExampleCurrent() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				me := crib.Current(ctx)
				fmt.Println(me.Name(), "in a nursery of", n.Task().Name())
				me.SetName("renamed")
				fmt.Println(me.Name())
				return nil
			}, crib.Named("worker"))
			return nil
		})
	})
	// Output:
	// worker in a nursery of main
	// renamed
}

func ExampleYield() {
	virtual(func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Cancel("enough")
			n.Go(func(context.Context) error {
				fmt.Println("the other")
				return nil
			})
			fmt.Println(crib.Yield(ctx)) // the other runs, though the caller is cancelled
			fmt.Println(crib.CheckCancelled(ctx))
			return nil
		})
	})
	// Output:
	// the other
	// <nil>
	// crib: cancelled (explicit: enough)
}

func ExampleScope_State() {
	virtual(func(ctx context.Context) error {
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(_ context.Context, s *crib.Scope) error {
			fmt.Println(s.State(), s.Source())
			s.CancelSoft(crib.Drain, time.Second, "maintenance")
			fmt.Println(s.State(), s.Source(), s.Reason())
			s.Cancel("now")
			fmt.Println(s.State(), s.Reason())
			return nil
		})
		return err
	})
	// Output:
	// open none
	// soft explicit maintenance
	// cancelled maintenance
}

func ExampleLimiter_AcquireFor() {
	virtual(func(ctx context.Context) error {
		limiter := crib.NewLimiter(ctx, 1)
		if err := limiter.AcquireFor(ctx, "a request"); err != nil { // any task may give it back
			return err
		}
		fmt.Println(limiter.Borrowed(), limiter.Waiting(), limiter.TryAcquireFor("another") == error(crib.ErrWouldBlock))
		limiter.ReleaseFor("a request")
		fmt.Println(limiter.Borrowed())
		return nil
	})
	// Output:
	// 1 0 true
	// 0
}

func ExampleError_Name() {
	var tooSlow *crib.Error
	virtual(func(ctx context.Context) error {
		err := crib.FailAfter(ctx, time.Second, func(ctx context.Context) error { return crib.Sleep(ctx, time.Hour) })
		if errors.As(err, &tooSlow) {
			fmt.Println(tooSlow.Name())
		}
		return nil
	})
	// Output: CRIB_ETOOSLOW
}
