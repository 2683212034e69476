package main

import (
	"context"
	"fmt"

	"libcrib/crib"
)

func Example() {
	fmt.Println(crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, app))
	// Output:
	// 300ms: the page
	//   (hung up politely)
	// 800ms: nothing, moved on
	//   (hung up politely)
	// failed: crib: the deadline passed
	// <nil>
}
