// Mixed: a fiber of C and tasks of Go in one nursery: they share channels, deadlines and the first failure.
package main

// #cgo pkg-config: crib
// #include "square.h"
import "C"

import (
	"context"
	"fmt"
	"log"
	"time"
	"unsafe"

	"libcrib/crib"
)

func count(out *crib.Chan[int]) func(context.Context) error {
	return func(ctx context.Context) error {
		defer out.Close()
		for i := 1; i <= 5; i++ {
			if err := crib.Sleep(ctx, 100*time.Millisecond); err != nil {
				return err
			}
			if err := out.Send(ctx, i); err != nil {
				return err
			}
		}
		return nil
	}
}

func app(ctx context.Context) error {
	numbers, squares := crib.NewChan[int](ctx, 0), crib.NewChan[int](ctx, 0)
	// What a fiber gets is C's memory. The ends stay Go's.
	ends := C.ends_new((*C.crib_receiver)(numbers.Receiver.C()), (*C.crib_sender)(squares.Sender.C()))
	late, err := crib.MoveOnAfter(ctx, 450*time.Millisecond, func(ctx context.Context) error {
		return crib.WithNursery(ctx, func(ctx context.Context, n *crib.Nursery) error {
			n.Go(count(numbers))
			if err := n.GoC("squares in C", C.square_in_c, unsafe.Pointer(ends), C.ends_free); err != nil {
				return err
			}
			for square, err := range squares.All(ctx) {
				if err != nil {
					return err
				}
				fmt.Println(square)
			}
			return nil
		})
	})
	if late {
		fmt.Println("time is up")
	}
	return err
}

func main() {
	if err := crib.Run(context.Background(), app); err != nil {
		log.Fatal(err)
	}
}
