// Pipeline: each stage is a task that closes its channel when it has ended, so the end runs down the line, and nobody
// has to say "done".
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

func read(ctx context.Context, out *crib.Chan[string]) error {
	defer out.Close()
	for _, word := range []string{"to", "be", "or", "not", "to", "be"} {
		if err := crib.Sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
		if err := out.Send(ctx, word); err != nil {
			return err
		}
	}
	return nil
}

func measure(ctx context.Context, in *crib.Chan[string], out *crib.Chan[int]) error {
	defer out.Close()
	for word, err := range in.All(ctx) {
		if err != nil {
			return err
		}
		if err := out.Send(ctx, len(word)); err != nil {
			return err
		}
	}
	return nil
}

func app(ctx context.Context) error {
	words, lengths := crib.NewChan[string](ctx, 4), crib.NewChan[int](ctx, 4)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error { return read(ctx, words) })
		n.Go(func(ctx context.Context) error { return measure(ctx, words, lengths) })
		sum := 0
		for length, err := range lengths.All(ctx) {
			if err != nil {
				return err
			}
			sum += length
		}
		fmt.Println(sum, "letters")
		return nil
	})
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
