package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 1xx: scopes, what cancels them and who absorbs it.
var scopes = []scenario{
	{101, everyCheckpointFails},
	{102, firstReasonIsKept},
	{103, cancelIsSynchronous},
	{104, absorbedOrNot},
	{105, outermostAbsorbs},
	{108, whatIsLeft},
	{109, failuresPass},
	{112, anotherTaskCancels},
	{114, cancelAfterClose},
	{131, twentyGenerations},
	{132, scopesOfTheNursery},
	{137, sourceAndReason},
	{140, noForgedCancel},
}

// inScope is crib.WithScope without options.
func inScope(ctx context.Context, f func(ctx context.Context, s *crib.Scope) error) (absorbed bool, err error) {
	return crib.WithScope(ctx, crib.ScopeOptions{}, f)
}

// ---- 101

func everyCheckpointFails(ctx context.Context) error {
	ch := crib.NewChan[int](ctx, 1)
	if err := ch.Send(ctx, 1); err != nil {
		return err
	}
	absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		say(ctx, "checkpoint: %s", outcome(crib.Checkpoint(ctx)))
		say(ctx, "cancels the scope")
		s.Cancel("")
		say(ctx, "checkpoint: %s", outcome(crib.Checkpoint(ctx)))
		say(ctx, "sleep: %s", outcome(crib.Sleep(ctx, time.Second)))
		_, err := ch.Recv(ctx)
		say(ctx, "receive, though a value is there: %s", outcome(err))
		absorbed, err := inScope(ctx, func(ctx context.Context, _ *crib.Scope) error {
			err := crib.Checkpoint(ctx)
			say(ctx, "checkpoint in an inner scope: %s", outcome(err))
			return err
		})
		say(ctx, "the inner scope absorbed it: %s", yes(absorbed))
		return err
	})
	say(ctx, "the cancelled scope absorbed it: %s", yes(absorbed))
	if err == nil {
		err = crib.Checkpoint(ctx)
	}
	say(ctx, "checkpoint behind it: %s", outcome(err))
	return err
}

// ---- 102

func reason(s *crib.Scope) string {
	if s.Reason() == "" {
		return "none"
	}
	return s.Reason()
}

func firstReasonIsKept(ctx context.Context) error {
	_, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		s.Cancel("first")
		s.Cancel("second")
		say(ctx, "cancelled twice: %s", reason(s))
		return nil
	})
	reasons := func(what string, cancel func(inner, outer *crib.Scope)) {
		_, failed := inScope(ctx, func(ctx context.Context, outer *crib.Scope) error {
			_, err := inScope(ctx, func(ctx context.Context, inner *crib.Scope) error {
				cancel(inner, outer)
				say(ctx, "%s: %s and %s", what, reason(inner), reason(outer))
				return nil
			})
			return err
		})
		err = errors.Join(err, failed)
	}
	reasons("inner, then outer", func(inner, outer *crib.Scope) {
		inner.Cancel("inner's")
		outer.Cancel("outer's")
	})
	reasons("outer, then inner", func(inner, outer *crib.Scope) {
		outer.Cancel("outer's")
		inner.Cancel("inner's")
	})
	reasons("outer alone", func(_, outer *crib.Scope) { outer.Cancel("outer's") })
	reasons("neither", func(_, _ *crib.Scope) {})
	return err
}

// ---- 103

func cancelIsSynchronous(ctx context.Context) error {
	event := crib.NewEvent(ctx)
	waits := func(ctx context.Context) error {
		say(ctx, "waits")
		err := event.Wait(ctx)
		say(ctx, "%s", outcome(err))
		return err
	}
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(waits, crib.Named("a"))
		n.Go(waits, crib.Named("b"))
		err := crib.Checkpoint(ctx)
		say(ctx, "%d wait, cancels", event.Waiting())
		n.Cancel("")
		say(ctx, "%d wait", event.Waiting())
		return err
	})
	say(ctx, "the nursery is closed")
	return err
}

// ---- 104

func absorbedOrNot(ctx context.Context) error {
	absorbs := func(cancelled, looks bool) string {
		absorbed, _ := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			if cancelled {
				s.Cancel("")
			}
			if looks {
				return crib.Checkpoint(ctx)
			}
			return nil
		})
		return yes(absorbed)
	}
	say(ctx, "cancelled and interrupted: %s", absorbs(true, true))
	say(ctx, "cancelled, nothing interrupted: %s", absorbs(true, false))
	say(ctx, "not cancelled: %s", absorbs(false, true))
	return nil
}

// ---- 105

func outermostAbsorbs(ctx context.Context) error {
	bothCancelled := func(name string, options crib.ScopeOptions) error {
		absorbed, err := inScope(ctx, func(ctx context.Context, outer *crib.Scope) error {
			absorbed, err := crib.WithScope(ctx, options, func(ctx context.Context, inner *crib.Scope) error {
				inner.Cancel("")
				outer.Cancel("")
				return crib.Checkpoint(ctx)
			})
			say(ctx, "%s: %s", name, yes(absorbed))
			return err
		})
		say(ctx, "outer: %s", yes(absorbed))
		return err
	}
	if err := bothCancelled("inner", crib.ScopeOptions{}); err != nil {
		return err
	}
	return bothCancelled("shielded inner", crib.ScopeOptions{Shield: crib.FullShield})
}

