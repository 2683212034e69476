package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// both are started
	// ann: step 1
	// bob: step 1
	// ann: step 2
	// ann: step 3
	// bob: step 2
	// bob: step 3
	// both have ended
	// <nil>
}
