-- Scopes: functions that run in one, and what can be asked of it.
local internal = require "crib.internal"
local core = internal.core
local open, close, fields = core.scope_open, core.scope_close, core.scope_fields
local pcall, select, type = pcall, select, type

local M = {}

---@class crib.Scope
---@field deadline number can be set
---@field effective_deadline number the earliest of it and those around it
---@field shield boolean can be set
---@field cancel_called boolean it was cancelled itself
---@field cancelled_caught boolean it has absorbed a cancel
---@field source string? who cancelled it
---@field reason string?
---@field state "open"|"soft"|"cancelled"|"closed"
---@field remaining_grace number
local Scope = {}

--- Cancels everything in it, for good.
---@param reason? string
function Scope:cancel(reason)
  return core.crib_scope_cancel(self, reason)
end

local soft = { mode = "string or number", grace = "number", reason = "string" }
local modes = { drain = core.CRIB_SOFT_DRAIN, interrupt = core.CRIB_SOFT_INTERRUPT }

--- Asks everything in it to end, and cancels what is left after the grace.
---@param options? { mode?: "drain"|"interrupt", grace?: number, reason?: string }
function Scope:cancel_soft(options)
  options = internal.options("cancel_soft", options, soft)
  local mode = internal.word("cancel_soft", "mode", options.mode, modes)
  return core.crib_scope_cancel_soft(self, mode, options.grace or math.huge, options.reason)
end

--- Cancels `other` when this one is cancelled.
---@param other crib.Scope
function Scope:link(other)
  return core.crib_scope_link(self, other)
end

--- Cancels this scope when the token is triggered.
---@param token crib.Token
function Scope:link_token(token)
  return core.crib_scope_link_token(self, token)
end

--- A token that is triggered when this scope is cancelled.
---@param name? string
---@return crib.Token
function Scope:token(name)
  return core.crib_token_of_scope(self, name)
end

--- Calls f once, outside of tasks, when it is cancelled; f may not wait.
---@param f function
function Scope:on_cancel(f)
  internal.callable("on_cancel", f)
  return core.crib_scope_on_cancel(self, function()
    local ok, err = pcall(f)
    if not ok then
      io.stderr:write("crib: on_cancel: ", tostring(err), "\n")
    end
  end)
end

local sources, states = {}, { [0] = "open", "soft", "cancelled", "closed" }
for source = 1, 8 do
  sources[source] = core.crib_source_name(source)
end

internal.object("scope", Scope, {
  deadline = core.crib_scope_deadline,
  effective_deadline = core.crib_scope_effective_deadline,
  shield = function(scope)
    return (select(6, fields(scope)))
  end,
  cancel_called = function(scope)
    local closed, _, called = fields(scope)
    if closed then
      return called
    end
    return core.crib_scope_cancel_called(scope)
  end,
  cancelled_caught = function(scope)
    return (select(2, fields(scope)))
  end,
  source = function(scope)
    local closed, _, _, source = fields(scope)
    if closed then
      return source
    end
    return sources[core.crib_scope_source(scope)]
  end,
  reason = function(scope)
    local closed, _, _, _, reason = fields(scope)
    if closed then
      return reason
    end
    return core.crib_scope_reason(scope)
  end,
  state = function(scope)
    return states[core.crib_scope_state(scope)]
  end,
  remaining_grace = core.crib_scope_remaining_grace,
}, {
  deadline = core.crib_scope_set_deadline,
  shield = core.scope_shield,
})

local function silent(scope, ok, ...)
  if ok then
    close(scope, true)
    return scope, ...
  end
  close(scope, false, (...))
  return scope
end

local function loud(scope, ok, ...)
  if ok then
    close(scope, true)
    return ...
  end
  close(scope, false, (...))
end

local function checked(where, time, f)
  if type(time) ~= "number" then
    error("crib: " .. where .. ": a number of seconds is needed, not " .. type(time), 3)
  end
  internal.callable(where, f)
end

local callable = internal.callable
local FAIL, GRACEFUL, FULL = 1, 2, 1
local known = {
  timeout = "number",
  deadline = "number",
  grace = "number",
  shield = "boolean or string",
  graceful = "boolean",
  fail = "boolean",
}
local shields = { [false] = 0, [true] = 1, full = 1, soft = 2 }

--- Calls f(scope) in a scope of its own.
---@param options? { timeout?: number, deadline?: number, grace?: number, shield?: boolean|"soft", graceful?: boolean, fail?: boolean }
---@param f fun(scope: crib.Scope): ...
---@return crib.Scope scope, any ... what f returned
function M.scope(options, f)
  if f == nil and type(options) ~= "table" then
    options, f = nil, options
  end
  callable("scope", f)
  local o = internal.options("scope", options, known)
  local flags = (o.fail and FAIL or 0) + (o.graceful and GRACEFUL or 0)
  local shield = o.shield ~= nil and internal.word("scope", "shield", o.shield, shields) or 0
  local scope = open(o.timeout, o.deadline, flags, shield, o.grace)
  return silent(scope, pcall(f, scope))
end

--- Calls f(scope), which ends silently after so many seconds.
---@param seconds number
---@param f fun(scope: crib.Scope): ...
---@return crib.Scope scope, any ... what f returned
function M.move_on_after(seconds, f)
  checked("move_on_after", seconds, f)
  local scope = open(seconds, nil, 0, 0)
  return silent(scope, pcall(f, scope))
end

--- Calls f(scope), which ends silently at a time.
---@param time number
---@param f fun(scope: crib.Scope): ...
---@return crib.Scope scope, any ... what f returned
function M.move_on_at(time, f)
  checked("move_on_at", time, f)
  local scope = open(nil, time, 0, 0)
  return silent(scope, pcall(f, scope))
end

--- Calls f(scope), and raises CRIB_ETOOSLOW if it takes longer than so many seconds.
---@param seconds number
---@param f fun(scope: crib.Scope): ...
---@return any ... what f returned
function M.fail_after(seconds, f)
  checked("fail_after", seconds, f)
  local scope = open(seconds, nil, FAIL, 0)
  return loud(scope, pcall(f, scope))
end

--- Calls f(scope), and raises CRIB_ETOOSLOW if it is not done at a time.
---@param time number
---@param f fun(scope: crib.Scope): ...
---@return any ... what f returned
function M.fail_at(time, f)
  checked("fail_at", time, f)
  local scope = open(nil, time, FAIL, 0)
  return loud(scope, pcall(f, scope))
end

--- Calls f(scope), where no cancel from outside reaches it.
---@param f fun(scope: crib.Scope): ...
---@return any ... what f returned
function M.shielded(f)
  callable("shielded", f)
  local scope = open(nil, nil, 0, FULL)
  return loud(scope, pcall(f, scope))
end

--- Calls f(scope), which a soft cancel ends at once.
---@param f fun(scope: crib.Scope): ...
---@return crib.Scope scope, any ... what f returned
function M.graceful(f)
  callable("graceful", f)
  local scope = open(nil, nil, GRACEFUL, 0)
  return silent(scope, pcall(f, scope))
end

--- Lets others run, whatever is cancelled.
function M.cancel_shielded_checkpoint()
  local scope = open(nil, nil, 0, FULL)
  loud(scope, pcall(require("crib.task").checkpoint))
end

--- The earliest deadline in force; math.huge if there is none, -math.huge if the task is cancelled already.
---@type fun(): number
M.current_effective_deadline = core.crib_current_effective_deadline

return M
