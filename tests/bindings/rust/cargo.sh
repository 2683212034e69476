#!/bin/sh
# Runs cargo without the network: nothing is needed that is not here. `cargo.sh valgrind …` runs tests under Valgrind.
set -eu
command -v cargo >/dev/null || { echo 'skipped: no cargo'; exit 77; }
command=$1
shift
case $command in
clippy) cargo clippy --version >/dev/null 2>&1 || { echo 'skipped: no clippy'; exit 77; } ;;
fmt) cargo fmt --version >/dev/null 2>&1 || { echo 'skipped: no rustfmt'; exit 77; } ; exec cargo fmt "$@" ;;
valgrind)
    host=$(rustc -vV | sed -n 's/^host: //p' | tr 'a-z-' 'A-Z_')
    leaks=definite,indirect
    export "CARGO_TARGET_${host}_RUNNER=valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=$leaks --errors-for-leak-kinds=$leaks"
    export CRIB_UNDER_VALGRIND=1
    command=test
    ;;
esac
exec cargo "$command" --offline --locked "$@"
