// Package direct makes the same calls as the generated package by cgo itself.
package direct

// #cgo pkg-config: crib
// #include <crib.h>
import "C"

// VersionHex is crib_version_hex.
func VersionHex() uint { return uint(C.crib_version_hex()) }

// ErrorCode is crib_error_code.
func ErrorCode(e *C.crib_error) int { return int(C.crib_error_code(e)) }

// Value gives the payload of crib_value_int.
func Value(n int64) uintptr { return uintptr(C.crib_value_int(C.int64_t(n)).p) }
