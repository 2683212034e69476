package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// 13 letters
	// <nil>
}