// ---- 108

func whatIsLeft(ctx context.Context) error {
	absorbed, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				err := sleepForever(ctx)
				say(ctx, "cancelled")
				return err
			}, crib.Named("a"))
			n.Go(func(ctx context.Context) error {
				return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
					n.Go(func(ctx context.Context) error {
						_ = sleepForever(ctx)
						say(ctx, "fails while it cleans up")
						return errors.New("boom")
					}, crib.Named("b.1"))
					return nil
				})
			}, crib.Named("b"))
			return nil
		})
	})
	say(ctx, "left: %s, absorbed: %s", outcome(err), yes(absorbed))
	return nil
}

// ---- 109

func failuresPass(ctx context.Context) error {
	absorbed, err := inScope(ctx, func(_ context.Context, s *crib.Scope) error {
		s.Cancel("")
		return errors.New("boom")
	})
	say(ctx, "left: %s, absorbed: %s", outcome(err), yes(absorbed))
	absorbed, err = inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(func(context.Context) error { return errors.New("boom") }, crib.Named("failing"))
			return nil
		})
		s.Cancel("")
		return err
	})
	say(ctx, "left: %s, absorbed: %s", outcome(err), yes(absorbed))
	return nil
}

// ---- 112, 114

// cancelsAfterASecond cancels the scope that the pointer points to by then.
func cancelsAfterASecond(scope **crib.Scope) func(context.Context) error {
	return func(ctx context.Context) error {
		err := crib.Sleep(ctx, time.Second)
		say(ctx, "cancels")
		(*scope).Cancel("")
		return err
	}
}

func anotherTaskCancels(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		var scope *crib.Scope
		n.Go(cancelsAfterASecond(&scope), crib.Named("helper"))
		absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			scope = s
			err := crib.Sleep(ctx, 10*time.Second)
			say(ctx, "sleep: %s", outcome(err))
			return err
		})
		say(ctx, "absorbed: %s", yes(absorbed))
		return err
	})
}

func cancelAfterClose(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		var scope *crib.Scope
		n.Go(cancelsAfterASecond(&scope), crib.Named("helper"))
		_, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			scope = s
			return crib.Sleep(ctx, 500*ms)
		})
		say(ctx, "closed")
		if err == nil {
			err = crib.Sleep(ctx, 1500*ms)
		}
		say(ctx, "sleep: %s", outcome(err))
		return err
	})
}

// ---- 131

func twentyGenerations(ctx context.Context) error {
	cancelled := 0
	var generation func(i int) func(context.Context) error
	generation = func(i int) func(context.Context) error {
		return func(ctx context.Context) error {
			err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
				if i == 20 {
					return sleepForever(ctx)
				}
				n.Go(generation(i + 1))
				return nil
			})
			if errors.Is(err, context.Canceled) {
				cancelled++
			}
			return err
		}
	}
	timedOut, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			n.Go(generation(1))
			return nil
		})
		say(ctx, "%d were cancelled", cancelled)
		return err
	})
	say(ctx, "timed out: %s", yes(timedOut))
	return err
}

// ---- 132

func scopesOfTheNursery(ctx context.Context) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		absorbed, err := crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			n.Go(func(ctx context.Context) error {
				err := crib.Sleep(ctx, 2*time.Second)
				say(ctx, "sleep: %s", outcome(err))
				return err
			}, crib.Named("child"))
			err := crib.Sleep(ctx, 10*time.Second)
			say(ctx, "its own sleep: %s", outcome(err))
			return err
		})
		say(ctx, "absorbed: %s", yes(absorbed))
		return err
	})
}

// ---- 137

func sourceAndReason(ctx context.Context) error {
	_, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		s.Cancel("enough")
		say(ctx, "source %s, reason %s", s.Source(), s.Reason())
		return crib.Checkpoint(ctx)
	})
	if err != nil {
		return err
	}
	_, err = crib.MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
		err := crib.Sleep(ctx, 10*time.Second)
		var cancelled *crib.CancelledError
		if errors.As(err, &cancelled) {
			say(ctx, "source %s", cancelled.Source)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			err := sleepForever(ctx)
			say(ctx, "source %s", n.Source())
			return err
		}, crib.Named("sibling"))
		n.Go(func(ctx context.Context) error {
			say(ctx, "fails")
			return errors.New("boom")
		}, crib.Named("failing"))
		return nil
	})
	say(ctx, "the nursery: %s", outcome(err))
	return nil
}

// ---- 140

func noForgedCancel(ctx context.Context) error {
	var kept error
	absorbed, _ := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
		s.Cancel("")
		kept = crib.Checkpoint(ctx)
		return kept
	})
	say(ctx, "absorbed: %s", yes(absorbed))
	say(ctx, "ends with what it kept")
	return kept
}
