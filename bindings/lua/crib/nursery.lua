-- Nurseries.
local internal = require "crib.internal"
local core, waits = internal.core, internal.waits
local open, done = core.nursery_open, core.nursery_done
local pcall, type = pcall, type

local M = {}

---@class crib.Nursery
---@field scope crib.Scope its own scope
---@field count integer children
---@field parent_task crib.Task
local Nursery = {
  --- start_soon([name,] f, ...): starts a task. False if there are max_children, else true.
  ---@type fun(self: crib.Nursery, f: function|string, ...): boolean
  start_soon = core.start_soon,
  --- spawn([name,] f, ...): the same; returns the task.
  ---@type fun(self: crib.Nursery, f: function|string, ...): crib.Task
  spawn = core.spawn,
  --- start([name,] f, ...): waits until the task calls crib.started, and returns the value given there.
  ---@type fun(self: crib.Nursery, f: function|string, ...): any
  start = waits.many(core.start),
  --- Waits until it is below max_children.
  ---@type fun(self: crib.Nursery)
  wait_room = waits[1](core.crib_begin_nursery_wait_room),
  --- Waits until it has no children.
  ---@type fun(self: crib.Nursery)
  wait_idle = waits[1](core.crib_begin_nursery_wait_idle),
}

local start = Nursery.start
local null = core.null

function Nursery:start(...)
  local value = start(self, ...)
  if value == null then
    return nil
  end
  return value
end

--- Cancels everything in it.
---@param reason? string
function Nursery:cancel(reason)
  return core.crib_nursery_cancel(self, reason)
end

--- Whether it takes one more child now.
---@return boolean
function Nursery:admits()
  return core.crib_nursery_admits(self) == 0
end

internal.object("nursery", Nursery, {
  scope = core.crib_nursery_scope,
  count = core.crib_nursery_count,
  parent_task = core.crib_nursery_parent_task,
})

local close = waits[3](core.nursery_close)

local function closed(nursery, ok, ...)
  if ok then
    close(nursery, true, nil)
    return ...
  end
  close(nursery, false, (...))
end

local known = {
  policy = "string or number",
  max_children = "whole number",
  stack_bytes = "whole number",
  drain = "boolean",
  service = "boolean",
  grace = "number",
  on_failure = "function",
}
local policies = {
  all = core.CRIB_POLICY_ALL,
  first_done = core.CRIB_POLICY_FIRST_DONE,
  first_success = core.CRIB_POLICY_FIRST_SUCCESS,
  supervise = core.CRIB_POLICY_SUPERVISE,
}

-- What on_failure raises is raised when the nursery has closed.
local function watched(o, policy, f)
  local nursery, stray
  local on_failure = o.on_failure
  nursery = open(policy, o.max_children or 0, o.stack_bytes or 0, o.drain, o.service, o.grace, function(task, err)
    local ok, raised = pcall(on_failure, task, err)
    if not ok then
      stray = internal.join(stray, raised)
      nursery:cancel "on_failure failed"
    end
  end)
  local results = internal.pack(pcall(f, nursery))
  local ok, err = pcall(close, nursery, results[1], results[2])
  done(nursery)
  if not ok or stray ~= nil then
    if not ok then
      stray = internal.join(err, stray)
    end
    error(stray, 0)
  end
  if results[1] then
    return internal.unpack(results, 2, results.n)
  end
end

--- Calls f(nursery), waits for all children, and returns what f returned or raises what failed.
---@param options? { policy?: string, max_children?: integer, drain?: boolean, service?: boolean, grace?: number, on_failure?: fun(task: crib.Task, err: any), stack_bytes?: integer }
---@param f fun(nursery: crib.Nursery): ...
---@return any ... what f returned
function M.nursery(options, f)
  if f == nil and type(options) ~= "table" then
    options, f = nil, options
  end
  internal.callable("nursery", f)
  if not options then
    local nursery = open(0, 0, 0)
    return closed(nursery, pcall(f, nursery))
  end
  local o = internal.options("nursery", options, known)
  local policy = internal.word("nursery", "policy", o.policy, policies)
  if o.on_failure then
    return watched(o, policy, f)
  end
  local nursery = open(policy, o.max_children or 0, o.stack_bytes or 0, o.drain, o.service, o.grace)
  return closed(nursery, pcall(f, nursery))
end

return M
