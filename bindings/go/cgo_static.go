//go:build crib_static && !crib_flags

package crib

// With the tag crib_static the library and libuv are linked in.

// #cgo pkg-config: --static crib-static
import "C"
