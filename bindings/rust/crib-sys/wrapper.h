/* What the bindings are made from: everything public that a Rust program can call. */
#include <crib.h>
#include <crib/uv.h>
