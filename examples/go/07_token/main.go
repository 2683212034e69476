// Token: a named "stop" that is handed to whom it concerns, also in other goroutines. Here a search ends when the
// user gives up or the application closes, whichever is first.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

func search(ctx context.Context, stop *crib.Token) (int, error) {
	for place := 1; place < 50; place++ {
		if err := stop.Check(); err != nil {
			return 0, err
		}
		if err := crib.Sleep(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 50, nil
}

func app(ctx context.Context) error {
	user, closing := crib.NewToken(ctx, "user"), crib.NewExternalToken(ctx, "closing")
	either := user.Chain(closing)
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error { // the user
			defer user.Trigger()
			return crib.Sleep(ctx, 350*time.Millisecond)
		})
		place, err := search(ctx, either)
		fmt.Println(place, err)
		return nil
	})
	if err != nil {
		return err
	}

	go closing.Trigger()
	ended, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, s *crib.Scope) error {
		closing.Cancels(s) // as a scope it reaches everything inside, without being looked at
		if err := closing.Wait(ctx); err != nil {
			return err
		}
		return crib.Sleep(ctx, time.Hour)
	})
	if ended {
		fmt.Printf("ended by the token %q\n", closing.TriggeredToken().Name())
	}
	return err
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
