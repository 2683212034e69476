#!/bin/sh
# Tells a scenario in Lua: run.sh BUILD INTERPRETER NUMBER, or --list. Ends with 77 where the interpreter or the module is
# not there.
here=$(cd "$(dirname "$0")" && pwd)
build=$1 lua=$2
shift 2
command -v "$lua" >/dev/null || exit 77
LUA_PATH="$here/?.lua;$here/../../../../bindings/lua/?.lua;;"
LUA_CPATH="$build/bindings/lua/$lua/?.so;;"
export LUA_PATH LUA_CPATH
"$lua" -e 'if not pcall(require, "crib") then os.exit(77) end' || exit
exec "$lua" "$here/main.lua" "$@"
