// First failure cancels: the other tasks end too. All that failed is returned by the nursery, each error as what it
// was.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

type diskFull struct{ disk string }

func (e *diskFull) Error() string { return "no space on " + e.disk }

func copyTo(disk string, failsAfter time.Duration) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		if err := crib.Sleep(ctx, failsAfter); err != nil {
			fmt.Printf("%s: cancelled, the partial copy is removed\n", disk)
			return err
		}
		return &diskFull{disk}
	}
}

func app(ctx context.Context) error {
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(copyTo("disk a", 100*time.Millisecond))
		n.Go(copyTo("disk b", 100*time.Millisecond))
		n.Go(copyTo("disk c", time.Hour))
		return nil
	})
	fmt.Println(err)
	var all *crib.Group
	if errors.As(err, &all) {
		for _, err := range all.Errors {
			var full *diskFull
			if errors.As(err, &full) {
				fmt.Println("to be emptied:", full.disk)
			}
		}
	}
	return nil
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
