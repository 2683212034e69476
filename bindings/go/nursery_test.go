package crib_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"libcrib/crib"
)

func TestANurseryWaitsForItsTasks(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ended := 0
		none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			for range 3 {
				n.Go(func(ctx context.Context) error {
					err := crib.Sleep(ctx, second)
					ended++
					return err
				})
			}
			equal(t, ended, 0)
			equal(t, n.Count(), 3)
		}))
		equal(t, ended, 3)
		return nil
	})
}

func TestAFailureCancelsTheOthersAndComesBackUnchanged(t *testing.T) {
	type own struct{ error }
	failure := &own{errBoom}
	ok(t, func(ctx context.Context) error {
		cancelled := 0
		err := nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			for range 2 {
				n.Go(func(ctx context.Context) error {
					err := sleeper(ctx)
					var c *crib.CancelledError
					if errors.As(err, &c) {
						cancelled++
						equal(t, c.Source, crib.FailedNursery)
					}
					return err
				})
			}
			n.Go(failer(second, failure))
		})
		alone(t, err, failure)
		equal(t, cancelled, 2)
		return nil
	})
}

func TestAllErrorsOfANurseryComeBack(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error { _ = sleeper(ctx); return errBang })
			n.Go(func(ctx context.Context) error { return nil })
			none(t, crib.Checkpoint(ctx))
			return errBoom
		})
		is(t, err, errBoom)
		is(t, err, errBang)
		var g *crib.Group
		if !errors.As(err, &g) || len(g.Errors) != 2 || g.Errors[0] != errBoom || g.Errors[1] != errBang {
			t.Errorf("not both in order: %#v", err)
		}
		equal(t, err.Error(), "boom\nbang")
		return nil
	})
}

func TestNestedGroupsKeepTheirShape(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		inner := func(ctx context.Context) error {
			return nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
				n.Go(func(context.Context) error { return errBoom })
				n.Go(func(context.Context) error { return errBang })
			})
		}
		err := nursery(ctx, func(ctx context.Context, n *crib.Nursery) {
			n.Go(inner)
			n.Go(func(ctx context.Context) error { _ = sleeper(ctx); return errBoom })
		})
		var outer, nested *crib.Group
		if !errors.As(err, &outer) || len(outer.Errors) != 2 || !errors.As(outer.Errors[0], &nested) || len(nested.Errors) != 2 {
			t.Errorf("%#v", err)
		}
		return nil
	})
}

func TestATaskGetsTheValuesOfItsNursery(t *testing.T) {
	type key struct{}
	ok(t, func(ctx context.Context) error {
		return nursery(context.WithValue(ctx, key{}, 5), func(ctx context.Context, n *crib.Nursery) {
			n.Go(func(ctx context.Context) error {
				equal(t, ctx.Value(key{}), any(5))
				equal(t, ctx.Value("other"), nil)
				return nil
			})
		})
	})
}

func TestTasksHaveTheNamesOfTheirFunctionsOrTheirOwn(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return nursery(ctx, func(_ context.Context, n *crib.Nursery) {
			named := n.Go(sleeper, crib.Named("the third"))
			plain := n.Go(sleeper)
			equal(t, named.Name(), "the third")
			if !strings.HasSuffix(plain.Name(), ".sleeper") {
				t.Error(plain.Name())
			}
			n.Cancel("")
		})
	})
}

func TestATaskIsCancelledAloneAndWaitedFor(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			doomed := n.Go(sleeper)
			other := n.Go(failer(second, nil))
			none(t, crib.Checkpoint(ctx))
			equal(t, doomed.Ended(), false)
			doomed.Cancel("enough")
			err := doomed.Wait(ctx)
			is(t, err, crib.ErrCancelled)
			if !strings.Contains(err.Error(), "enough") {
				t.Error(err)
			}
			equal(t, doomed.Ended(), true)
			is(t, doomed.Wait(ctx), crib.ErrCancelled)
			doomed.Cancel("again")
			none(t, other.Wait(ctx))
			is(t, doomed.Result(), crib.ErrCancelled)
			return nil
		})
	})
}

func TestWaitGivesWhatTheTaskReturned(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			task := n.Go(failer(second, errBoom))
			return crib.Shielded(ctx, func(ctx context.Context) error {
				equal(t, task.Wait(ctx), errBoom)
				return nil
			})
		})
		alone(t, err, errBoom)
		return nil
	})
}

func TestANurseryThatHasEndedTakesNoMore(t *testing.T) {
	err := run(t, func(ctx context.Context) error {
		var kept *crib.Nursery
		none(t, nursery(ctx, func(_ context.Context, n *crib.Nursery) { kept = n }))
		_, err := kept.TryGo(sleeper)
		is(t, err, crib.ErrClosed)
		kept.Go(sleeper)
		return nil
	})
	is(t, err, crib.ErrClosed)
	var p *crib.PanicError
	equal(t, errors.As(err, &p), true)
}

func TestChildrenMayStartMoreWhileTheNurseryCloses(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		started := 0
		return crib.WithNursery(ctx, func(_ context.Context, n *crib.Nursery) error {
			var grow func(ctx context.Context) error
			grow = func(ctx context.Context) error {
				if started++; started < 5 {
					n.Go(grow)
				}
				return crib.Sleep(ctx, second)
			}
			n.Go(grow)
			return nil
		})
	})
}

