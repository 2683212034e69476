#!/usr/bin/env bash
# What tasks cost in each language, beside what the language itself has for it: languages.sh <build folder> [--runs N]. A
# language whose toolchain is not installed is left out, and said so. Each round runs every program once, on one core.
#
# A program prints lines "<row><TAB><ns>": switch_2, switch_1000, channel_0, channel_64, spawn_join, and own_… for the same
# by the language's own means, where own_switch may stand for both switches. More rows are shown below these.
set -euo pipefail
build=$(realpath "$1")
shift
cd "$(dirname "$0")/.."
. bench/programs.sh
options_of --languages "$@"
root=$PWD
library=$build/capi
out=$build/bench/languages
mkdir -p "$out"
export LD_LIBRARY_PATH=$library

# --- what there is ---------------------------------------------------------------------------------------------------

# Our own rows: their names here, and what they are called there.
c_rows='yield_2 switch_2 yield_1000 switch_1000 channel_0 channel_0 spawn_join_1 spawn_join'
cpp_rows='cpp_yield_2 switch_2 cpp_channel_0 channel_0'
crib_rows() { # "their name, our name…"
    local pairs=($1) only='' renames='' i
    for ((i = 0; i < ${#pairs[@]}; i += 2)); do
        only+=,${pairs[i]}
        renames+="s/^${pairs[i]}\t/${pairs[i + 1]}\t/;"
    done
    "$build/bench/crib_bench" --json --runs 3 --only "${only#,}" |
        sed -n -e 's/.*"name": "\([^"]*\)".*"median": \([0-9.]*\).*"floor": "switch", "floor_ns": \([0-9.]*\).*/\1\t\2\nfloor\t\3/p' \
            -e t -e 's/.*"name": "\([^"]*\)".*"median": \([0-9.]*\).*/\1\t\2/p' | sed "$renames"
}
add C "crib_rows c_rows"
add C++ "crib_rows cpp_rows"

go_bench() {
    cd "$root/bindings/go"
    CGO_CFLAGS="-O2 -I$root/capi/include -I$build/capi/include" CGO_LDFLAGS="-L$library -lcrib" GOTOOLCHAIN=local \
        GOPROXY=off go build -tags crib_flags -buildvcs=false -o "$out/go_bench" ./bench
}
if ! command -v go >/dev/null; then
    absent Go 'no go on PATH'
elif ! (go_bench); then
    absent Go 'its program did not build'
else
    add Go "$out/go_bench"
fi

if ! command -v cargo >/dev/null; then
    absent Rust 'no cargo on PATH'
elif ! CRIB_LIB_DIR=$library cargo build --quiet --release --offline --manifest-path bench/peers/rust/Cargo.toml \
    --target-dir "$out/rust"; then
    absent Rust 'its program did not build'
else
    add Rust "$out/rust/release/rust_peer"
fi

# The modules that the build folder holds, for the interpreters that there are.
export LUA_PATH="$root/bindings/lua/?.lua;$root/bindings/lua/?/init.lua;;"
lua() { # name interpreter folder
    if ! command -v "$2" >/dev/null; then
        absent "$1" "no $2 on PATH"
    elif ! [ -f "$build/bindings/lua/$3/crib/core.so" ]; then
        absent "$1" 'its module was not built'
    else
        add "$1" "env LUA_CPATH=$build/bindings/lua/$3/?.so $2 bench/lua/bench.lua"
    fi
}
lua 'Lua 5.4' lua5.4 5.4
lua LuaJIT luajit luajit

# --- running ---------------------------------------------------------------------------------------------------------

core=$(taskset -cp $$ | sed 's/.*[:,-] *//')
samples=$(mktemp)
trap 'rm -f "$samples"' EXIT
taskset -cp "$core" $$ >/dev/null
for ((round = 0; round < runs; round++)); do
    for i in "${!names[@]}"; do
        case ${commands[i]} in
            crib_rows*) rows=${commands[i]#crib_rows }; crib_rows "${!rows}" ;;
            *) ${commands[i]} ;;
        esac | sed -n "s/^[a-z_0-9]*\t[0-9.]*$/${names[i]}\t&/p" >>"$samples"
    done
done

echo "ns an operation, medians of $runs runs, one core; the floor is a bare switch in C"
sort -t "$(printf '\t')" -k1,2 -k3,3n "$samples" | awk -F '\t' -v order="$(printf '%s\t' "${names[@]}")" '
    $2 == "floor" { $1 = "floor" }
    !(($1, $2) in n) && $2 !~ /^own_|^floor$/ { rows[$1] = rows[$1] " " $2 }
    { value[$1, $2, ++n[$1, $2]] = $3 }
    function median(who, row,    c) {
        c = n[who, row]
        return c == 0 ? 0 : (value[who, row, int((c + 1) / 2)] + value[who, row, int(c / 2) + 1]) / 2
    }
    function shown(x, form) { return x == 0 ? "-" : sprintf(form, x) }
    function own(who, row) { return row ~ /^switch_/ && !((who, "own_" row) in n) ? "own_switch" : "own_" row }
    function line(who, row,    ns, theirs, limit) {
        ns = median(who, row)
        if (ns == 0) return
        theirs = median(who, own(who, row))
        limit = row == "switch_2" && (who in target) ? sprintf("<= %d%s", target[who], ns > target[who] ? "  missed" : "") : ""
        printf "%-8s %-18s %9.1f %9s %9s %7s   %s\n", who, row, ns, shown(floor ? ns / floor : 0, "%.1f x"),
            shown(theirs, "%.1f"), shown(theirs ? ns / theirs : 0, "%.2f x"), limit
        done[who, row]
    }
    END {
        target["C++"] = 30; target["Go"] = 350; target["Lua 5.4"] = 200; target["LuaJIT"] = 80; target["Rust"] = 80
        floor = median("floor", "floor")
        printf "%-8s %-18s %9s %9s %9s %7s   %s\n", "language", "row", "ns", "to floor", "own way", "to own", "target"
        split("switch_2 switch_1000 channel_0 channel_64 spawn_join", first, " ")
        count = split(order, who, "\t")
        for (i = 1; i < count; i++) {
            for (r = 1; r <= 5; r++) line(who[i], first[r])
            others = split(rows[who[i]], row, " ")
            for (r = 1; r <= others; r++) if (!((who[i], row[r]) in done)) line(who[i], row[r])
        }
    }'
