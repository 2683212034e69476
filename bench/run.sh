#!/usr/bin/env bash
# Runs the benchmark that `./dev bench` has built. With --peers, the same workloads in other libraries instead, beside
# ours: those that are installed. CRIB_BUILD names another build folder than build/release.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${CRIB_BUILD:-build/release}
bench=$build/bench/crib_bench

if [ "${1:-}" = --peers ]; then
    shift
    exec bench/peers/run.sh "$bench" "$build/bench/peers" "$@"
fi
exec "$bench" "$@"
