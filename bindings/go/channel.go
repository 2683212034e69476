package crib

// #include <stdlib.h>
// #include "shim.h"
import "C"

import (
	"context"
	"iter"
	"math"
	"reflect"
	"runtime"
	"unsafe"
)

// Unbounded is the capacity of a channel that is never full.
const Unbounded = math.MaxInt

// Overflow says what a send does when the channel is full and nobody receives.
type Overflow int

// What to do when a channel is full.
const (
	WaitForRoom Overflow = iota // the send waits
	DropOldest                  // the oldest value gives way
	DropNewest                  // the value that is sent is dropped
	KeepLatest                  // DropOldest with a capacity of 1
)

// ChanOptions are for [NewChanWith].
type ChanOptions struct {
	Capacity int // values buffered; 0 = a send waits for a receiver
	Overflow Overflow
}

// Sender is an end of a channel that values are sent into. Ends are cloned, and closed one by one: when the last sender
// is closed, receivers get what is buffered, and then [ErrEndOfChannel].
type Sender[T any] struct {
	ch   *channel[T]
	c    *C.crib_sender
	held uint64
}

// Receiver is an end of a channel that values come out of, each to one receiver. When the last one is closed, senders
// get [ErrBroken].
type Receiver[T any] struct {
	ch   *channel[T]
	c    *C.crib_receiver
	held uint64
}

// Chan is both ends of a channel, for those who do not want to count them. It belongs to the run it was made in.
type Chan[T any] struct {
	Sender   *Sender[T]
	Receiver *Receiver[T]
}

// channel is what the ends have in common. Values stay in Go; what travels in C are the numbers of their slots, or the
// values themselves where T is an integer of 64 bits: those are for tasks of other languages too.
type channel[T any] struct {
	run    *run
	number uint32
	direct bool
	slots  *slots[T]
	held   map[uint64]struct{} // the handles of open ends
}

// NewChan makes a channel that buffers up to capacity values.
func NewChan[T any](ctx context.Context, capacity int) *Chan[T] {
	return NewChanWith[T](ctx, ChanOptions{Capacity: capacity})
}

// NewChanWith makes a channel with options.
func NewChanWith[T any](ctx context.Context, o ChanOptions) *Chan[T] {
	r := runFor(ctx)
	capacity := C.size_t(o.Capacity)
	if o.Capacity == Unbounded {
		capacity = C.CRIB_UNBOUNDED
	}
	ends := C.go_channel_open(capacity, C.int32_t(o.Overflow))
	if ends.status < 0 {
		panic(misuse("no such channel: %+v", o))
	}
	r.items++
	ch := &channel[T]{run: r, number: r.items, slots: &slots[T]{}, held: map[uint64]struct{}{}}
	t := reflect.TypeFor[T]()
	switch t.Kind() {
	case reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64:
		ch.direct = t.Size() == 8
	}
	r.stores[ch.number] = ch.slots
	runtime.SetFinalizer(ch, (*channel[T]).lost)
	return &Chan[T]{ch.sender(ends.tx), ch.receiver(ends.rx)}
}

func (ch *channel[T]) sender(c *C.crib_sender) *Sender[T] {
	return &Sender[T]{ch, c, ch.hold(unsafe.Pointer(c))}
}

func (ch *channel[T]) receiver(c *C.crib_receiver) *Receiver[T] {
	return &Receiver[T]{ch, c, ch.hold(unsafe.Pointer(c))}
}

func (ch *channel[T]) hold(p unsafe.Pointer) uint64 {
	held := ch.run.hold(p)
	ch.held[held] = struct{}{}
	return held
}

func (ch *channel[T]) drop(held uint64) {
	delete(ch.held, held)
	ch.run.drop(held)
}

// lost is the finalizer. It runs when all ends are unreachable, so that nothing that can be seen hangs on the collector.
func (ch *channel[T]) lost() {
	for held := range ch.held {
		ch.run.abandon(held)
	}
	ch.run.abandonStore(ch.number)
}

// pack makes a value of C.
func (ch *channel[T]) pack(v T) (C.uint64_t, C.int32_t) {
	if ch.direct {
		return *(*C.uint64_t)(unsafe.Pointer(&v)), C.go_integer
	}
	return C.uint64_t(ch.number)<<32 | C.uint64_t(ch.slots.put(v)), C.go_item
}

// unpack takes a value of C.
func (ch *channel[T]) unpack(word uint64, kind C.int32_t) (v T, err error) {
	if kind == C.go_item && !ch.direct {
		return ch.slots.take(uint32(word)), nil
	}
	if kind == C.go_integer && ch.direct {
		return *(*T)(unsafe.Pointer(&word)), nil
	}
	return v, misuse("a value of another language, which is no %v", reflect.TypeFor[T]())
}

// --- sending ---

