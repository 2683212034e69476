#!/usr/bin/env bash
# Our workloads in other libraries: run.sh <crib_bench> <build folder> [--runs N]. A peer whose tools are not installed
# is left out, and said so. Each round runs every program once, so that all see the same machine.
set -euo pipefail
bench=$(realpath "$1")
mkdir -p "$2"
out=$(realpath "$2")
shift 2
cd "$(dirname "$0")"
export PYTHONDONTWRITEBYTECODE=1

. ../programs.sh
options_of --peers "$@"
has_header() { echo "#include <$1>" | "${CXX:-c++}" -x c++ -E - >/dev/null 2>&1; }

# --- what there is ---------------------------------------------------------------------------------------------------

rows=yield_2,yield_10000,spawn_,scope_ready,channel_,lock_8,select_2
add crib "$bench --json --runs 1 --only $rows"

if ! has_header boost/fiber/all.hpp; then
    absent Boost.Fiber 'needs libboost-fiber-dev'
else
    "${CXX:-c++}" -std=c++17 -O2 -DNDEBUG boost_fiber/peer.cpp -o "$out/boost_fiber" -lboost_fiber -lboost_context
    add Boost.Fiber "$out/boost_fiber"
fi

if ! command -v go >/dev/null; then
    absent Go 'needs go'
else
    (cd go && go build -o "$out/go" peer.go)
    add Go "$out/go"
fi

if ! command -v cargo >/dev/null; then
    absent tokio 'needs cargo'
elif ! cargo build --quiet --release --manifest-path tokio/Cargo.toml --target-dir "$out/tokio"; then
    absent tokio 'did not build'
else
    add tokio "$out/tokio/release/tokio_peer"
fi

# Our own binding for Rust. Without `peers` it prints the rows for the table of languages.
if ! command -v cargo >/dev/null; then
    absent 'crib for Rust' 'needs cargo'
elif ! CRIB_LIB_DIR=$(dirname "$bench")/../capi cargo build --quiet --release --offline --manifest-path rust/Cargo.toml \
    --target-dir "$out/rust"; then
    absent 'crib for Rust' 'did not build'
else
    add crib.rs "env LD_LIBRARY_PATH=$(dirname "$bench")/../capi $out/rust/release/rust_peer peers"
fi

python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null; then
    absent asyncio 'needs python3'
else
    add asyncio "$python python/asyncio_peer.py"
    if "$python" -c 'import trio' 2>/dev/null; then
        add Trio "$python python/trio_peer.py"
    else
        absent Trio 'needs the Python package trio; PYTHON names the interpreter that has it'
    fi
fi

# --- running ---------------------------------------------------------------------------------------------------------

# Every program prints lines "<workload> <ns>", crib_bench lines of JSON.
lines() { sed -n -e 's/.*"name": "\([^"]*\)".*"median": \([0-9.-]*\).*/\1 \2/p' -e '/^[a-z_0-9]* [0-9.-]*$/p'; }

core=$(taskset -cp $$ | sed 's/.*[:,-] *//')
samples=$(mktemp)
trap 'rm -f "$samples"' EXIT
for ((round = 0; round < runs; round++)); do
    for i in "${!names[@]}"; do
        taskset -c "$core" ${commands[i]} | lines | sed "s/^/${names[i]} /" >>"$samples"
    done
done

echo "CPU time in ns an operation, medians of $runs runs, one core"
sort -k1,2 -k3,3n "$samples" | awk -v order="${names[*]}" '
    { n[$1, $2]++; value[$1, $2, n[$1, $2]] = $3; seen[$2] = 1 }
    function median(peer, row,    c) {
        c = n[peer, row]
        return c == 0 ? "-" : sprintf("%.1f", (value[peer, row, int((c + 1) / 2)] + value[peer, row, int(c / 2) + 1]) / 2)
    }
    END {
        count = split(order, peers, " ")
        printf "%-18s", "workload"
        for (i = 1; i <= count; i++) printf " %11s", peers[i]
        print ""
        rows = split("yield_2 yield_10000 spawn_join_1 spawn_join_open spawn_1000 spawn_1000_yield spawn_1000_alive " \
                     "scope_ready channel_0 channel_128 channel_8_to_1 lock_8 select_2", row, " ")
        for (r = 1; r <= rows; r++) {
            if (!(row[r] in seen)) continue
            printf "%-18s", row[r]
            for (i = 1; i <= count; i++) printf " %11s", median(peers[i], row[r])
            print ""
        }
    }'
