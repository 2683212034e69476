//go:build !crib_flags && !crib_static

package bodies

// #cgo pkg-config: crib
import "C"
