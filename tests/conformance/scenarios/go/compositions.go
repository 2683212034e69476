package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 0xx (S4.8 to S4.13), 8xx: compositions.
var compositions = []scenario{
	{58, cancellableWaitTimesOut},
	{59, cancellableWaitTriggered},
	{60, firstResult},
	{61, triggeredBeatsSuccess},
	{62, failureBeatsTriggered},
	{63, cancelledFromOutside},
	{820, gather},
	{821, gatherFails},
	{822, firstOfThree},
	{823, asCompleted},
	{824, retry},
	{825, ticker},
	{826, squares},
}

// work gives a number, or fails.
type work = func(ctx context.Context) (int, error)

// gives is work that takes a time; failsWork fails after that.
func gives(d time.Duration, number int) work {
	return func(ctx context.Context) (int, error) {
		err := crib.Sleep(ctx, d)
		say(ctx, "ends")
		return number, err
	}
}

func boomAfter(d time.Duration) work {
	fails := failsAfter(d, "boom")
	return func(ctx context.Context) (int, error) { return 0, fails(ctx) }
}

var slow = as("slow", func(ctx context.Context) (int, error) { return 0, tellsSleep(10 * time.Second)(ctx) })

// ---- 058 to 063

func cancellableWaitTimesOut(ctx context.Context) error {
	_, _, err := crib.CancellableWait(ctx, nil, 100*ms, slow)
	tellToken(ctx, err)
	return nil
}

func cancellableWaitTriggered(ctx context.Context) error {
	token := crib.NewToken(ctx, "demo")
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(triggersAfterASecond(token), crib.Named("other"))
		_, _, err := crib.CancellableWait(ctx, token, crib.Forever, slow)
		tellToken(ctx, err)
		return nil
	})
}

func firstResult(ctx context.Context) error {
	winner, number, err := crib.CancellableWait(ctx, nil, crib.Forever, slow, as("quick", gives(time.Second, 1)))
	say(ctx, "number %d gave %d", winner, number)
	return err
}

// triggered waits for work while the token is triggered already.
func triggered(ctx context.Context, f work) error {
	token := crib.NewToken(ctx, "demo")
	token.Trigger()
	_, _, err := crib.CancellableWait(ctx, token, crib.Forever, f)
	tellToken(ctx, err)
	return nil
}

func triggeredBeatsSuccess(ctx context.Context) error {
	return triggered(ctx, as("at once", func(ctx context.Context) (int, error) {
		say(ctx, "ends")
		return 0, nil
	}))
}

func failureBeatsTriggered(ctx context.Context) error {
	return triggered(ctx, as("fails", func(ctx context.Context) (int, error) {
		say(ctx, "fails")
		return 0, errors.New("boom")
	}))
}

func cancelledFromOutside(ctx context.Context) error {
	absorbed, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		_, _, err := crib.CancellableWait(ctx, nil, crib.Forever, slow)
		tellToken(ctx, err)
		return err
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}

// ---- 820, 821, 826

func call(ctx context.Context, f work) (int, error) { return f(ctx) }

func gather(ctx context.Context) error {
	jobs := []work{as("a", gives(300*ms, 1)), as("b", gives(100*ms, 2)), as("c", gives(100*ms, 3))}
	numbers, err := crib.Map(ctx, 2, jobs, call)
	say(ctx, "%s", spaced(numbers)[1:])
	return err
}

func gatherFails(ctx context.Context) error {
	_, err := crib.Map(ctx, 0, []work{slow, as("fails", boomAfter(500*ms))}, call)
	say(ctx, "%s", outcome(err))
	return nil
}

func squares(ctx context.Context) error {
	numbers, err := crib.Map(ctx, 2, []int{0, 1, 2, 3}, func(ctx context.Context, i int) (int, error) {
		return i * i, crib.Sleep(ctx, 100*ms)
	})
	say(ctx, "%s", spaced(numbers)[1:])
	return err
}

// ---- 822

func firstOfThree(ctx context.Context) error {
	type result struct{ winner, number int }
	var entrants []func(context.Context) (result, error)
	for i, f := range []work{as("fails", boomAfter(500*ms)), as("quick", gives(time.Second, 1)), slow} {
		entrants = append(entrants, func(ctx context.Context) (result, error) {
			number, err := f(ctx)
			return result{i, number}, err
		})
	}
	first, err := crib.First(ctx, entrants...)
	say(ctx, "number %d gave %d", first.winner, first.number)
	return err
}

// ---- 823

// completed gives results as they come: each task has an end of the channel, which closes with the last of them.
func completed(ctx context.Context, n *crib.Nursery, jobs map[int]work, names []string) *crib.Receiver[report] {
	ch := crib.NewChan[report](ctx, 0)
	defer ch.Sender.Close()
	for i, name := range names {
		tx := ch.Sender.Clone()
		n.Go(func(ctx context.Context) error {
			defer tx.Close()
			number, err := jobs[i](ctx)
			return tx.Send(ctx, report{i, number, err})
		}, crib.Named(name))
	}
	return ch.Receiver
}

type report struct {
	index, number int
	err           error
}

func asCompleted(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		jobs := map[int]work{0: gives(300*ms, 1), 1: gives(100*ms, 2), 2: boomAfter(500 * ms)}
		reports := completed(ctx, n, jobs, []string{"a", "b", "fails"})
		for {
			r, err := reports.Recv(ctx)
			switch {
			case err != nil:
				say(ctx, "%s", outcome(err))
				return nil
			case r.err != nil:
				say(ctx, "number %d: %s", r.index, outcome(r.err))
			default:
				say(ctx, "number %d gave %d", r.index, r.number)
			}
		}
	})
}

// ---- 824, 825

func retry(ctx context.Context) error {
	var attempts []int
	err := crib.Retry(ctx, crib.RetryOptions{Delay: 100 * ms}, func(ctx context.Context) error {
		attempts = append(attempts, int(crib.Now(ctx).Sub(began).Milliseconds()))
		if len(attempts) < 3 {
			return errors.New("boom")
		}
		return nil
	})
	say(ctx, "%s, attempts at%s", outcome(err), spaced(attempts))
	return err
}

func ticker(ctx context.Context) error {
	ticker := crib.NewTicker(ctx, 100*ms)
	for _, pause := range []time.Duration{250 * ms, 50 * ms, 0} {
		missed, err := ticker.Wait(ctx)
		if err != nil {
			return err
		}
		say(ctx, "missed %d", missed)
		if err := crib.Sleep(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}
