// Scenarios tells the numbered scenarios of crib in Go: `scenarios NUMBER` plays one, `scenarios --list` names them all.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"libcrib/crib"
)

const ms = time.Millisecond

// scenario is one of a group: its number, and the main task.
type scenario struct {
	number int
	main   func(ctx context.Context) error
}

var groups = [][]scenario{
	seedsDemo, seedsNotebook, seedsSlides, graceful, tokens, compositions, scopes, deadlines, checkpoints, policies,
	nurseries, starts, channels, ends, locks, kin, selects,
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "--list" {
		for _, group := range groups {
			for _, s := range group {
				fmt.Printf("%03d\n", s.number)
			}
		}
		return
	}
	if len(os.Args) == 2 {
		number, err := strconv.Atoi(os.Args[1])
		for _, group := range groups {
			for _, s := range group {
				if err == nil && s.number == number {
					play(s)
					return
				}
			}
		}
	}
	fmt.Fprintln(os.Stderr, "usage: scenarios NUMBER | --list")
	os.Exit(2)
}

var (
	began time.Time // when the main task began
	gave  int       // a number that main gave
)

func play(s scenario) {
	err := crib.RunWith(context.Background(), crib.Options{Clock: crib.MockClock}, func(ctx context.Context) error {
		began = crib.Now(ctx)
		return s.main(ctx)
	})
	end := outcome(err)
	if gave != 0 {
		end = strconv.Itoa(gave)
	}
	fmt.Println("end:", end)
}
