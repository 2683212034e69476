//go:build !crib_flags && !crib_static

package crib

// The library is found by pkg-config; PKG_CONFIG_PATH says where, if it is not installed in a usual place.

// #cgo pkg-config: crib
import "C"
