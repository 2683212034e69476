-- What the files of the binding share: the generated core, operations that raise, objects and options.

if _VERSION == "Lua 5.1" and not rawget(_G, "jit") or _VERSION == "Lua 5.2" then
  error("crib needs Lua 5.3 or later, or LuaJIT: in " .. _VERSION .. " a task cannot wait inside pcall", 0)
end

local swig_type, swig_equals = rawget(_G, "swig_type"), rawget(_G, "swig_equals")
local core = require "crib.core"
rawset(_G, "swig_type", swig_type) -- the core of SWIG sets globals
rawset(_G, "swig_equals", swig_equals)

local internal = { core = core }

local error, pcall, select, tostring, type = error, pcall, select, tostring, type

-- 64-bit integers that a number of LuaJIT cannot hold.
local int64, halves
local found, ffi = pcall(require, "ffi")
if found and rawget(_G, "jit") then
  local int64_t, bit = ffi.typeof "int64_t", require "bit"
  function int64(high, low)
    return int64_t(high) * int64_t(4294967296) + int64_t(low)
  end
  function halves(value)
    if ffi.istype(int64_t, value) or ffi.istype("uint64_t", value) then
      value = ffi.cast(int64_t, value)
      return tonumber(bit.arshift(value, 32)), tonumber(bit.band(value, int64_t(4294967295)))
    end
  end
end

local task_end = core.task_end
internal.errors, internal.kinds = core.setup {
  entry = function(f, ...)
    return task_end(pcall(f, ...))
  end,
  int64 = int64,
  halves = halves,
  folder = debug and debug.getinfo(1, "S").source:match "^(.*[/\\])internal%.lua$",
}

-- Operations, by how many arguments they have. In Lua 5.4 they raise by themselves; in LuaJIT the first result says that
-- the outcome has to be asked for.
if core.raises then
  local function same(f)
    return f
  end
  internal.waits = { [0] = same, same, same, same, many = same }
else
  local outcome = core.outcome
  local function later(late, ...)
    if late then
      return outcome()
    end
    return ...
  end
  internal.waits = {
    [0] = function(f)
      return function()
        local late, value = f()
        if late then
          return outcome()
        end
        return value
      end
    end,
    function(f)
      return function(a)
        local late, value = f(a)
        if late then
          return outcome()
        end
        return value
      end
    end,
    function(f)
      return function(a, b)
        local late, value = f(a, b)
        if late then
          return outcome()
        end
        return value
      end
    end,
    function(f)
      return function(a, b, c)
        local late, value = f(a, b, c)
        if late then
          return outcome()
        end
        return value
      end
    end,
    many = function(f)
      return function(...)
        return later(f(...))
      end
    end,
  }
end

--- Gives the objects of a kind their methods, and fields that are computed.
---@param kind string
---@param methods table
---@param getters? table
---@param setters? table
function internal.object(kind, methods, getters, setters)
  local metatable = internal.kinds[kind]
  metatable.__metatable = "crib." .. kind
  metatable.__name = "crib." .. kind
  if not getters then
    metatable.__index = methods
    return
  end
  function metatable.__index(object, key)
    local method = methods[key]
    if method then
      return method
    end
    local getter = getters[key]
    if getter then
      return getter(object)
    end
    error("crib: a " .. kind .. " has no '" .. tostring(key) .. "'", 2)
  end
  function metatable.__newindex(object, key, value)
    local setter = setters and setters[key]
    if not setter then
      error("crib: '" .. tostring(key) .. "' of a " .. kind .. " cannot be set", 2)
    end
    setter(object, value)
  end
end

--- Checks the options of a function: a table with known names, or nil.
---@param where string the function
---@param options table?
---@param known table<string, string> the type of each
function internal.options(where, options, known)
  if options == nil then
    return {}
  end
  if type(options) ~= "table" then
    error("crib: " .. where .. ": options must be a table, not " .. type(options), 3)
  end
  for name, value in pairs(options) do
    local wanted = known[name]
    if not wanted then
      error("crib: " .. where .. ": there is no option '" .. tostring(name) .. "'", 3)
    end
    local fits = wanted:find(type(value), 1, true)
    if wanted == "whole number" then
      fits = type(value) == "number" and value >= 0 and value % 1 == 0 and value < math.huge
    end
    if not fits then
      error("crib: " .. where .. ": option '" .. name .. "' must be a " .. wanted .. ", not " .. tostring(value), 3)
    end
  end
  return options
end

--- One of several words, as its number.
function internal.word(where, what, value, words)
  if value == nil then
    return 0
  end
  local number = type(value) == "number" and value or words[value]
  if not number then
    error("crib: " .. where .. ": no " .. what .. " is called '" .. tostring(value) .. "'", 3)
  end
  return number
end

--- Refuses what is no function.
function internal.callable(where, f)
  local metatable = type(f) ~= "function" and getmetatable(f)
  if type(f) ~= "function" and not (type(metatable) == "table" and metatable.__call) then
    error("crib: " .. where .. ": 'f' must be a function, not " .. type(f), 3)
  end
end

internal.pack = table.pack or function(...)
  return { n = select("#", ...), ... }
end
internal.unpack = table.unpack or unpack

return internal
