package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// shutting down, one second at most
	// no more requests are taken
	// request 1: answered
	// request 2: answered
	// request 3: answered
	// request 4: cut off
	// down
	// <nil>
}
