#!/bin/sh
# Tells a scenario in Lua: run.sh BUILD INTERPRETER NUMBER, or --list. Ends with 77 where the interpreter or the module is
# not there.
here=$(cd "$(dirname "$0")" && pwd)
build=$1 lua=$2
shift 2
if ! command -v "$lua" >/dev/null; then
    echo "there is no $lua here"
    exit 77
fi
binding=$(cd "$here/../../../../bindings/lua" && pwd)
case $lua in
    lua5.4) folder=5.4 ;;
    *) folder=$lua ;;
esac
LUA_PATH="$here/?.lua;$binding/?.lua;$binding/?/init.lua;;"
LUA_CPATH="$build/bindings/lua/$folder/?.so;;"
export LUA_PATH LUA_CPATH
if ! "$lua" -e 'require "crib"' 2>/dev/null; then
    echo "the module for $lua is not built"
    exit 77
fi
exec "$lua" "$here/main.lua" "$@"
