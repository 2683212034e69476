// Ten thousand tasks: all are alive at once. A limiter lets a hundred of them work at a time.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

func app(ctx context.Context) error {
	began := crib.Now(ctx)
	limiter := crib.NewLimiter(ctx, 100)
	working, most, done := 0, 0, 0 // tasks take turns, so that these need no lock
	work := func(ctx context.Context) error {
		if err := limiter.Acquire(ctx); err != nil {
			return err
		}
		defer limiter.Release()
		working++
		most = max(most, working)
		err := crib.Sleep(ctx, 10*time.Millisecond)
		working--
		done++
		return err
	}
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		for range 10_000 {
			n.Go(work)
		}
		fmt.Println(n.Count(), "tasks are alive")
		return nil
	})
	fmt.Printf("%d done, at most %d at a time, in %v\n", done, most, crib.Now(ctx).Sub(began).Truncate(time.Second))
	return err
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