func TestAFullNurseryRefusesOrWaits(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return crib.WithNurseryOptions(ctx, crib.NurseryOptions{MaxChildren: 2}, func(ctx context.Context, n *crib.Nursery) error {
			for i := range 6 {
				_, err := n.GoWait(ctx, failer(second, nil), crib.Named(fmt.Sprint(i)))
				none(t, err)
				if n.Count() > 2 {
					t.Error("too many")
				}
			}
			_, err := n.TryGo(sleeper)
			equal(t, err, error(crib.ErrWouldBlock))
			none(t, n.WaitIdle(ctx))
			equal(t, n.Count(), 0)
			return nil
		})
	})
}

func TestADrainingNurseryRefusesOnceItIsCancelled(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return crib.WithNurseryOptions(ctx, crib.NurseryOptions{Drain: true}, func(_ context.Context, n *crib.Nursery) error {
			n.Go(sleeper)
			n.Cancel("")
			_, err := n.TryGo(sleeper)
			equal(t, err, error(crib.ErrClosed))
			return nil
		})
	})
}

func TestPolicies(t *testing.T) {
	race := func(ctx context.Context, p crib.Policy, fs ...func(context.Context) error) error {
		return crib.WithNurseryOptions(ctx, crib.NurseryOptions{Policy: p}, func(_ context.Context, n *crib.Nursery) error {
			for _, f := range fs {
				n.Go(f)
			}
			return nil
		})
	}
	ok(t, func(ctx context.Context) error {
		equal(t, elapsed(ctx, func() { none(t, race(ctx, crib.FirstDone, sleeper, failer(second, nil))) }), second)
		equal(t, elapsed(ctx, func() {
			none(t, race(ctx, crib.FirstSuccess, sleeper, failer(second, errBoom), failer(2*second, nil)))
		}), 2*second)
		err := race(ctx, crib.FirstSuccess, failer(second, errBoom), failer(2*second, errBang))
		is(t, err, errBoom)
		is(t, err, errBang)
		return nil
	})
}

func TestASupervisorHearsOfFailures(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		var heard []error
		o := crib.NurseryOptions{Policy: crib.Supervise, OnFailure: func(err error) { heard = append(heard, err) }}
		none(t, crib.WithNurseryOptions(ctx, o, func(_ context.Context, n *crib.Nursery) error {
			n.Go(failer(second, errBoom))
			n.Go(failer(2*second, errBang))
			n.Go(failer(3*second, nil))
			return nil
		}))
		equal(t, len(heard), 2)
		equal(t, heard[0], errBoom)
		equal(t, heard[1], errBang)
		return nil
	})
}

func TestAPanicOfASupervisorFailsTheRun(t *testing.T) {
	err := run(t, func(ctx context.Context) error {
		o := crib.NurseryOptions{Policy: crib.Supervise, OnFailure: func(error) { panic(errBang) }}
		return crib.WithNurseryOptions(ctx, o, func(_ context.Context, n *crib.Nursery) error {
			n.Go(failer(second, errBoom))
			n.Go(sleeper)
			return nil
		})
	})
	is(t, err, errBang)
}

func TestServicesEndWithTheBody(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		took := elapsed(ctx, func() {
			none(t, crib.WithNurseryOptions(ctx, crib.NurseryOptions{Service: true}, func(ctx context.Context, n *crib.Nursery) error {
				n.Go(sleeper)
				return crib.Sleep(ctx, second)
			}))
		})
		equal(t, took, second)
		return nil
	})
}

func TestStartWaitsUntilTheTaskHasStarted(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			serve := func(ctx context.Context, started func(int)) error {
				if err := crib.Sleep(ctx, second); err != nil {
					return err
				}
				started(8080)
				return sleeper(ctx)
			}
			equal(t, elapsed(ctx, func() {
				port, err := crib.Start(ctx, n, serve, crib.Named("server"))
				none(t, err)
				equal(t, port, 8080)
			}), second)
			equal(t, n.Count(), 1)
			n.Cancel("")
			return nil
		})
	})
}

func TestAStartThatFailsFailsTheCaller(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			equal(t, n.Start(ctx, func(context.Context, func()) error { return errBoom }), errBoom)
			is(t, n.Start(ctx, func(context.Context, func()) error { return nil }), crib.ErrNotStarted)
			timedOut, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
				return n.Start(ctx, func(ctx context.Context, _ func()) error { return sleeper(ctx) })
			})
			equal(t, timedOut, true)
			none(t, err)
			equal(t, n.Count(), 0)
			return nil
		})
	})
}

func TestATaskThatHasStartedOutlivesTheCallersScope(t *testing.T) {
	ok(t, func(ctx context.Context) error {
		ended := false
		none(t, crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			_, err := crib.MoveOnAfter(ctx, second, func(ctx context.Context) error {
				none(t, n.Start(ctx, func(ctx context.Context, started func()) error {
					if _, has := ctx.Deadline(); !has {
						t.Error("the caller's deadline does not hold before started")
					}
					started()
					if _, has := ctx.Deadline(); has {
						t.Error("the caller's deadline holds after started")
					}
					err := crib.Sleep(ctx, 5*second)
					ended = err == nil
					return err
				}))
				return sleeper(ctx)
			})
			return err
		}))
		equal(t, ended, true)
		return nil
	})
}

func TestStartedIsCalledOnce(t *testing.T) {
	err := run(t, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			return n.Start(ctx, func(_ context.Context, started func()) error {
				started()
				started()
				return nil
			})
		})
	})
	is(t, err, crib.ErrMisuse)
}
