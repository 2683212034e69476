package crib_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"libcrib/crib"
)

func TestAwaitLetsTheOthersRun(t *testing.T) {
	real(t, func(ctx context.Context) error {
		steps := 0
		release := make(chan struct{})
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error {
				for range 10 {
					if err := crib.Checkpoint(ctx); err != nil {
						return err
					}
					steps++
				}
				close(release)
				return nil
			})
			v, err := crib.Await(ctx, func() (string, error) {
				<-release
				return "done", nil
			})
			equal(t, v, "done")
			equal(t, steps, 10)
			return err
		})
	})
}

func TestAwaitGivesTheErrorUnchanged(t *testing.T) {
	real(t, func(ctx context.Context) error {
		_, err := crib.Await(ctx, func() (int, error) { return 3, errBoom })
		equal(t, err, errBoom)
		return nil
	})
}

func TestAPanicInAwaitGoesOnInTheTask(t *testing.T) {
	err := runWith(t, crib.Options{}, func(ctx context.Context) error {
		_, err := crib.Await(ctx, func() (int, error) { panicHere(); return 0, nil })
		return err
	})
	var p *crib.PanicError
	if !errors.As(err, &p) || !strings.Contains(string(p.Stack), "panicHere") {
		t.Error(err)
	}
}

func TestGoexitInAwaitIsAnError(t *testing.T) {
	real(t, func(ctx context.Context) error {
		_, err := crib.Await(ctx, func() (int, error) { runtime.Goexit(); return 0, nil })
		equal(t, err, crib.ErrGoexit)
		return nil
	})
}

// cancelledMeanwhile calls f, which waits for a function in a goroutine, in a scope that this function cancels.
func cancelledMeanwhile(ctx context.Context, f func(ctx context.Context, cancel func()) error) (caught bool, err error) {
	portal := crib.NewPortal(ctx)
	defer portal.Close()
	return crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
		return f(ctx, func() { _ = portal.Post(func() { s.Cancel("") }) })
	})
}

func TestAwaitDoesNotReturnBeforeItsFunction(t *testing.T) {
	real(t, func(ctx context.Context) error {
		var ended atomic.Bool
		caught, err := cancelledMeanwhile(ctx, func(ctx context.Context, cancel func()) error {
			_, err := crib.Await(ctx, func() (int, error) {
				cancel()
				<-ctx.Done()
				time.Sleep(5 * ms)
				ended.Store(true)
				return 0, ctx.Err()
			})
			equal(t, ended.Load(), true)
			return err
		})
		equal(t, caught, true)
		return err
	})
}

func TestAwaitOrLeaveReturnsWhenItIsCancelled(t *testing.T) {
	release := make(chan struct{})
	var left sync.WaitGroup
	err := crib.Run(context.Background(), func(ctx context.Context) error {
		for range 3 {
			left.Add(1)
			caught, err := cancelledMeanwhile(ctx, func(ctx context.Context, cancel func()) error {
				_, err := crib.AwaitOrLeave(ctx, func() (int, error) {
					defer left.Done()
					cancel()
					<-release
					return 1, nil
				})
				is(t, err, crib.ErrCancelled)
				return err
			})
			equal(t, caught, true)
			none(t, err)
		}
		v, err := crib.AwaitOrLeave(ctx, func() (int, error) { return 5, nil })
		equal(t, v, 5)
		return err
	})
	none(t, err)
	close(release) // they end after the run
	left.Wait()
}

func TestManyAwaitsAtOnce(t *testing.T) {
	real(t, func(ctx context.Context) error {
		sum := 0
		err := nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			for i := range 200 {
				n.Go(func(ctx context.Context) error {
					v, err := crib.Await(ctx, func() (int, error) { runtime.Gosched(); return i, nil })
					sum += v
					return err
				})
			}
		})
		equal(t, sum, 199*200/2)
		return err
	})
}

func TestAPortalCallsOnTheLoop(t *testing.T) {
	real(t, func(ctx context.Context) error {
		portal := crib.NewPortal(ctx)
		defer portal.Close()
		ch := crib.NewChan[int](ctx, crib.Unbounded)
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			go func() {
				for i := range 100 {
					none(t, portal.Post(func() { none(t, ch.TrySend(i)) }))
				}
				none(t, portal.Post(func() { is(t, crib.Sleep(ctx, 0), crib.ErrMisuse) }))
				none(t, portal.Post(func() {
					n.Go(func(ctx context.Context) error { return ch.Send(ctx, 100) })
				}))
			}()
			for i := range 101 {
				v, err := ch.Recv(ctx)
				if err != nil {
					return err
				}
				equal(t, v, i)
			}
			return nil
		})
	})
}

func TestAClosedPortalIsClosed(t *testing.T) {
	var old *crib.Portal
	real(t, func(ctx context.Context) error {
		p := crib.NewPortal(ctx)
		p.Close()
		p.Close()
		is(t, p.Post(func() {}), crib.ErrClosed)
		old = crib.NewPortal(ctx)
		return nil
	})
	equal(t, old.Post(func() {}), error(crib.ErrRunFinished))
	old.Close()
}

func TestAPanicInAPostedCallFailsTheRun(t *testing.T) {
	err := runWith(t, crib.Options{}, func(ctx context.Context) error {
		portal := crib.NewPortal(ctx)
		go func() { _ = portal.Post(func() { panic(errBang) }) }()
		return sleeper(ctx)
	})
	is(t, err, errBang)
}

func TestGoexitInAPostedCallEndsTheGoroutine(t *testing.T) {
	returned := false
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = crib.Run(context.Background(), func(ctx context.Context) error {
			portal := crib.NewPortal(ctx)
			go func() { _ = portal.Post(runtime.Goexit) }()
			return sleeper(ctx)
		})
		returned = true
	}()
	<-done
	equal(t, returned, false)
}

func TestPostsRaceWithTheEndOfTheRun(t *testing.T) {
	for range 100 {
		var all sync.WaitGroup
		var accepted, called atomic.Int64
		real(t, func(ctx context.Context) error {
			portal := crib.NewPortal(ctx)
			token := crib.NewExternalToken(ctx, "t")
			begun := make(chan struct{})
			var once sync.Once
			for range 2 {
				all.Add(1)
				go func() {
					defer all.Done()
					for portal.Post(func() { called.Add(1) }) == nil {
						accepted.Add(1)
						once.Do(func() { close(begun) })
					}
					token.Trigger()
				}()
			}
			_, err := crib.Await(ctx, func() (int, error) { <-begun; return 0, nil })
			portal.Close()
			return err
		})
		all.Wait()
		equal(t, called.Load(), accepted.Load())
	}
}
