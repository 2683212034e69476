// Timeout: a scope around something, whatever is inside. One ends silently, the other fails, and cleanup that must
// wait is shielded from both.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

func fetch(ctx context.Context, latency time.Duration) (string, error) {
	err := crib.Sleep(ctx, latency)
	if errors.Is(err, crib.ErrCancelled) {
		return "", errors.Join(err, crib.Shielded(ctx, func(ctx context.Context) error {
			defer fmt.Println("  (hung up politely)")
			return crib.Sleep(ctx, 20*time.Millisecond)
		}))
	}
	return "the page", err
}

func app(ctx context.Context) error {
	for _, latency := range []time.Duration{300 * time.Millisecond, 800 * time.Millisecond} {
		page := "nothing, moved on"
		_, err := crib.MoveOnAfter(ctx, 500*time.Millisecond, func(ctx context.Context) error {
			got, err := fetch(ctx, latency)
			if err != nil {
				return err // cancelled too: the scope whose time is up turns it into success
			}
			page = got
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Printf("%v: %s\n", latency, page)
	}
	err := crib.FailAfter(ctx, 500*time.Millisecond, func(ctx context.Context) error {
		_, err := fetch(ctx, 800*time.Millisecond)
		return err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		fmt.Println("failed:", err)
		return nil
	}
	return err
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
