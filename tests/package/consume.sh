#!/bin/sh
# consume.sh CASE HERE ROOT LIBDIR OUT: builds the consumer against the tree installed in ROOT, and runs it.
# The cases are ways in which users reach the library. Exit code 77 means that the system lacks what a case needs.
set -eu
case=$1 here=$2 root=$3 libdir=$4 out=$5
cc=${CC:-cc} cxx=${CXX:-c++} cmake=${CMAKE:-cmake}
sources="$here/consumer/main.c $here/consumer/other.c"

rm -rf "$out"
mkdir -p "$out"
export PKG_CONFIG_PATH="$root/$libdir/pkgconfig"

# Compiles with the flags given, runs with the shared library of TREE in reach.
build_and_run() {
    tree=$1
    shift
    # shellcheck disable=SC2086
    (set -x && "$cc" -std=c99 -Wall -Wextra -Werror $sources -o "$out/consumer" "$@")
    LD_LIBRARY_PATH="$tree/$libdir" "$out/consumer"
}

build_and_run_cpp() {
    (set -x && "$cxx" -std=c++20 -Wall -Wextra -Werror "$here"/consumer/cpp/*.cpp -o "$out/consumer" "$@")
    LD_LIBRARY_PATH="$root/$libdir" "$out/consumer"
}

flags() { pkg-config --cflags --libs "$@"; }

# refuse WHAT TEXT: fails when the text has a match.
refuse() {
    if printf '%s\n' "$2" | grep -E -- "$1"; then
        echo "consume.sh: $case: the above should not be there" >&2
        exit 1
    fi
}

needed() { readelf -d "$out/consumer" | grep NEEDED; }

# Configures and builds the project in the folder.
with_cmake() {
    project=$1
    shift
    "$cmake" -G Ninja -S "$here/$project" -B "$out/build" -DCMAKE_PREFIX_PATH="$root" -DCMAKE_C_COMPILER="$cc" \
        -DCMAKE_CXX_COMPILER="$cxx" "$@"
    "$cmake" --build "$out/build"
    LD_LIBRARY_PATH="$root/$libdir" "$out/build/consumer"
}

# A user's program in Go and, beside it, the module alone. Nothing comes from the network; Go's own library is compiled
# in the cache that the tests of the binding fill too.
with_go() {
    command -v go >/dev/null || { echo "skipped: Go (no go on PATH)" && exit 77; }
    export GOENV=off GOWORK=off GOTOOLCHAIN=local GOPROXY=off GOSUMDB=off CGO_ENABLED=1
    export GOFLAGS="-modcacherw -buildvcs=false" GOCACHE="$out/../../bindings/go/cache" GOPATH="$out/path"
    # The tool does not look at headers outside of the module: others make it compile anew through this number.
    CGO_CFLAGS="-O2 -g -DCRIB_GO_HEADERS=$(cat "$root"/include/crib/*.h | cksum | cut -d' ' -f1)"
    export CGO_CFLAGS
    there=$(go env GOVERSION) needed=$(sed -n 's/^go //p' "$here/consumer/go/go.mod")
    oldest=$(printf '%s\n' "$needed" "${there#go}" | sort -V | head -1)
    [ "$oldest" = "$needed" ] || { echo "skipped: Go ($there on PATH is older than $needed)" && exit 77; }
    cp -R "$here/../../bindings/go" "$out/module"
    cp -R "$here/consumer/go" "$out/user"
    cd "$out/user"
}

# Builds from the copies that the program keeps of what it needs, and from nothing else.
build_and_run_go() {
    go mod vendor
    mv "$out/module" "$out/gone"
    (set -x && go build -mod=vendor -o "$out/consumer" "$@" .)
    LD_LIBRARY_PATH="$root/$libdir" "$out/consumer"
}

# Gives the module an address, and lays it out as the place does where `go get` looks for that.
publish() {
    address=$1 place=$2 version=v0.1.0
    grep -rl libcrib/crib "$out/module" "$out/user" | xargs sed -i "s|libcrib/crib|$address|g"
    mkdir -p "$place/$address/@v"
    mv "$out/module" "$out/$version"
    mkdir -p "$out/zipped/${address%/*}"
    mv "$out/$version" "$out/zipped/$address@$version"
    cp "$out/zipped/$address@$version/go.mod" "$place/$address/@v/$version.mod"
    echo "$version" >"$place/$address/@v/list"
    echo "{\"Version\":\"$version\"}" >"$place/$address/@v/$version.info"
    (cd "$out/zipped" && "${PYTHON:-python3}" -c 'import pathlib, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as archive:
    for path in sorted(pathlib.Path(".").rglob("*")):
        if path.is_file():
            archive.write(path)' "$place/$address/@v/$version.zip")
}

# The crates as they would be published, in a place where cargo looks for them instead of in the registry.
build_and_run_rust() {
    command -v cargo >/dev/null || exit 77
    minor=$(cargo --version | sed -n 's/^cargo 1\.\([0-9]*\).*/\1/p')
    [ "${minor:-0}" -ge 90 ] || exit 77 # before that, no two crates that need each other could be packaged
    unset CRIB_LIB_DIR CRIB_INCLUDE_DIR CARGO_TARGET_DIR
    (cd "$here/../../bindings/rust" &&
        cargo package --quiet --offline --no-verify --allow-dirty -p crib-sys -p crib --target-dir "$out/packages")
    mkdir -p "$out/vendor" "$out/user/.cargo"
    for crate in "$out"/packages/package/*.crate; do
        tar -xzf "$crate" -C "$out/vendor"
        echo '{"files":{}}' >"$out/vendor/$(basename "$crate" .crate)/.cargo-checksum.json"
    done
    cp -R "$here/consumer/rust/." "$out/user"
    printf '[source.crates-io]\nreplace-with = "vendor"\n[source.vendor]\ndirectory = "%s"\n' "$out/vendor" \
        >"$out/user/.cargo/config.toml"
    (set -x && cd "$out/user" && cargo build --offline --target-dir "$out/target")
    cp "$out/target/debug/consumer" "$out/consumer"
    LD_LIBRARY_PATH="$root/$libdir" "$out/consumer"
}

need_static_libuv() { pkg-config --exists libuv-static || exit 77; }

# shellcheck disable=SC2046
case $case in
shared)
    build_and_run "$root" $(flags crib)
    ;;
static)
    need_static_libuv
    build_and_run "$root" $(flags --static crib-static)
    refuse 'crib|libuv|stdc|libgcc' "$(needed)"
    ;;
fully_static)
    need_static_libuv
    build_and_run "$root" -static $(flags --static crib-static)
    ;;
plain_cc)
    build_and_run "$root" -I"$root/include" "$root/$libdir/libcrib.a" -luv
    refuse 'crib|stdc|libgcc' "$(needed)"
    ;;
cmake_shared)
    with_cmake consumer -DCRIB_COMPONENT=shared -DCRIB_LINK=crib::crib
    ;;
cmake_static)
    with_cmake consumer -DCRIB_COMPONENT=static -DCRIB_LINK=crib::static
    ;;
cpp_shared)
    build_and_run_cpp $(flags crib)
    ;;
cpp_static)
    need_static_libuv
    build_and_run_cpp $(flags --static crib-static)
    ;;
cpp_cmake)
    with_cmake consumer/cpp -DCRIB_COMPONENT=shared -DCRIB_LINK=crib::crib
    ;;
go_vendor)
    with_go
    go mod edit -require libcrib/crib@v0.0.0 -replace libcrib/crib=../module
    build_and_run_go
    ;;
go_get)
    command -v "${PYTHON:-python3}" >/dev/null || exit 77
    with_go
    publish crib.test/bindings/go "$out/place"
    (set -x && GOPROXY="file://$out/place" go get crib.test/bindings/go@latest)
    mkdir "$out/module"
    GOPROXY="file://$out/place" build_and_run_go
    ;;
go_static)
    need_static_libuv
    with_go
    go mod edit -require libcrib/crib@v0.0.0 -replace libcrib/crib=../module
    build_and_run_go -tags crib_static
    refuse 'crib|libuv|stdc|libgcc' "$(needed)"
    ;;
rust_shared)
    build_and_run_rust
    ;;
rust_static)
    need_static_libuv
    export CRIB_STATIC=1
    build_and_run_rust
    refuse 'crib|stdc' "$(needed)"
    ;;
moved)
    cp -R "$root" "$out/elsewhere"
    export PKG_CONFIG_PATH="$out/elsewhere/$libdir/pkgconfig"
    refuse "$root/" "$(flags crib)"
    build_and_run "$out/elsewhere" $(flags crib)
    ;;
sysroot)
    # A cross compiler's view: everything lies under one folder, and pkg-config puts its path in front.
    mkdir -p "$out/sysroot"
    cp -R "$root" "$out/sysroot/usr"
    cp "$(pkg-config --variable=pcfiledir libuv)/libuv.pc" "$out/sysroot/usr/$libdir/pkgconfig/"
    unset PKG_CONFIG_PATH
    export PKG_CONFIG_SYSROOT_DIR="$out/sysroot" PKG_CONFIG_LIBDIR="$out/sysroot/usr/$libdir/pkgconfig"
    refuse "$out/sysroot$out" "$(flags crib)"
    build_and_run "$out/sysroot/usr" $(flags crib)
    ;;
*)
    echo "consume.sh: no such case: $case" >&2
    exit 2
    ;;
esac