func (s *Sender[T]) use(ctx context.Context) (place, error) {
	p, err := placeOf(ctx)
	if err == nil && p.n.task.run != s.ch.run {
		return p, misuse("the channel belongs to another run")
	}
	if err == nil && s.c == nil {
		err = ErrClosed
	}
	return p, err
}

// Send waits until there is room for v, or with a capacity of 0 until somebody takes it.
func (s *Sender[T]) Send(ctx context.Context, v T) error {
	p, err := s.use(ctx)
	if err != nil {
		return err
	}
	t := p.n.task
	word, kind := s.ch.pack(v)
	err = p.await(C.go_send(t.op, p.n.scope, s.c, word, kind))
	runtime.KeepAlive(s)
	return err
}

// TrySend sends v if that needs no wait; else it returns [ErrWouldBlock].
func (s *Sender[T]) TrySend(v T) error {
	if s.c == nil || s.ch.run.over.Load() {
		return ErrClosed
	}
	word, kind := s.ch.pack(v)
	rc := C.go_try_send(s.c, word, kind)
	if rc < 0 && kind == C.go_item {
		s.ch.slots.take(uint32(word))
	}
	runtime.KeepAlive(s)
	return tried(rc)
}

// Close closes this end. Closing it again does nothing.
func (s *Sender[T]) Close() { s.CloseWith(nil) }

// CloseWith closes this end with an error, which receivers get instead of [ErrEndOfChannel].
func (s *Sender[T]) CloseWith(err error) {
	if s.c == nil || s.ch.run.over.Load() {
		return
	}
	if err != nil {
		C.crib_sender_close_error(s.c, s.ch.run.carried(codeOf(err), err))
	} else {
		C.crib_sender_close(s.c)
	}
	s.c = nil
	s.ch.drop(s.held)
}

// Clone makes one more end to send into.
func (s *Sender[T]) Clone() *Sender[T] {
	if s.c == nil || s.ch.run.over.Load() {
		panic(ErrClosed)
	}
	c := C.crib_sender_clone(s.c)
	if c == nil {
		panic(misuse("the end could not be cloned"))
	}
	return s.ch.sender(c)
}

// --- receiving ---

func (r *Receiver[T]) use(ctx context.Context) (place, error) {
	p, err := placeOf(ctx)
	if err == nil && p.n.task.run != r.ch.run {
		return p, misuse("the channel belongs to another run")
	}
	if err == nil && r.c == nil {
		err = ErrClosed
	}
	return p, err
}

// Recv waits for a value.
func (r *Receiver[T]) Recv(ctx context.Context) (v T, err error) {
	p, err := r.use(ctx)
	if err != nil {
		return v, err
	}
	t := p.n.task
	got := C.go_receive(t.op, p.n.scope, r.c)
	status, word, kind := C.int(got.status), uint64(got.word), got.kind
	if status == C.CRIB_PENDING {
		status = p.finish(status)
		word, kind = t.word, t.kind()
	}
	runtime.KeepAlive(r)
	if status >= 0 {
		return r.ch.unpack(word, kind)
	}
	return v, r.failed(p, status)
}

// failed also looks for the error that a sender was closed with.
func (r *Receiver[T]) failed(p place, status C.int) error {
	if status != C.CRIB_ECANCELLED {
		if tree := C.go_take_error(p.n.task.op); tree != nil {
			return p.n.inward(tree)
		}
	}
	return p.failed(status)
}

// TryRecv receives a value if there is one; else it returns [ErrWouldBlock].
func (r *Receiver[T]) TryRecv() (v T, err error) {
	if r.c == nil || r.ch.run.over.Load() {
		return v, ErrClosed
	}
	got := C.go_try_receive(r.c)
	runtime.KeepAlive(r)
	if got.status < 0 {
		if tree := C.crib_receiver_error(r.c); tree != nil {
			return v, r.ch.run.main.self.inward(tree)
		}
		return v, failureOf(C.int(got.status))
	}
	return r.ch.unpack(uint64(got.word), got.kind)
}

// RecvBatch receives as many values as there are, up to most, and waits for the first. With an error come those that were
// received before it.
func (r *Receiver[T]) RecvBatch(ctx context.Context, most int) ([]T, error) {
	if most < 1 {
		return nil, misuse("a batch of %d values", most)
	}
	v, err := r.Recv(ctx)
	if err != nil {
		return nil, err
	}
	batch := []T{v}
	if r.ch.run.values == nil {
		r.ch.run.values = unsafe.Slice((*C.crib_value)(C.calloc(batchSize, C.sizeof_crib_value)), batchSize)
	}
	for len(batch) < most && err == nil {
		room := min(most-len(batch), batchSize)
		got := int(C.crib_receiver_receive_batch_nowait(r.c, &r.ch.run.values[0], C.size_t(room)))
		if got < 0 {
			break // no more for now
		}
		for _, value := range r.ch.run.values[:got] {
			word := uint64(uintptr(value.p))
			v, failure := r.ch.unpack(word, kindOf(word, uintptr(unsafe.Pointer(value.vt))))
			if failure != nil {
				err = failure
				continue
			}
			batch = append(batch, v)
		}
	}
	runtime.KeepAlive(r)
	return batch, err
}

