package main

import (
	"context"
	"fmt"
	"time"

	"libcrib/crib"
)

// 1xx: deadlines and shields.
var deadlines = []scenario{
	{106, twoDeadlinesAtOnce},
	{115, deadlineMoves},
	{116, deadlineEndsWithScope},
	{117, expiryIsFinal},
	{120, timeoutCountsFromEntry},
	{123, cancelledByTheClock},
	{124, enteredTooLate},
	{126, shield},
	{127, shieldGoesUpAndDown},
	{129, unshieldedOnTheWay},
	{130, effectiveDeadline},
	{150, boundedCleanup},
}

var (
	oneSecond = crib.ScopeOptions{Timeout: time.Second}
	shielded  = crib.ScopeOptions{Shield: crib.FullShield}
)

// ---- 106

func twoDeadlinesAtOnce(ctx context.Context) error {
	var innerCalled, outerCalled bool
	outerAbsorbed, err := crib.WithScope(ctx, oneSecond, func(ctx context.Context, outer *crib.Scope) error {
		absorbed, err := crib.WithScope(ctx, oneSecond, func(ctx context.Context, inner *crib.Scope) error {
			err := crib.Sleep(ctx, 10*time.Second)
			innerCalled = inner.Cancelled()
			return err
		})
		say(ctx, "inner: cancelled %s, absorbed %s", yes(innerCalled), yes(absorbed))
		outerCalled = outer.Cancelled()
		return err
	})
	say(ctx, "outer: cancelled %s, absorbed %s", yes(outerCalled), yes(outerAbsorbed))
	return err
}

// ---- 115

func deadlineMoves(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		moves := func(what string, timeout, sleep time.Duration, move func(s *crib.Scope)) {
			o := crib.ScopeOptions{Timeout: timeout}
			_, _ = crib.WithScope(ctx, o, func(ctx context.Context, s *crib.Scope) error {
				move(s)
				err := crib.Sleep(ctx, sleep)
				say(ctx, "%s: %s", what, outcome(err))
				return err
			})
		}
		moves("to later", time.Second, 10*time.Second, func(s *crib.Scope) {
			s.SetDeadline(crib.Now(ctx).Add(3 * time.Second))
		})
		moves("into the past", 10*time.Second, 10*time.Second, func(s *crib.Scope) {
			n.Go(func(ctx context.Context) error {
				err := crib.Sleep(ctx, 500*ms)
				s.SetDeadline(crib.Now(ctx).Add(-1))
				return err
			}, crib.Named("helper"))
		})
		moves("taken away", time.Second, 2*time.Second, func(s *crib.Scope) { s.SetDeadline(time.Time{}) })
		return nil
	})
}

// ---- 116

func deadlineEndsWithScope(ctx context.Context) error {
	absorbed, err := crib.MoveOnAfter(ctx, time.Second, sleeps(500*ms))
	say(ctx, "closed, absorbed: %s", yes(absorbed))
	if err == nil {
		err = crib.Sleep(ctx, 1500*ms)
	}
	say(ctx, "slept past the deadline: %s", outcome(err))
	return err
}

// ---- 117

func expiryIsFinal(ctx context.Context) error {
	absorbed, err := crib.WithScope(ctx, oneSecond, func(ctx context.Context, s *crib.Scope) error {
		err := crib.Sleep(ctx, 10*time.Second)
		say(ctx, "sleep: %s", outcome(err))
		say(ctx, "source %s, moves the deadline", s.Source())
		s.SetDeadline(crib.Now(ctx).Add(10 * time.Second))
		err = crib.Checkpoint(ctx)
		say(ctx, "checkpoint: %s", outcome(err))
		return err
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}

// ---- 120

func timeoutCountsFromEntry(ctx context.Context) error {
	sleepsUntilMovedOn := func() error {
		_, err := crib.MoveOnAfter(ctx, 2*time.Second, sleepForever)
		say(ctx, "moved on")
		return err
	}
	if err := sleepsUntilMovedOn(); err != nil {
		return err
	}
	if err := crib.Sleep(ctx, time.Second); err != nil {
		return err
	}
	say(ctx, "once more")
	return sleepsUntilMovedOn()
}

// ---- 123

func cancelledByTheClock(ctx context.Context) error {
	_, err := crib.WithScope(ctx, oneSecond, func(ctx context.Context, s *crib.Scope) error {
		for _, d := range []time.Duration{999 * ms, ms} {
			if err := compute(ctx, d); err != nil {
				return err
			}
			say(ctx, "cancelled: %s", yes(s.Cancelled()))
		}
		s.SetDeadline(crib.Now(ctx).Add(10 * time.Second))
		say(ctx, "with a later deadline: %s", yes(s.Cancelled()))
		err := crib.Checkpoint(ctx)
		say(ctx, "checkpoint: %s", outcome(err))
		return err
	})
	return err
}

// ---- 124

func enteredTooLate(ctx context.Context) error {
	looks := func(ctx context.Context) error {
		say(ctx, "inside")
		err := crib.Checkpoint(ctx)
		say(ctx, "checkpoint: %s", outcome(err))
		return err
	}
	if err := crib.Sleep(ctx, time.Second); err != nil {
		return err
	}
	absorbed, err := crib.MoveOnAt(ctx, crib.Now(ctx).Add(-time.Second), looks)
	say(ctx, "absorbed: %s", yes(absorbed))
	if err != nil {
		return err
	}
	absorbed, err = crib.MoveOnAfter(ctx, 0, looks)
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}

// ---- 126

func shield(ctx context.Context) error {
	absorbed, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		err := crib.Shielded(ctx, func(ctx context.Context) error {
			err := crib.Sleep(ctx, 2*time.Second)
			say(ctx, "shielded sleep: %s", outcome(err))
			return err
		})
		if err != nil {
			return err
		}
		say(ctx, "checkpoint behind it: %s", outcome(crib.Checkpoint(ctx)))
		halfASecond := crib.ScopeOptions{Shield: crib.FullShield, Timeout: 500 * ms}
		absorbed, err := crib.WithScope(ctx, halfASecond, func(ctx context.Context, _ *crib.Scope) error {
			err := sleepForever(ctx)
			say(ctx, "sleep in a shield with a timeout: %s", outcome(err))
			return err
		})
		say(ctx, "absorbed by the shielded scope: %s", yes(absorbed))
		if err != nil {
			return err
		}
		err = crib.Checkpoint(ctx)
		say(ctx, "checkpoint behind it: %s", outcome(err))
		return err
	})
	say(ctx, "absorbed by the outer scope: %s", yes(absorbed))
	return err
}

