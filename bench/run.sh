#!/usr/bin/env bash
# Runs the benchmark that `./dev bench` has built, and without options our languages beside it. With --languages these
# alone; with --peers, the same workloads in other libraries, beside ours: those that are installed. CRIB_BUILD names
# another build folder than build/release.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${CRIB_BUILD:-build/release}
bench=$build/bench/crib_bench

if [ "${1:-}" = --peers ]; then
    shift
    exec bench/peers/run.sh "$bench" "$build/bench/peers" "$@"
fi
if [ "${1:-}" = --languages ]; then
    shift
    exec bench/languages.sh "$build" "$@"
fi
if [ $# -gt 0 ]; then exec "$bench" "$@"; fi
"$bench"
echo
exec bench/languages.sh "$build"
