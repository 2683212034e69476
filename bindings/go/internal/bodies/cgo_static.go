//go:build crib_static && !crib_flags

package bodies

// #cgo pkg-config: --static crib-static
import "C"
