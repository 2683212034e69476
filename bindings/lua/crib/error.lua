-- Errors: what they look like in Lua, and pcall that lets Cancelled pass.
local internal = require "crib.internal"
local core = internal.core

local M = {}

for _, name in ipairs {
  "ECANCELLED", "EMISUSE", "EWOULDBLOCK", "EENDOFCHANNEL", "EBROKEN", "ECLOSED", "EBUSY", "ETOOSLOW", "EOPCANCELLED",
  "EDEADLOCK", "EINTERRUPTED", "ERUNFINISHED", "EFOREIGN", "ENOTSTARTED", "ENURSERYCANCELLED",
} do
  M[name] = core["CRIB_" .. name]
end

local Cancelled, Group, Error = internal.errors.cancelled, internal.errors.group, internal.errors.error
for name, metatable in pairs { Cancelled = Cancelled, Group = Group, Error = Error } do
  metatable.__name = "crib." .. name
end
Cancelled.__index = { code = M.ECANCELLED, name = "CRIB_ECANCELLED" }

function Cancelled.__tostring(err)
  if not err.source then
    return "crib: " .. (err.message or "cancelled")
  end
  local text = "crib: cancelled (" .. err.source
  if err.reason and err.reason ~= "" and err.reason ~= err.source then
    text = text .. ": " .. err.reason
  end
  return text .. ")"
end

function Error.__tostring(err)
  local text = "crib: " .. tostring(err.message)
  if err.cause ~= nil then
    text = text .. " (while handling: " .. tostring(err.cause) .. ")"
  end
  return text
end

function Group.__tostring(err)
  local lines = { #err.errors == 1 and "1 error:" or #err.errors .. " errors:" }
  for _, one in ipairs(err.errors) do
    lines[#lines + 1] = "  - " .. tostring(one):gsub("\n", "\n    ")
  end
  return table.concat(lines, "\n")
end

--- Whether it is a group of errors, with a list `errors`.
---@param err any
---@return boolean
function M.is_group(err)
  return type(err) == "table" and getmetatable(err) == Group
end

--- Whether it is Cancelled, or a group with a Cancelled in it: to be let pass.
---@param err any
---@return boolean
function M.is_cancelled(err)
  if type(err) ~= "table" then
    return false
  end
  local metatable = getmetatable(err)
  if metatable == Cancelled then
    return true
  end
  if metatable == Group then
    for _, one in ipairs(err.errors) do
      if M.is_cancelled(one) then
        return true
      end
    end
  end
  return false
end

local function leaves(err, list)
  if M.is_group(err) then
    for _, one in ipairs(err.errors) do
      leaves(one, list)
    end
  else
    list[#list + 1] = err
  end
  return list
end

--- Iterates over the errors of a group and of those in it; over `err` itself if it is none.
---@param err any
---@return fun(): any
function M.leaves(err)
  local list, i = leaves(err, {}), 0
  return function()
    i = i + 1
    return list[i]
  end
end

--- The first error of the library with a code, in groups and causes too.
---@param err any
---@param code integer
---@return any err or nil
function M.find(err, code)
  for one in M.leaves(err) do
    while type(one) == "table" do
      if rawget(one, "code") == code or getmetatable(one) == Cancelled and code == M.ECANCELLED then
        return one
      end
      one = rawget(one, "cause")
      if M.is_group(one) then
        one = M.find(one, code)
      end
    end
  end
end

--- Makes an error with a code; codes of one's own are below -1,000,000.
---@param code integer
---@param message? string
---@return table
function M.error(code, message)
  return core.failure(code, message)
end

local is_cancelled = M.is_cancelled

local function passed(ok, ...)
  if not ok and is_cancelled((...)) then
    error((...), 0)
  end
  return ok, ...
end

--- As pcall, but Cancelled goes on.
---@param f function
---@return boolean ok, any ...
function M.pcall(f, ...)
  return passed(pcall(f, ...))
end

--- As xpcall, but Cancelled goes on, and is not shown to the handler.
---@param f function
---@param handler fun(err: any): any
---@return boolean ok, any ...
function M.xpcall(f, handler, ...)
  return passed(xpcall(f, function(err)
    if is_cancelled(err) then
      return err
    end
    return handler(err)
  end, ...))
end

--- Joins errors into one, nil being none.
function internal.join(a, b)
  if a == nil or b == nil then
    if a == nil then
      return b
    end
    return a
  end
  return setmetatable({ errors = { a, b } }, Group)
end

return M
