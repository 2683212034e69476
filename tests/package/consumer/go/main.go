// Consumer is a user's program: its module knows nothing of the library's source tree.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"libcrib/crib"
)

func sums(ctx context.Context) (sum int, err error) {
	err = crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		numbers := crib.NewChan[int](ctx, 1)
		n.Go(func(ctx context.Context) error {
			defer numbers.Close()
			for i := range 5 {
				if err := numbers.Send(ctx, i); err != nil {
					return err
				}
			}
			return nil
		})
		for i, err := range numbers.All(ctx) {
			if err != nil {
				return err
			}
			sum += i
		}
		return nil
	})
	return sum, err
}

func app(ctx context.Context) error {
	sum, err := sums(ctx)
	if err != nil || sum != 10 {
		return fmt.Errorf("the sum is %d: %w", sum, err)
	}
	return crib.FailAfter(ctx, time.Millisecond, func(ctx context.Context) error { return crib.Sleep(ctx, time.Hour) })
}

func main() {
	if err := crib.Run(context.Background(), app); !errors.Is(err, context.DeadlineExceeded) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ok")
}
