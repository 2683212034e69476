// Package bodies has tasks written in C, for the tests: their files cannot use cgo themselves.
package bodies

// #include <stdlib.h>
// #include "bodies.h"
import "C"

import "unsafe"

// The functions.
var (
	Sum       = unsafe.Pointer(C.body_sum)
	Sleep     = unsafe.Pointer(C.body_sleep)
	Fail      = unsafe.Pointer(C.body_fail)
	SendText  = unsafe.Pointer(C.body_send_text)
	Seven     = unsafe.Pointer(C.body_seven)
	Destroyed = unsafe.Pointer(C.body_destroyed)
)

// Counter makes a number of C, which Destroyed counts up.
func Counter() unsafe.Pointer { return C.calloc(1, C.sizeof_int) }

// Count reads it.
func Count(counter unsafe.Pointer) int { return int(*(*C.int)(counter)) }
