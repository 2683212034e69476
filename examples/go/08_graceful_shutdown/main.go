// Graceful shutdown: a soft cancel ends at once what only waits for work, gives requests in flight the time they need, and
// cuts off what takes longer than the grace.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

func answer(ctx context.Context, id int) error {
	if err := crib.Sleep(ctx, time.Duration(id)*300*time.Millisecond); err != nil {
		fmt.Printf("request %d: cut off\n", id)
		return err
	}
	fmt.Printf("request %d: answered\n", id)
	return nil
}

func serve(ctx context.Context, requests *crib.Chan[int]) error {
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		told, err := crib.Graceful(ctx, func(ctx context.Context) error { // only this loop ends when it is asked to
			for id, err := range requests.All(ctx) {
				if err != nil {
					return err
				}
				n.Go(func(ctx context.Context) error { return answer(ctx, id) })
			}
			return nil
		})
		if told {
			fmt.Println("no more requests are taken")
		}
		return err
	})
}

func app(ctx context.Context) error {
	requests := crib.NewChan[int](ctx, 0)
	_, err := crib.WithScope(ctx, crib.ScopeOptions{}, func(ctx context.Context, server *crib.Scope) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(func(ctx context.Context) error { return serve(ctx, requests) })
			for id := 1; id <= 4; id++ {
				if err := requests.Send(ctx, id); err != nil {
					return err
				}
			}
			if err := crib.Sleep(ctx, 100*time.Millisecond); err != nil {
				return err
			}
			fmt.Println("shutting down, one second at most")
			server.CancelSoft(crib.Drain, time.Second, "shutdown")
			return nil
		})
	})
	fmt.Println("down")
	return err
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
