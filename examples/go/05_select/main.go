// Select: one task serves two channels, an event that tells it to stop and a time without work, and carries out exactly
// one of them at a time.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

func produce(out *crib.Chan[int], first int, every time.Duration, count int) func(context.Context) error {
	return func(ctx context.Context) error {
		defer out.Close()
		for i := range count {
			if err := crib.Sleep(ctx, every); err != nil {
				return err
			}
			if err := out.Send(ctx, first+i); err != nil {
				return err
			}
		}
		return nil
	}
}

func serve(ctx context.Context, orders, news *crib.Chan[int]) error {
	stop := crib.NewEvent(ctx)
	var order, item int
	onOrder, onNews := crib.OnRecv(orders, &order), crib.OnRecv(news, &item)
	for {
		chosen, err := crib.Select(ctx, onOrder, onNews, crib.OnEvent(stop), crib.OnAfter(50*time.Millisecond))
		ended := errors.Is(err, crib.ErrEndOfChannel)
		switch {
		case err != nil && !ended:
			return err
		case chosen == 0 && ended:
			onOrder = crib.Never() // a clause that is switched off
		case chosen == 1 && ended:
			onNews = crib.Never()
		case chosen == 0:
			fmt.Println("order", order)
		case chosen == 1:
			fmt.Println("news", item)
		case chosen == 2:
			fmt.Println("told to stop")
			return nil
		case chosen == 3:
			fmt.Println("nothing for 50 ms")
			stop.Set()
		}
	}
}

func app(ctx context.Context) error {
	orders, news := crib.NewChan[int](ctx, 0), crib.NewChan[int](ctx, 0)
	return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(produce(orders, 100, 10*time.Millisecond, 4))
		n.Go(produce(news, 200, 25*time.Millisecond, 2))
		return serve(ctx, orders, news)
	})
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
