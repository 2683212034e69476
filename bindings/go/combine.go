package crib

import (
	"context"
	"errors"
	"math"
	"time"
)

// Map calls f for each item, in tasks of their own, at most `most` at a time (0 = no limit), and gives the results in the
// order of the items. The first failure cancels the rest.
func Map[T, U any](ctx context.Context, most int, items []T, f func(ctx context.Context, item T) (U, error)) ([]U, error) {
	results := make([]U, len(items))
	err := WithNurseryOptions(ctx, NurseryOptions{MaxChildren: most}, func(ctx context.Context, n *Nursery) error {
		for i, item := range items {
			_, err := n.GoWait(ctx, func(ctx context.Context) (err error) {
				results[i], err = f(ctx, item)
				return err
			}, namedAfter(f))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return results, nil
}

// contest starts functions as tasks of a nursery, and notes the first that succeeds.
type contest[T any] struct {
	winner int // -1 = nobody yet
	result T
}

func (c *contest[T]) start(n *Nursery, fs []func(ctx context.Context) (T, error)) {
	c.winner = -1
	for i, f := range fs {
		n.Go(func(ctx context.Context) error {
			v, err := f(ctx)
			if err == nil && c.winner < 0 {
				c.winner, c.result = i, v
			}
			return err
		}, namedAfter(f))
	}
}

// First calls all functions, in tasks of their own, and gives the result of the first that succeeds; the others are
// cancelled. If none does it returns all of their errors.
func First[T any](ctx context.Context, fs ...func(ctx context.Context) (T, error)) (result T, err error) {
	var c contest[T]
	err = WithNurseryOptions(ctx, NurseryOptions{Policy: FirstSuccess}, func(ctx context.Context, n *Nursery) error {
		c.start(n, fs)
		return nil
	})
	if err != nil {
		return result, err
	}
	if c.winner < 0 {
		return result, misuse("First without a function, or each was cancelled by itself")
	}
	return c.result, nil
}

// CancellableWait calls all functions, in tasks of their own, until the first ends, the token is triggered (nil: there is
// none), or the time is up ([Forever]: never); then the others are cancelled, and awaited. It gives the index and the
// result of the first.
//
// The failure of a function goes before everything; then comes the token, which makes it [ErrTokenTriggered] even if a
// function has succeeded; then [ErrTooSlow].
func CancellableWait[T any](ctx context.Context, token *Token, timeout time.Duration, fs ...func(ctx context.Context) (T, error)) (winner int, result T, err error) {
	if err := CheckCancelled(ctx); err != nil {
		return -1, result, err
	}
	began := Now(ctx)
	var c contest[T]
	err = WithNurseryOptions(ctx, NurseryOptions{Policy: FirstDone}, func(ctx context.Context, n *Nursery) error {
		if token != nil {
			token.Cancels(&n.Scope)
		}
		if timeout != Forever {
			n.SetDeadline(began.Add(timeout))
			n.Cancelled() // no time at all counts from the start
		}
		c.start(n, fs)
		return nil
	})
	if err == nil && token != nil {
		err = token.Check()
	}
	if err == nil && c.winner < 0 {
		if err = misuse("CancellableWait without a function, or the first was cancelled by itself"); Now(ctx).Sub(began) >= timeout {
			err = ErrTooSlow
		}
	}
	if err != nil {
		return -1, result, err
	}
	return c.winner, c.result, nil
}

// RetryOptions are for [Retry].
type RetryOptions struct {
	Attempts  int              // at most so many; 0 = until the deadline of a scope ends it
	Delay     time.Duration    // before the second attempt; 0 = 100 ms
	MostDelay time.Duration    // 0 = 30 s
	Factor    float64          // each delay is so many times the one before; 0 = 2
	Jitter    float64          // 0 to 1: of each delay a random part of that is left out
	Retries   func(error) bool // whether this failure is worth another attempt; nil = every one
}

func (o *RetryOptions) complete() error {
	if o.Factor == 0 {
		o.Factor = 2
	}
	if o.Delay == 0 {
		o.Delay = 100 * time.Millisecond
	}
	if o.MostDelay == 0 {
		o.MostDelay = 30 * time.Second
	}
	if o.Delay < 0 || o.MostDelay < 0 || o.Factor < 1 || o.Jitter < 0 || o.Jitter > 1 {
		return misuse("these options make no sense: %+v", *o)
	}
	return nil
}

func (o *RetryOptions) again(begun int, err error) bool {
	if err == nil || errors.Is(err, error(ErrCancelled)) || o.Attempts > 0 && begun >= o.Attempts {
		return false
	}
	return o.Retries == nil || o.Retries(err)
}

// Retry calls f until it succeeds, with growing delays between its attempts, and gives what f returned at last. Timeouts
// are scopes: around Retry, or one an attempt inside f. A delay that would last until the deadline of ctx is not begun.
// What was cancelled is not tried again.
func Retry(ctx context.Context, o RetryOptions, f func(ctx context.Context) error) error {
	if err := o.complete(); err != nil {
		return err
	}
	if err := CheckCancelled(ctx); err != nil {
		return err
	}
	delay := min(o.Delay, o.MostDelay)
	for begun := 1; ; begun++ {
		err := f(ctx)
		if !o.again(begun, err) {
			return err
		}
		pause := delay - time.Duration(float64(delay)*o.Jitter*runFor(ctx).random.Float64())
		if at, limited := ctx.Deadline(); limited && at.Sub(Now(ctx)) <= pause {
			return err
		}
		if cancelled := Sleep(ctx, pause); cancelled != nil {
			return cancelled
		}
		delay = time.Duration(math.Min(float64(delay)*o.Factor, float64(o.MostDelay)))
	}
}

// Ticker ticks at regular times, and does not drift.
type Ticker struct {
	period time.Duration
	next   time.Time
}

// NewTicker makes a ticker whose first tick is a period from now.
func NewTicker(ctx context.Context, period time.Duration) *Ticker {
	if period <= 0 {
		panic(misuse("a ticker with a period of %v", period))
	}
	return &Ticker{period, Now(ctx).Add(period)}
}

// Wait waits for the next tick, and says how many went by before the call that nobody waited for.
func (t *Ticker) Wait(ctx context.Context) (missed int, err error) {
	next := t.next
	if late := Now(ctx).Sub(next); late > 0 {
		missed = int((late-1)/t.period) + 1
		next = next.Add(time.Duration(missed) * t.period)
	}
	if err := SleepUntil(ctx, next); err != nil {
		return 0, err
	}
	t.next = next.Add(t.period)
	return missed, nil
}
