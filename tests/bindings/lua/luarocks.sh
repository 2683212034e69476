#!/bin/sh
# luarocks.sh SOURCE BUILD OUT LUA VERSION INCLUDES: installs crib from BUILD, makes the rock against that for LUA, and runs a
# program with it, and with the module that was installed. Needs no network. Exit code 77 says that something is missing.
set -eu
source=$1 build=$2 out=$3 lua=$4 version=$5 includes=$6

skip() { echo "skipped: $*"; exit 77; }
command -v luarocks >/dev/null || skip "there is no luarocks"
command -v "$lua" >/dev/null || skip "there is no $lua"

rm -rf "$out"
mkdir -p "$out/bindings" "$out/home"
cmake --install "$build" --prefix "$out/crib" >"$out/install.log"
cp -r "$source/bindings/lua" "$source/bindings/swig" "$out/bindings"
PKG_CONFIG_PATH=$(dirname "$(find "$out/crib" -name crib.pc)")
test -f "$out/crib/include/crib_lua.h"
# Nothing but the installed tree is to be found.
export PKG_CONFIG_PATH HOME="$out/home"
unset LUA_PATH LUA_CPATH

cd "$out/bindings/lua"
luarocks make --tree "$out/tree" --lua-version "$version" --deps-mode none \
    "LUA_INCDIR=$includes" "CRIB_DIR=$out/crib" crib-scm-1.rockspec >"$out/make.log" 2>&1 || {
    cat "$out/make.log"
    exit 1
}

# use TREE LIBDIR: runs a program with what is in there.
use() {
    LUA_PATH="$1/share/lua/$version/?.lua;$1/share/lua/$version/?/init.lua" LUA_CPATH="$2/lua/$version/?.so" "$lua" -e '
local crib = require "crib"
local seconds = crib.run({ mock_clock = "auto" }, function()
  local begin = crib.now()
  crib.nursery(function(n) n:start_soon(crib.sleep, 3) end)
  return crib.now() - begin
end)
assert(seconds == 3, seconds)
print(_VERSION, crib.version(), package.searchpath("crib.core", package.cpath))'
}
cd "$out"
use "$out/tree" "$out/tree/lib"
use "$out/crib" "$(dirname "$PKG_CONFIG_PATH")"
