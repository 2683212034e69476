// The workloads in Go: goroutines, one core.
package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const group = 1000

// CPU time of the process, the collector's included.
func cpu() int64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return u.Utime.Nano() + u.Stime.Nano()
}

// Runs a workload once to warm up, once for its time.
func measure(name string, ops int, run func(ops int) int64) {
	run(ops / 5)
	fmt.Printf("%s %.2f\n", name, float64(run(ops))/float64(ops))
}

func timed(body func()) int64 {
	begun := cpu()
	body()
	return cpu() - begun
}

// All tasks stand at a gate before the clock starts.
func yield(ops, tasks int) int64 {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for i := 0; i < tasks; i++ {
		wg.Add(1)
		go func() {
			<-gate
			for n := ops / tasks; n > 0; n-- {
				runtime.Gosched()
			}
			wg.Done()
		}()
	}
	runtime.Gosched()
	return timed(func() { close(gate); wg.Wait() })
}

func spawnJoin(ops int) int64 {
	return timed(func() {
		var wg sync.WaitGroup
		for i := 0; i < ops; i++ {
			wg.Add(1)
			go func() { wg.Done() }()
			wg.Wait()
		}
	})
}

// Each group gets a body of its own.
func groups(ops int, newBody func() func()) int64 {
	return timed(func() {
		for left := ops / group; left > 0; left-- {
			var wg sync.WaitGroup
			body := newBody()
			for i := 0; i < group; i++ {
				wg.Add(1)
				go func() { body(); wg.Done() }()
			}
			wg.Wait()
		}
	})
}

func nothing() func()    { return func() {} }
func yieldsOnce() func() { return runtime.Gosched }

// The last one to come opens the gate.
func waitsAtGate() func() {
	var arrived atomic.Int32
	gate := make(chan struct{})
	return func() {
		if arrived.Add(1) == group {
			close(gate)
		}
		<-gate
	}
}

const contenders = 8

func channel(ops, capacity, producers int) int64 {
	items := make(chan int, capacity)
	each := ops / producers
	var wg sync.WaitGroup
	wg.Add(producers + 1)
	return timed(func() {
		for p := 0; p < producers; p++ {
			go func() {
				for i := 0; i < each; i++ {
					items <- i
				}
				wg.Done()
			}()
		}
		go func() {
			for i := 0; i < each*producers; i++ {
				<-items
			}
			wg.Done()
		}()
		wg.Wait()
	})
}

// Everybody yields while holding the lock, so that the others come to wait.
func lock(ops int) int64 {
	var mutex sync.Mutex
	var wg sync.WaitGroup
	return timed(func() {
		for c := 0; c < contenders; c++ {
			wg.Add(1)
			go func() {
				for i := 0; i < ops/contenders; i++ {
					mutex.Lock()
					runtime.Gosched()
					mutex.Unlock()
				}
				wg.Done()
			}()
		}
		wg.Wait()
	})
}

// What is taken from one of two channels is sent to it again.
func choose(ops int) int64 {
	a, b := make(chan int, 4), make(chan int, 4)
	a <- 0
	b <- 1
	return timed(func() {
		for i := 0; i < ops; i++ {
			select {
			case v := <-a:
				a <- v
			case v := <-b:
				b <- v
			}
		}
	})
}

// A timeout around a check, less the same loop without.
func scope(ops int) int64 {
	outer, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	without := timed(func() {
		for i := 0; i < ops; i++ {
			if outer.Err() != nil {
				panic("cancelled")
			}
		}
	})
	with := timed(func() {
		for i := 0; i < ops; i++ {
			inner, cancel := context.WithTimeout(outer, 5*time.Second)
			if inner.Err() != nil {
				panic("cancelled")
			}
			cancel()
		}
	})
	return with - without
}

func main() {
	runtime.GOMAXPROCS(1)
	measure("yield_2", 400000, func(ops int) int64 { return yield(ops, 2) })
	measure("yield_10000", 1000000, func(ops int) int64 { return yield(ops, 10000) })
	measure("spawn_join_1", 100000, spawnJoin)
	measure("spawn_1000", 100000, func(ops int) int64 { return groups(ops, nothing) })
	measure("spawn_1000_yield", 100000, func(ops int) int64 { return groups(ops, yieldsOnce) })
	measure("spawn_1000_alive", 100000, func(ops int) int64 { return groups(ops, waitsAtGate) })
	measure("scope_ready", 100000, scope)
	measure("channel_0", 200000, func(ops int) int64 { return channel(ops, 0, 1) })
	measure("channel_128", 400000, func(ops int) int64 { return channel(ops, 128, 1) })
	measure("channel_8_to_1", 400000, func(ops int) int64 { return channel(ops, 64, 8) })
	measure("lock_8", 400000, lock)
	measure("select_2", 400000, choose)
}
