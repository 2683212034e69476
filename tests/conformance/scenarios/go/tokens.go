package main

import (
	"context"
	"errors"
	"time"

	"libcrib/crib"
)

// 0xx: cancel tokens (S4).
var tokens = []scenario{
	{51, tokenHasAName},
	{52, runAndCancel},
	{53, chain},
	{54, triggerAChain},
	{55, whichToken},
	{56, lookAtAToken},
	{57, waitForAToken},
	{67, tokensAndScopes},
}

// ---- 051, 052

func tokenHasAName(ctx context.Context) error {
	token := crib.NewToken(ctx, "demo")
	say(ctx, "%s, triggered: %s", token.Name(), yes(token.Triggered()))
	return nil
}

func runAndCancel(ctx context.Context) error {
	token := crib.NewToken(ctx, "demo")
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			say(ctx, "started task")
			err := token.Wait(ctx)
			say(ctx, "task cancelled")
			return err
		}, crib.Named("worker"))
		return triggersAfterASecond(token)(ctx)
	})
}

func triggersAfterASecond(token *crib.Token) func(context.Context) error {
	return func(ctx context.Context) error {
		err := crib.Sleep(ctx, time.Second)
		say(ctx, "triggers")
		token.Trigger()
		return err
	}
}

// ---- 053, 054, 055

func tellWhich(ctx context.Context, chain *crib.Token) {
	name := "none"
	if which := chain.TriggeredToken(); which != nil {
		name = which.Name()
	}
	say(ctx, "triggered by %s", name)
}

func chain(ctx context.Context) error {
	part := crib.NewToken(ctx, "token-a")
	chain := crib.NewToken(ctx, "token-b").Chain(part)
	say(ctx, "the chain is %s", chain.Name())
	say(ctx, "before: part %s, chain %s", yes(part.Triggered()), yes(chain.Triggered()))
	part.Trigger()
	say(ctx, "after: part %s, chain %s", yes(part.Triggered()), yes(chain.Triggered()))
	tellWhich(ctx, chain)
	return nil
}

func triggerAChain(ctx context.Context) error {
	x, y := crib.NewToken(ctx, "x"), crib.NewToken(ctx, "y")
	chain := x.Chain(y)
	chain.Trigger()
	say(ctx, "x %s, y %s, chain %s", yes(x.Triggered()), yes(y.Triggered()), yes(chain.Triggered()))
	tellWhich(ctx, chain)
	return nil
}

func whichToken(ctx context.Context) error {
	x, y := crib.NewToken(ctx, "x"), crib.NewToken(ctx, "y")
	chain := x.Chain(y)
	tellWhich(ctx, chain)
	y.Trigger()
	tellWhich(ctx, chain)
	x.Trigger()
	tellWhich(ctx, chain)
	return nil
}

// ---- 056

// tellToken says what failed; of a token, also in its words.
func tellToken(ctx context.Context, err error) {
	if errors.Is(err, crib.ErrTokenTriggered) {
		say(ctx, "%s, %s", outcome(err), err)
	} else {
		say(ctx, "%s", outcome(err))
	}
}

func lookAtAToken(ctx context.Context) error {
	token := crib.NewToken(ctx, "demo")
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error {
			for !token.Triggered() {
				if err := crib.Sleep(ctx, 100*ms); err != nil {
					return err
				}
			}
			say(ctx, "ends")
			return nil
		}, crib.Named("looks"))
		n.Go(func(ctx context.Context) error {
			for {
				if err := token.Check(); err != nil {
					tellToken(ctx, err)
					return nil
				}
				if err := crib.Sleep(ctx, 100*ms); err != nil {
					return err
				}
			}
		}, crib.Named("checks"))
		err := crib.Sleep(ctx, 250*ms)
		say(ctx, "triggers")
		token.Trigger()
		return err
	})
}

// ---- 057

func waitForAToken(ctx context.Context) error {
	token := crib.NewToken(ctx, "demo")
	chain := token.Chain(crib.NewToken(ctx, "another"))
	waits := func(ctx context.Context) error {
		err := token.Wait(ctx)
		say(ctx, "%s", outcome(err))
		return err
	}
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(waits, crib.Named("alone"))
		n.Go(waits, crib.Named("also"))
		n.Go(func(ctx context.Context) error {
			err := chain.Wait(ctx)
			if err == nil {
				err = crib.Sleep(ctx, 100*ms)
			}
			say(ctx, "%s", outcome(err))
			return err
		}, crib.Named("chain"))
		n.Go(func(ctx context.Context) error {
			_, err := crib.MoveOnAfter(ctx, 500*ms, waits)
			return err
		}, crib.Named("timed"))
		if err := triggersAfterASecond(token)(ctx); err != nil {
			return err
		}
		err := token.Wait(ctx)
		say(ctx, "waiting afterwards: %s", outcome(err))
		return err
	})
}

// ---- 067

func tokensAndScopes(ctx context.Context) error {
	token := crib.NewToken(ctx, "demo")
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		absorbed, err := inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			n.Go(triggersAfterASecond(token), crib.Named("helper"))
			token.Cancels(s)
			err := crib.Sleep(ctx, 10*time.Second)
			say(ctx, "sleep: %s", outcome(err))
			say(ctx, "source %s, reason %s", s.Source(), s.Reason())
			return err
		})
		say(ctx, "absorbed: %s", yes(absorbed))
		if err != nil {
			return err
		}
		_, err = inScope(ctx, func(ctx context.Context, s *crib.Scope) error {
			token := crib.NewTokenOfScope(s, "of a scope")
			say(ctx, "the scope's token: %s", yes(token.Triggered()))
			s.Cancel("")
			say(ctx, "the scope's token: %s", yes(token.Triggered()))
			return nil
		})
		return err
	})
}
