package crib_test

import (
	"context"
	"testing"
	"time"

	"libcrib/crib"
)

func TestATokenIsTriggeredOnceForAll(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		token := crib.NewToken(ctx, "stop")
		equal(t, token.Name(), "stop")
		equal(t, token.Triggered(), false)
		none(t, token.Check())
		return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(token.Wait)
			n.Go(token.Wait)
			none(t, crib.Checkpoint(ctx))
			token.Trigger()
			token.Trigger()
			equal(t, token.Triggered(), true)
			err := token.Check()
			is(t, err, crib.ErrTokenTriggered)
			equal(t, err.Error(), "Cancellation requested by stop token")
		})
	})
}

func TestAChainIsTriggeredByItsParts(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		user, system, third := crib.NewToken(ctx, "user"), crib.NewToken(ctx, "system"), crib.NewToken(ctx, "third")
		pair := user.Chain(system)
		all := pair.Chain(third)
		equal(t, all.Name(), "user:system:third")
		if all.TriggeredToken() != nil {
			t.Error("none is triggered")
		}
		system.Trigger()
		equal(t, all.Triggered(), true)
		equal(t, all.TriggeredToken(), system)
		equal(t, all.Check().Error(), "Cancellation requested by system token")
		equal(t, user.Triggered(), false)
		alone := user.Chain(third)
		alone.Trigger()
		equal(t, alone.TriggeredToken(), alone)
		equal(t, third.Triggered(), false)
		return all.Wait(ctx)
	})
}

func TestATokenCancelsAScope(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		token := crib.NewToken(ctx, "enough")
		caught, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			token.Cancels(s)
			none(t, crib.Checkpoint(ctx))
			token.Trigger()
			err := sleeper(ctx)
			equal(t, err.Error(), "crib: cancelled (link: enough)")
			return err
		})
		equal(t, caught, true)
		return err
	})
}

func TestAScopeTriggersAToken(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		var token *crib.Token
		_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
			token = crib.NewTokenOfScope(s, "scope")
			s.Cancel("")
			equal(t, token.Triggered(), true)
			return crib.Checkpoint(ctx)
		})
		return err
	})
}

func TestAnyGoroutineTriggersAToken(t *testing.T) {
	real(t, func(ctx context.Context) error {
		for range 50 {
			token := crib.NewExternalToken(ctx, "external")
			go func() {
				time.Sleep(100 * time.Microsecond)
				token.Trigger()
			}()
			if err := token.Wait(ctx); err != nil {
				return err
			}
			equal(t, token.Triggered(), true)
		}
		return nil
	})
}

func TestATokenOutlivesItsRun(t *testing.T) {
	var token *crib.Token
	ok(t, func(ctx context.Context) error {
		token = crib.NewToken(ctx, "old")
		return nil
	})
	token.Trigger()
	equal(t, token.Triggered(), false)
	none(t, token.Check())
}
