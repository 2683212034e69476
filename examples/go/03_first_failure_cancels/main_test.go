package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// disk c: cancelled, the partial copy is removed
	// no space on disk a
	// no space on disk b
	// to be emptied: disk a
	// to be emptied: disk b
	// <nil>
}