// ---- 127

func upAndDown(ctx context.Context) error {
	_, err := inScope(ctx, func(ctx context.Context, outer *crib.Scope) error {
		_, err := inScope(ctx, func(ctx context.Context, inner *crib.Scope) error {
			outer.Cancel("")
			say(ctx, "shield down: %s", outcome(crib.Checkpoint(ctx)))
			inner.SetShield(true)
			say(ctx, "shield up: %s", outcome(crib.Checkpoint(ctx)))
			inner.SetShield(false)
			err := crib.Checkpoint(ctx)
			say(ctx, "shield down: %s", outcome(err))
			return err
		})
		return err
	})
	return err
}

func shieldGoesUpAndDown(ctx context.Context) error {
	if err := upAndDown(ctx); err != nil {
		return err
	}
	var outer, inner *crib.Scope
	return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
				outer = s
				absorbed, err := crib.WithScope(ctx, shielded, func(ctx context.Context, s *crib.Scope) error {
					inner = s
					err := sleepForever(ctx)
					say(ctx, "sleep: %s", outcome(err))
					return err
				})
				say(ctx, "inner: %s", yes(absorbed))
				return err
			})
			say(ctx, "outer: %s", yes(absorbed))
			return err
		}, crib.Named("child"))
		n.Go(func(ctx context.Context) error {
			if err := crib.Sleep(ctx, 500*ms); err != nil {
				return err
			}
			say(ctx, "cancels")
			outer.Cancel("")
			err := crib.Sleep(ctx, 500*ms)
			say(ctx, "lowers the shield")
			inner.SetShield(false)
			return err
		}, crib.Named("helper"))
		return nil
	})
}

// ---- 129

func unshieldedOnTheWay(ctx context.Context) error {
	absorbed, err := inScope(ctx, func(ctx context.Context, outer *crib.Scope) error {
		absorbed, err := crib.WithScope(ctx, shielded, func(ctx context.Context, inner *crib.Scope) error {
			outer.Cancel("")
			inner.Cancel("")
			err := crib.Checkpoint(ctx)
			say(ctx, "checkpoint: %s", outcome(err))
			inner.SetShield(false)
			return err
		})
		say(ctx, "inner: %s", yes(absorbed))
		return err
	})
	say(ctx, "outer: %s", yes(absorbed))
	return err
}

// ---- 130

// until is the deadline of a context: that of package context, in milliseconds since the scenario began.
func until(ctx context.Context) string {
	if ctx.Err() != nil {
		return "passed"
	}
	at, limited := ctx.Deadline()
	if !limited {
		return "none"
	}
	return fmt.Sprint(at.Sub(began).Milliseconds())
}

func effectiveDeadline(ctx context.Context) error {
	say(ctx, "no scope: %s", until(ctx))
	_, err := crib.WithScope(ctx, crib.ScopeOptions{Timeout: 5 * time.Second}, func(ctx context.Context, s *crib.Scope) error {
		say(ctx, "5 s: %s", until(ctx))
		inside := []struct {
			what string
			o    crib.ScopeOptions
		}{
			{"2 s inside", crib.ScopeOptions{Timeout: 2 * time.Second}},
			{"9 s inside", crib.ScopeOptions{Timeout: 9 * time.Second}},
			{"a shield inside", shielded},
			{"a shield of 9 s inside", crib.ScopeOptions{Timeout: 9 * time.Second, Shield: crib.FullShield}},
		}
		for _, i := range inside {
			_, err := crib.WithScope(ctx, i.o, func(ctx context.Context, _ *crib.Scope) error {
				say(ctx, "%s: %s", i.what, until(ctx))
				return nil
			})
			if err != nil {
				return err
			}
		}
		s.Cancel("")
		say(ctx, "cancelled: %s", until(ctx))
		return nil
	})
	return err
}

// ---- 150

func boundedCleanup(ctx context.Context) error {
	connection := func(goodbye time.Duration) func(context.Context) error {
		return func(ctx context.Context) error {
			err := sleepForever(ctx)
			halfASecond := crib.ScopeOptions{Shield: crib.FullShield, Timeout: 500 * ms}
			absorbed, _ := crib.WithScope(ctx, halfASecond, func(ctx context.Context, _ *crib.Scope) error {
				say(ctx, "closes")
				return crib.Sleep(ctx, goodbye)
			})
			say(ctx, "said goodbye: %s", yes(!absorbed))
			return err
		}
	}
	timedOut, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(connection(100*ms), crib.Named("quick"))
			n.Go(connection(10*time.Second), crib.Named("slow"))
			return nil
		})
	})
	say(ctx, "timed out: %s", yes(timedOut))
	return err
}
