package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 7xx, and 043: graceful cancel.
var graceful = []scenario{
	{43, gracefulAndHard},
	{701, serverDrains},
	{702, graceIsOver},
	{703, interrupt},
	{704, softAndFullShields},
	{705, hardTimeMovesEarlier},
	{706, cancelIsNow},
	{707, oneGraceForAll},
	{708, bornInThatState},
	{709, stateOfAScope},
	{710, deadlineWithGrace},
	{711, noGrace},
	{712, nurseryWithGrace},
	{713, reasonStays},
}

// ---- tasks that are cut off

func sleepsIn(o crib.ScopeOptions, d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := crib.WithScope(ctx, o, func(ctx context.Context, _ *crib.Scope) error { return tellsSleep(d)(ctx) })
		return err
	}
}

func idle() func(context.Context) error {
	return sleepsIn(crib.ScopeOptions{Graceful: true}, time.Minute)
}

func request(d time.Duration) func(context.Context) error { return sleepsIn(crib.ScopeOptions{}, d) }

func saver(d time.Duration) func(context.Context) error {
	return sleepsIn(crib.ScopeOptions{Shield: crib.SoftShield}, d)
}

func keeper(d time.Duration) func(context.Context) error {
	return sleepsIn(crib.ScopeOptions{Shield: crib.FullShield}, d)
}

// withServer is a nursery in a scope, which says whether it absorbed something.
func withServer(ctx context.Context, f func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error) error {
	absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error { return f(ctx, s, n) })
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}

// ---- 043

func gracefulAndHard(ctx context.Context) error {
	server := func(what string, end func(s *crib.Scope)) error {
		absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				n.Go(idle(), crib.Named("idle"))
				n.Go(request(time.Second), crib.Named("request"))
				err := crib.Sleep(ctx, 500*ms)
				say(ctx, "%s", what)
				end(s)
				return err
			})
		})
		say(ctx, "absorbed by the server: %s", yes(absorbed))
		return err
	}
	err := server("asks it to end", func(s *crib.Scope) { s.CancelSoft(crib.Drain, time.Minute, "") })
	if err != nil {
		return err
	}
	return server("cancels it", func(s *crib.Scope) { s.Cancel("") })
}

// ---- 701

func takesRequests(n *crib.Nursery, rx *crib.Receiver[int]) func(context.Context) error {
	return func(ctx context.Context) error {
		defer rx.Close()
		_, err := crib.Graceful(ctx, func(ctx context.Context) error {
			for number, err := range rx.All(ctx) {
				if err != nil {
					say(ctx, "ends")
					return err
				}
				say(ctx, "takes %d", number)
				n.Go(func(ctx context.Context) error {
					err := crib.Sleep(ctx, 300*ms)
					say(ctx, "did %d", number)
					return err
				}, crib.Named("request"))
			}
			return nil
		})
		return err
	}
}

func sendsRequests(tx *crib.Sender[int]) func(context.Context) error {
	return func(ctx context.Context) error {
		for i := 1; i <= 3; i++ {
			if err := tx.Send(ctx, i); err != nil {
				say(ctx, "sending %d: %s", i, outcome(err))
				return nil
			}
			if err := crib.Sleep(ctx, 400*ms); err != nil {
				return err
			}
		}
		return nil
	}
}

func serverDrains(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 0)
	return crib.WithNursery(ctx, func(ctx context.Context, outer *crib.Nursery) error {
		outer.Go(sendsRequests(ch.Sender), crib.Named("client"))
		_, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				n.Go(takesRequests(n, ch.Receiver), crib.Named("server"))
				err := crib.Sleep(ctx, 500*ms)
				say(ctx, "drains")
				s.CancelSoft(crib.Drain, time.Second, "")
				return err
			})
			say(ctx, "the server has ended: %s", outcome(err))
			return err
		})
		return err
	})
}

// ---- 702, 705, 706

func graceIsOver(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		n.Go(request(10*time.Second), crib.Named("request"))
		err := crib.Sleep(ctx, time.Second)
		say(ctx, "drains")
		s.CancelSoft(crib.Drain, 500*ms, "")
		return err
	})
}

func hardTimeMovesEarlier(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		n.Go(request(10*time.Second), crib.Named("request"))
		if err := crib.Sleep(ctx, 500*ms); err != nil {
			return err
		}
		for _, grace := range []time.Duration{2 * time.Second, 5 * time.Second, 500 * ms} {
			if err := crib.Sleep(ctx, 500*ms); err != nil {
				return err
			}
			s.CancelSoft(crib.Drain, grace, "")
			say(ctx, "hard in %d ms", s.RemainingGrace().Milliseconds())
		}
		return nil
	})
}

