package crib

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestFirst(t *testing.T) {
	err := RunWith(context.Background(), Options{Clock: MockClock}, func(ctx context.Context) error {
		ch := NewChan[string](ctx, 0)
		err := WithNursery(ctx, func(ctx context.Context, n *Nursery) error {
			n.Go(func(ctx context.Context) error {
				defer ch.Close()
				for i := range 3 {
					if err := ch.Send(ctx, fmt.Sprint("v", i)); err != nil {
						return err
					}
				}
				return nil
			})
			for v, err := range ch.All(ctx) {
				t.Log(v, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		late, err := MoveOnAfter(ctx, time.Second, func(ctx context.Context) error {
			err := Sleep(ctx, time.Hour)
			t.Log(err, ctx.Err(), errors.Is(err, context.DeadlineExceeded), context.Cause(ctx))
			return fmt.Errorf("wrapped: %w", err)
		})
		t.Log(late, err)
		boom := errors.New("boom")
		err = WithNursery(ctx, func(ctx context.Context, n *Nursery) error {
			n.Go(func(ctx context.Context) error { return boom })
			n.Go(func(ctx context.Context) error { return Sleep(ctx, time.Hour) })
			n.Go(func(ctx context.Context) error { var m map[int]int; m[1] = 1; return nil })
			return nil
		})
		t.Log(err, errors.Is(err, boom))
		v, err := Await(ctx, func() (int, error) { time.Sleep(time.Millisecond); return 5, nil })
		t.Log(v, err)
		c2, stop := context.WithTimeout(ctx, 10*time.Millisecond)
		defer stop()
		t.Log(Sleep(c2, time.Hour))
		t.Log(NewEvent(ctx).Wait(c2))
		c2, stop = context.WithTimeout(ctx, 10*time.Millisecond)
		defer stop()
		t.Log(NewEvent(ctx).Wait(c2))
		return boom
	})
	t.Log(err)
}

func BenchmarkYield2(b *testing.B) {
	b.ReportAllocs()
	Run(context.Background(), func(ctx context.Context) error {
		return WithNursery(ctx, func(ctx context.Context, n *Nursery) error {
			for range 2 {
				n.Go(func(ctx context.Context) error {
					for range b.N / 2 {
						if err := Checkpoint(ctx); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return nil
		})
	})
}

func BenchmarkChannel0(b *testing.B) {
	b.ReportAllocs()
	Run(context.Background(), func(ctx context.Context) error {
		ch := NewChan[string](ctx, 0)
		return WithNursery(ctx, func(ctx context.Context, n *Nursery) error {
			n.Go(func(ctx context.Context) error {
				defer ch.Close()
				for range b.N {
					if err := ch.Send(ctx, "a"); err != nil {
						return err
					}
				}
				return nil
			})
			for _, err := range ch.All(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func BenchmarkSpawn(b *testing.B) {
	b.ReportAllocs()
	Run(context.Background(), func(ctx context.Context) error {
		return WithNursery(ctx, func(ctx context.Context, n *Nursery) error {
			for range b.N {
				n.Go(func(ctx context.Context) error { return nil })
				if n.Count() > 100 {
					n.WaitIdle(ctx)
				}
			}
			return nil
		})
	})
}
