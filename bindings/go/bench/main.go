// Bench measures what tasks of crib cost in Go, beside goroutines and channels doing the same. Each line is a name, a tab,
// and nanoseconds: for a switch from task to task, for an item handed over, for a task from its start to its end. The best
// of several rounds is shown.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"libcrib/crib"
)

var rounds = flag.Int("rounds", 5, "how often each is measured")

func main() {
	flag.Parse()
	for _, row := range []struct {
		name  string
		items int
		run   func(items int) error
	}{
		{"switch_2", 1_000_000, yields(2)},
		{"switch_1000", 1_000_000, yields(1000)},
		{"channel_0", 500_000, channel[int](0)},
		{"channel_64", 1_000_000, channel[int](64)},
		{"channel_64_text", 1_000_000, channel[string](64)},
		{"channel_64_batch", 1_000_000, batches},
		{"spawn_join", 300_000, spawn},
		{"scope", 500_000, scopes},
		{"derived_context", 100_000, derived},
		{"own_switch_2", 1_000_000, gosched(2)},
		{"own_switch_1000", 1_000_000, gosched(1000)},
		{"own_channel_0", 500_000, goChannel(0)},
		{"own_channel_64", 1_000_000, goChannel(64)},
		{"own_spawn_join", 300_000, goSpawn},
		{"own_context", 500_000, goContext},
	} {
		best := time.Duration(1<<63 - 1)
		for range *rounds {
			began := time.Now()
			if err := row.run(row.items); err != nil {
				fmt.Fprintln(os.Stderr, row.name, err)
				os.Exit(1)
			}
			best = min(best, time.Since(began))
		}
		fmt.Printf("%s\t%.1f\n", row.name, float64(best)/float64(row.items))
	}
}

func inNursery(f func(ctx context.Context, n *crib.Nursery) error) error {
	return crib.Run(context.Background(), func(ctx context.Context) error { return crib.WithNursery(ctx, f) })
}

func yields(tasks int) func(int) error {
	return func(items int) error {
		return inNursery(func(_ context.Context, n *crib.Nursery) error {
			for range tasks {
				n.Go(func(ctx context.Context) error {
					for range items / tasks {
						if err := crib.Checkpoint(ctx); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return nil
		})
	}
}

func channel[T any](capacity int) func(int) error {
	return func(items int) error {
		return inNursery(func(ctx context.Context, n *crib.Nursery) error {
			ch := crib.NewChan[T](ctx, capacity)
			n.Go(func(ctx context.Context) error {
				defer ch.Close()
				var v T
				for range items {
					if err := ch.Send(ctx, v); err != nil {
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
	}
}

// batches receives as many values as there are at a time.
func batches(items int) error {
	return inNursery(func(ctx context.Context, n *crib.Nursery) error {
		ch := crib.NewChan[int](ctx, 64)
		n.Go(func(ctx context.Context) error {
			for i := range items {
				if err := ch.Send(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
		for got := 0; got < items; {
			values, err := ch.RecvBatch(ctx, 64)
			if err != nil {
				return err
			}
			got += len(values)
		}
		return nil
	})
}

func spawn(items int) error {
	return inNursery(func(ctx context.Context, n *crib.Nursery) error {
		for range items / 100 {
			for range 100 {
				n.Go(func(context.Context) error { return nil })
			}
			if err := n.WaitIdle(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

func scopes(items int) error {
	return crib.Run(context.Background(), func(ctx context.Context) error {
		for range items {
			if _, err := crib.MoveOnAfter(ctx, time.Hour, func(context.Context) error { return nil }); err != nil {
				return err
			}
		}
		return nil
	})
}

func derived(items int) error {
	return crib.Run(context.Background(), func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		for range items {
			if err := crib.Checkpoint(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// gosched takes turns on one thread, as tasks do.
func gosched(goroutines int) func(int) error {
	return func(items int) error {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		var all sync.WaitGroup
		for range goroutines {
			all.Add(1)
			go func() {
				defer all.Done()
				for range items / goroutines {
					runtime.Gosched()
				}
			}()
		}
		all.Wait()
		return nil
	}
}

func goChannel(capacity int) func(int) error {
	return func(items int) error {
		ch := make(chan int, capacity)
		go func() {
			defer close(ch)
			for i := range items {
				ch <- i
			}
		}()
		for range ch {
		}
		return nil
	}
}

func goSpawn(items int) error {
	for range items / 100 {
		var all sync.WaitGroup
		for range 100 {
			all.Add(1)
			go all.Done()
		}
		all.Wait()
	}
	return nil
}

func goContext(items int) error {
	for range items {
		_, cancel := context.WithTimeout(context.Background(), time.Hour)
		cancel()
	}
	return nil
}
