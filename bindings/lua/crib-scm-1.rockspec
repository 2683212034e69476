-- luarocks make, in this folder, with crib installed: pkg-config has to know it, and swig has to be there.
rockspec_format = "3.0"
package = "crib"
version = "scm-1"
source = {
  url = "git+file://../..",
  dir = "bindings/lua",
}
description = {
  summary = "Structured concurrency: tasks, nurseries, cancel scopes and channels",
  detailed = [[
    Tasks are started in nurseries, and do not outlive them; an error in a task reaches the block around it; a timeout or
    a cancel reaches everything inside. Tasks of Lua and fibers of C live in the same nurseries and share channels.]],
  license = "MIT",
}
dependencies = {
  "lua >= 5.1, < 5.5", -- 5.1 means LuaJIT; the module says so
}
external_dependencies = {
  CRIB = { header = "crib.h" },
}
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    CMAKE_PREFIX_PATH = "$(CRIB_DIR)",
    CRIB_LUA_INCDIR = "$(LUA_INCDIR)",
    CRIB_LUA_LUADIR = "$(LUADIR)",
    CRIB_LUA_LIBDIR = "$(LIBDIR)",
  },
}
