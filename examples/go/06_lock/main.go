// Lock: it guards what must not be seen half done across a wait, and a condition says that it has changed. No two
// tasks run at the same time, so what does not wait needs no lock at all.
package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"libcrib/crib"
)

type account struct {
	cents  int
	lock   *crib.Lock
	paidIn *crib.Condition
}

func (a *account) payIn(ctx context.Context, amount int) error {
	return a.lock.With(ctx, func() error {
		before := a.cents
		if err := crib.Sleep(ctx, 10*time.Millisecond); err != nil { // asks the bank; nobody sees the account meanwhile
			return err
		}
		a.cents = before + amount
		a.paidIn.NotifyAll()
		return nil
	})
}

func (a *account) withdraw(ctx context.Context, amount int) error {
	return a.lock.With(ctx, func() error {
		for a.cents < amount {
			if err := a.paidIn.Wait(ctx); err != nil { // lets go of the lock while it waits
				return err
			}
		}
		a.cents -= amount
		fmt.Printf("withdrew %d, %d left\n", amount, a.cents)
		return nil
	})
}

func app(ctx context.Context) error {
	lock := crib.NewLock(ctx)
	a := &account{lock: lock, paidIn: crib.NewCondition(ctx, lock)}
	err := crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
		n.Go(func(ctx context.Context) error { return a.withdraw(ctx, 500) })
		for range 10 {
			n.Go(func(ctx context.Context) error { return a.payIn(ctx, 100) })
		}
		return nil
	})
	fmt.Println(a.cents, "cents in the end")
	return err
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
