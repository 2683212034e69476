package crib

// #include "shim.h"
import "C"

import (
	"context"
	"os"
	"time"
)

// JumpClock moves a virtual clock forward.
func JumpClock(ctx context.Context, d time.Duration) error {
	if _, err := placeOf(ctx); err != nil {
		return err
	}
	return tried(C.crib_clock_jump(C.int64_t(d)))
}

// WaitAllTasksBlocked waits until no task can run, and on the real clock none did for the time of the cushion.
func WaitAllTasksBlocked(ctx context.Context, cushion time.Duration) error {
	p, err := placeOf(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	return p.await(C.go_wait_blocked(t.op, p.n.scope, C.int64_t(cushion)))
}

// Statistics are counters of a run.
type Statistics struct {
	TasksLiving, TasksReady       int
	TasksSpawned, Switches, Polls uint64
}

// Stats gives the counters of the context's run.
func Stats(ctx context.Context) Statistics {
	r := runFor(ctx)
	s := C.go_statistics(r.rt)
	return Statistics{int(s.tasks_living), int(s.tasks_ready), uint64(s.tasks_spawned), uint64(s.switches), uint64(s.polls)}
}

// Dump writes the tree of nurseries and tasks, and what each waits for.
func Dump(ctx context.Context, to *os.File) error {
	r := runFor(ctx)
	return tried(C.crib_runtime_dump(r.rt, C.int(to.Fd())))
}
