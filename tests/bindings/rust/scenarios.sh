#!/bin/sh
# scenarios.sh SOURCE BUILD NUMBER: tells a scenario in Rust. `--list` builds the program first, whatever is there.
set -eu
source=$(realpath "$1") build=$(realpath "$2")
shift 2
export CRIB_LIB_DIR="$build/capi" LD_LIBRARY_PATH="$build/capi" CARGO_TARGET_DIR="$build/cargo"
program=$CARGO_TARGET_DIR/debug/scenarios_rust
if [ "${1:-}" = --list ] || ! [ -x "$program" ]; then
    cd "$source/bindings/rust"
    "$source/tests/bindings/rust/cargo.sh" build --quiet --package crib-scenarios
fi
# A library with the address sanitizer wants it loaded first.
asan=$(ldd "$CRIB_LIB_DIR/libcrib.so" | awk '$1 ~ /^libasan/ { print $3 }')
if [ -n "$asan" ]; then export LD_PRELOAD="$asan"; fi
exec "$program" "$@"
