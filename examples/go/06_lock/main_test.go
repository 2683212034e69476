package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// withdrew 500, 500 left
	// 500 cents in the end
	// <nil>
}
