#!/bin/sh
# run.sh SOURCE BUILD COMMAND [FOLDER…]: what the tests of the Go binding do. Exit code 77 says that something is missing.
set -eu
source=$1 build=$2 command=$3
shift 3

# run.sh SOURCE BUILD scenario NUMBER|--list: the runner of the scenarios, which is built when it is older than its sources.
scenarios=$build/scenarios told="$source/tests/conformance/scenarios/go"
if [ "$command" = scenario ] && [ -x "$scenarios" ] && [ -z "$(find "$told" "$source/bindings/go" "$source/capi/include" \
    -newer "$scenarios" -name '*.[gch]*' -print -quit)" ]; then
    exec "$scenarios" "$@"
fi

needed=$(sed -n 's/^go 1\.//p' "$source/bindings/go/go.mod")
skip() { echo "skipped: Go ($*)"; exit 77; }

command -v go >/dev/null || skip "no go on PATH, 1.$needed or later"
command -v pkg-config >/dev/null || skip "no pkg-config"
network_proxy=$(go env GOPROXY)
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
    swig -go -cgo -intgosize 64 -module cribswig -package cribswig $(pkg-config --cflags crib) -o crib_wrap.c \
        "$source/bindings/swig/crib.i"
    CGO_CFLAGS="-O2 -DCRIB_GO_HEADERS=$headers" go test -count=1 "$@" .
}

# Tests in which the tool finds what breaks the rules of cgo at run time; the collector is always at work.
careful() {
    cd "$source/$1"
    GOGC=1 GODEBUG=cgocheck=1 go test -count=1 ./...
}

# Checks at every write, which need Go's library to be compiled once more.
very_careful() {
    cd "$source/$1"
    GOEXPERIMENT=cgocheck2 GOGC=1 go test -count=1 ./...
}

# The tool is fetched from the network when it is not in the build tree yet. Where it cannot be had the test is skipped,
# but not in the checks that a change must pass (CI=true).
staticcheck_version=v0.8.2
read_for_mistakes() {
    tool=$build/tools/$staticcheck_version/staticcheck
    if [ ! -x "$tool" ]; then
        echo "fetching honnef.co/go/tools/cmd/staticcheck@$staticcheck_version from the network"
        (GOPROXY=$network_proxy GOBIN=${tool%/*} go install -modcacherw "honnef.co/go/tools/cmd/staticcheck@$staticcheck_version") || {
            if [ "${CI:-}" = true ]; then exit 1; fi
            skip "no staticcheck $staticcheck_version: it is fetched from the network, once"
        }
    fi
    for folder; do (cd "$source/$folder" && "$tool" ./...); done
}

runner() {
    new=$(mktemp "$build/scenarios.XXXXXX")
    trap 'rm -f "$new"' EXIT
    (cd "$told" && go build -o "$new" .) >&2
    mv "$new" "$scenarios"
    trap - EXIT
    exec "$scenarios" "$@"
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
swig_cost) generated -run '^$' -bench . -benchtime 300ms -count 7 -cpu 1 ;;
careful) for folder; do (careful "$folder"); done ;;
very_careful) for folder; do (very_careful "$folder"); done ;;
staticcheck) read_for_mistakes "$@" ;;
scenario) runner "$@" ;;
*) echo "run.sh: no such command: $command" >&2; exit 2 ;;
esac
