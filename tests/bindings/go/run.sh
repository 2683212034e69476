#!/bin/sh
# run.sh SOURCE BUILD COMMAND [FOLDER…]: what the tests of the Go binding do. Exit code 77 says that something is missing.
set -eu
source=$1 build=$2 command=$3
shift 3

needed=$(sed -n 's/^go 1\.//p' "$source/bindings/go/go.mod")
skip() { echo "skipped: Go ($*)"; exit 77; }

command -v go >/dev/null || skip "no go on PATH, 1.$needed or later"
command -v pkg-config >/dev/null || skip "no pkg-config"
export GOENV=off GOWORK=off GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-buildvcs=false CGO_ENABLED=1
export GOCACHE="$build/cache" GOPATH="$build/path" PKG_CONFIG_PATH="$build"
minor=$(go env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
[ "${minor:-0}" -ge "$needed" ] || skip "$(go env GOVERSION) on PATH is older than 1.$needed"

# The tool does not look at headers outside of its module: a change there makes it compile anew through this number.
headers=$(cat $(find "$source/capi/include" -name '*.h' | sort) | cksum | cut -d' ' -f1)
export CGO_CFLAGS="-O2 -g -Wall -Wextra -Werror -Wno-unused-parameter -DCRIB_GO_HEADERS=$headers"

generated() {
    command -v swig >/dev/null || skip "no swig for the test of its output"
    rm -rf "$build/swig"
    cp -r "$source/tests/bindings/go/swig" "$build/swig"
    cd "$build/swig"
    swig -go -cgo -intgosize 64 -package cribswig $(pkg-config --cflags crib) -o crib_wrap.c crib.i
    CGO_CFLAGS="-O2 -DCRIB_GO_HEADERS=$headers" go test -count=1 .
}

layout() {
    cd "$source/$1"
    left=$(gofmt -l .)
    [ -z "$left" ] || { echo "gofmt would change: $left"; exit 1; }
    go vet ./...
}

case $command in
test) for folder; do (cd "$source/$folder" && go test -count=1 ./...); done ;;
race) for folder; do (cd "$source/$folder" && go test -race -count=1 ./...); done ;;
vet) for folder; do (layout "$folder"); done ;;
swig) generated ;;
*) echo "run.sh: no such command: $command" >&2; exit 2 ;;
esac