func cancelIsNow(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		n.Go(request(10*time.Second), crib.Named("request"))
		if err := crib.Sleep(ctx, time.Second); err != nil {
			return err
		}
		say(ctx, "drains")
		s.CancelSoft(crib.Drain, 5*time.Second, "")
		err := crib.Sleep(ctx, 500*ms)
		say(ctx, "cancels")
		s.Cancel("")
		return err
	})
}

// ---- 703, 704, 707, 711

func interruptAfterASecond(ctx context.Context, s *crib.Scope, grace time.Duration) error {
	err := crib.Sleep(ctx, time.Second)
	say(ctx, "interrupts")
	s.CancelSoft(crib.Interrupt, grace, "")
	return err
}

func interrupt(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		n.Go(request(10*time.Second), crib.Named("worker"))
		n.Go(saver(1300*ms), crib.Named("saver"))
		return interruptAfterASecond(ctx, s, 2*time.Second)
	})
}

func softAndFullShields(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		n.Go(saver(10*time.Second), crib.Named("saver"))
		n.Go(keeper(2*time.Second), crib.Named("keeper"))
		return interruptAfterASecond(ctx, s, 500*ms)
	})
}

func noGrace(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		n.Go(saver(10*time.Second), crib.Named("saver"))
		return interruptAfterASecond(ctx, s, 0)
	})
}

func oneGraceForAll(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			err := sleepForever(ctx)
			say(ctx, "%s", outcome(err))
			for _, what := range []string{"first", "second"} {
				o := crib.ScopeOptions{Shield: crib.SoftShield}
				_, _ = crib.WithScope(ctx, o, func(ctx context.Context, _ *crib.Scope) error {
					err := crib.Sleep(ctx, 600*ms)
					say(ctx, "%s cleanup: %s", what, outcome(err))
					return err
				})
			}
			return err
		}, crib.Named("worker"))
		return interruptAfterASecond(ctx, s, time.Second)
	})
}

// ---- 708

func bornInThatState(ctx context.Context) error {
	return withServer(ctx, func(ctx context.Context, s *crib.Scope, n *crib.Nursery) error {
		say(ctx, "drains")
		s.CancelSoft(crib.Drain, time.Second, "")
		drains := crib.NurseryOptions{Drain: true}
		err := crib.WithNurseryOptions(ctx, drains, func(ctx context.Context, n *crib.Nursery) error {
			_, err := n.TryGo(idle(), crib.Named("late"))
			say(ctx, "a nursery that drains refuses: %s", yes(errors.Is(err, crib.ErrClosed)))
			return nil
		})
		n.Go(idle(), crib.Named("idle"))
		n.Go(request(300*ms), crib.Named("request"))
		return err
	})
}

// ---- 709

func stateOfAScope(ctx context.Context) error {
	absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		tell := func() {
			say(ctx, "%s, hard in %d ms, until %s", s.State(), s.RemainingGrace().Milliseconds(), until(ctx))
		}
		say(ctx, "%s, until %s", s.State(), until(ctx))
		s.CancelSoft(crib.Drain, time.Second, "")
		tell()
		_, err := crib.Graceful(ctx, func(ctx context.Context) error {
			say(ctx, "in a graceful region: until %s", until(ctx))
			return nil
		})
		if err != nil {
			return err
		}
		err = crib.Sleep(ctx, 10*time.Second)
		say(ctx, "sleep: %s", outcome(err))
		tell()
		return err
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}

// ---- 710

func deadlineWithGrace(ctx context.Context) error {
	o := crib.ScopeOptions{Timeout: time.Second, Grace: 500 * ms}
	absorbed, err := crib.WithScope(ctx, o, func(ctx context.Context, _ *crib.Scope) error {
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(request(10*time.Second), crib.Named("worker"))
			n.Go(saver(10*time.Second), crib.Named("saver"))
			return nil
		})
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}

// ---- 712

func nurseryWithGrace(ctx context.Context) error {
	o := crib.NurseryOptions{Grace: 500 * ms}
	err := crib.WithNurseryOptions(ctx, o, func(_ context.Context, n *crib.Nursery) error {
		n.Go(failsAfter(time.Second, "boom"), crib.Named("failing"))
		n.Go(request(10*time.Second), crib.Named("worker"))
		n.Go(saver(1300*ms), crib.Named("saver"))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return nil
}

// ---- 713

func reasonStays(ctx context.Context) error {
	absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		s.CancelSoft(crib.Drain, time.Second, "maintenance")
		say(ctx, "soft: %s, %s", s.Source(), s.Reason())
		s.Cancel("now")
		say(ctx, "hard: %s, %s", s.Source(), s.Reason())
		err := crib.Checkpoint(ctx)
		say(ctx, "checkpoint: %s", outcome(err))
		return err
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	return err
}
