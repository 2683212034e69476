//go:build crib_flags

package bodies

// #cgo LDFLAGS: -lcrib
import "C"
