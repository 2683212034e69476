//go:build crib_flags

package crib

// With the tag crib_flags pkg-config is not asked: CGO_CFLAGS and CGO_LDFLAGS say where headers and library are.

// #cgo LDFLAGS: -lcrib
import "C"
