#!/bin/sh
# Runs cargo without the network: nothing is needed that is not here. `cargo.sh valgrind …` runs tests under Valgrind,
# `cargo.sh asan …` with a library that has the address sanitizer, which wants to be loaded first.
set -eu
needed=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*/\1/p' Cargo.toml)
skip() { echo "skipped: Rust ($*)"; exit 77; }

command -v cargo >/dev/null || skip "no cargo on PATH, 1.$needed or later"
minor=$(rustc --version | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p')
[ "${minor:-0}" -ge "$needed" ] || skip "$(rustc --version) is older than 1.$needed"
command=$1
shift

with_runner() { # what runs the tests
    host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
    export "CARGO_TARGET_${host}_RUNNER=$*"
    command=test
}

case $command in
clippy) cargo clippy --version >/dev/null 2>&1 || skip "no clippy" ;;
fmt) cargo fmt --version >/dev/null 2>&1 || skip "no rustfmt"; exec cargo fmt "$@" ;;
valgrind)
    leaks=definite,indirect
    with_runner valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=$leaks \
        --errors-for-leak-kinds=$leaks
    export CRIB_UNDER_VALGRIND=1
    ;;
asan)
    asan=$(ldd "$CRIB_LIB_DIR/libcrib.so" | awk '$1 ~ /^libasan/ { print $3 }')
    [ -n "$asan" ] || skip "the sanitizer is not a shared library"
    with_runner env "LD_PRELOAD=$asan"
    ;;
esac
exec cargo "$command" --offline --locked "$@"