// All gives the values as they come, until the channel ends. An error, of a cancel or a sender's, is the last it gives.
func (r *Receiver[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := r.Recv(ctx)
			if err == error(ErrEndOfChannel) || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Close closes this end. Closing it again does nothing.
func (r *Receiver[T]) Close() {
	if r.c == nil || r.ch.run.over.Load() {
		return
	}
	C.crib_receiver_close(r.c)
	r.c = nil
	r.ch.drop(r.held)
}

// Clone makes one more end to receive from.
func (r *Receiver[T]) Clone() *Receiver[T] {
	if r.c == nil || r.ch.run.over.Load() {
		panic(ErrClosed)
	}
	c := C.crib_receiver_clone(r.c)
	if c == nil {
		panic(misuse("the end could not be cloned"))
	}
	return r.ch.receiver(c)
}

// --- both ends ---

// Send is [Sender.Send].
func (c *Chan[T]) Send(ctx context.Context, v T) error { return c.Sender.Send(ctx, v) }

// TrySend is [Sender.TrySend].
func (c *Chan[T]) TrySend(v T) error { return c.Sender.TrySend(v) }

// Recv is [Receiver.Recv].
func (c *Chan[T]) Recv(ctx context.Context) (T, error) { return c.Receiver.Recv(ctx) }

// TryRecv is [Receiver.TryRecv].
func (c *Chan[T]) TryRecv() (T, error) { return c.Receiver.TryRecv() }

// RecvBatch is [Receiver.RecvBatch].
func (c *Chan[T]) RecvBatch(ctx context.Context, most int) ([]T, error) {
	return c.Receiver.RecvBatch(ctx, most)
}

// All is [Receiver.All].
func (c *Chan[T]) All(ctx context.Context) iter.Seq2[T, error] { return c.Receiver.All(ctx) }

// Close closes the sending end, as close does with a channel of Go: what is buffered can still be received.
func (c *Chan[T]) Close() { c.Sender.Close() }

// CloseWith is [Sender.CloseWith].
func (c *Chan[T]) CloseWith(err error) { c.Sender.CloseWith(err) }

// Clone makes two more ends of the same channel.
func (c *Chan[T]) Clone() *Chan[T] { return &Chan[T]{c.Sender.Clone(), c.Receiver.Clone()} }

func (c *Chan[T]) sending() *Sender[T]         { return c.Sender }
func (s *Sender[T]) sending() *Sender[T]       { return s }
func (c *Chan[T]) receiving() *Receiver[T]     { return c.Receiver }
func (r *Receiver[T]) receiving() *Receiver[T] { return r }

// ChanStats is what a channel is doing.
type ChanStats struct {
	Buffered, Peak                   int // values, now and at most
	Senders, Receivers               int // open ends
	WaitingSenders, WaitingReceivers int
	Dropped                          uint64 // values that nobody received
	Capacity                         int
}

// Stats says what the channel is doing.
func (c *Chan[T]) Stats() ChanStats {
	var s C.crib_channel_stats
	switch {
	case c.Receiver.c != nil:
		s = C.go_channel_stats(nil, c.Receiver.c)
	case c.Sender.c != nil:
		s = C.go_channel_stats(c.Sender.c, nil)
	}
	runtime.KeepAlive(c)
	capacity := Unbounded
	if s.capacity != C.CRIB_UNBOUNDED {
		capacity = int(s.capacity)
	}
	return ChanStats{
		int(s.buffered), int(s.peak), int(s.senders), int(s.receivers),
		int(s.waiting_senders), int(s.waiting_receivers), uint64(s.dropped), capacity,
	}
}

// --- values ---

// kind says what the value is that came with the task's last operation.
func (t *Task) kind() C.int32_t { return kindOf(t.word, t.vtable) }

// kindOf drops what is no value of Go.
func kindOf(word uint64, vtable uintptr) C.int32_t {
	switch vtable {
	case 0:
		return C.go_nil
	case itemTable:
		return C.go_item
	case integerTable:
		return C.go_integer
	}
	C.go_drop(C.uint64_t(word), C.uint64_t(vtable))
	return C.go_foreign
}

type dropper interface {
	drop(slot uint32)
	live() int
}

// slots keeps the values that are on their way through a channel.
type slots[T any] struct {
	values []T
	free   []uint32
}

func (s *slots[T]) put(v T) uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		s.values[i] = v
		return i
	}
	s.values = append(s.values, v)
	return uint32(len(s.values) - 1)
}

func (s *slots[T]) take(i uint32) T {
	v := s.values[i]
	s.drop(i)
	return v
}

func (s *slots[T]) drop(i uint32) {
	var none T
	s.values[i] = none
	s.free = append(s.free, i)
}

func (s *slots[T]) live() int { return len(s.values) - len(s.free) }
