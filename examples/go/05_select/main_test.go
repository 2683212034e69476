package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// order 100
	// order 101
	// news 200
	// order 102
	// order 103
	// news 201
	// nothing for 50 ms
	// told to stop
	// <nil>
}
