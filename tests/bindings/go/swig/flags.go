package cribswig

// #cgo pkg-config: crib
import "C"
