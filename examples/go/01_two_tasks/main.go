// Two tasks: a nursery starts them, waits for both, and goes on when nothing is left running.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

func work(ctx context.Context, name string, pace time.Duration) error {
	for step := 1; step <= 3; step++ {
		if err := crib.Sleep(ctx, pace); err != nil { // waits without blocking the other
			return err
		}
		fmt.Printf("%s: step %d\n", name, step)
	}
	return nil
}

func app(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error { return work(ctx, "ann", 100*time.Millisecond) })
		n.Go(func(ctx context.Context) error { return work(ctx, "bob", 160*time.Millisecond) })
		fmt.Println("both are started")
		return nil
	})
	fmt.Println("both have ended")
	return err
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
