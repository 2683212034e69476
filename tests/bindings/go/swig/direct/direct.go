// Package direct makes the same calls as the generated package by cgo itself, as the binding does.
package direct

// #cgo pkg-config: crib
// #include "direct.h"
import "C"

import "unsafe"

// VersionHex is crib_version_hex.
func VersionHex() uint { return uint(C.crib_version_hex()) }

// ErrorCode is crib_error_code.
func ErrorCode(e *C.crib_error) int { return int(C.crib_error_code(e)) }

// Value gives the payload of crib_value_int.
func Value(n int64) uintptr { return uintptr(C.crib_value_int(C.int64_t(n)).p) }

// Channel is a channel of a run that the calling thread has begun, and which never ends.
type Channel struct{ ends C.ends }

// Open makes one with room for a value.
func Open() Channel { return Channel{C.open_channel()} }

// Sender and Receiver are the addresses of its ends.
func (c Channel) Sender() uintptr   { return uintptr(unsafe.Pointer(c.ends.tx)) }
func (c Channel) Receiver() uintptr { return uintptr(unsafe.Pointer(c.ends.rx)) }

// Send sends a number without waiting.
func (c Channel) Send(n int64) int { return int(C.send_number(c.ends.tx, C.int64_t(n))) }

// Receive receives one.
func (c Channel) Receive() (int64, int) {
	got := C.receive_number(c.ends.rx)
	return int64(got.number), int(got.status)
}
