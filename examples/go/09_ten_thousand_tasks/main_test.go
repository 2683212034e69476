package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// 10000 tasks are alive
	// 10000 done, at most 100 at a time, in 1s
	// <nil>
}
