-- Tasks: sleeping, checkpoints, handles, locals, generators.
local internal = require "crib.internal"
local core, waits = internal.core, internal.waits

local M = {}

M.null = core.null

--- Lets others run, and raises Cancelled if the task is cancelled.
M.checkpoint = waits[0](core.crib_begin_checkpoint)

--- Raises Cancelled if the task is cancelled; lets nobody run.
M.checkpoint_if_cancelled = core.crib_checkpoint_if_cancelled

--- Waits for at least so many seconds; 0 is a checkpoint.
---@type fun(seconds: number)
M.sleep = waits[1](core.crib_begin_sleep)

--- Waits until an absolute time.
---@type fun(time: number)
M.sleep_until = waits[1](core.crib_begin_sleep_until)

--- Waits until it is cancelled.
function M.sleep_forever()
  return M.sleep(math.huge)
end

--- The time of the run, in seconds.
---@type fun(): number
M.now = core.crib_now

--- The task that runs; nil outside of tasks.
---@type fun(): crib.Task?
M.current_task = core.crib_task_current

--- Whether the caller is inside a task.
---@type fun(): boolean
M.in_task = core.crib_in_task

local started = core.crib_task_started

--- In a function begun by nursery:start: says that it is ready, which ends the start.
---@param value? any given to the caller of start
function M.started(value)
  if value == nil then
    value = core.null
  end
  return started(value)
end

--- Waits until nobody can run; for tests.
---@param cushion? number seconds
---@type fun(cushion?: number)
M.wait_all_tasks_blocked = (function(f)
  return function(cushion)
    return f(cushion or 0)
  end
end)(waits[1](core.crib_begin_wait_all_tasks_blocked))

--- Moves the mock clock.
---@type fun(seconds: number)
M.clock_jump = core.crib_clock_jump

---@class crib.Task
---@field name string
---@field state "new"|"ready"|"running"|"waiting"|"ended"
---@field nursery crib.Nursery?
local Task = {}

local states = { [0] = "new", "ready", "running", "waiting", "ended" }
local task_result, failure = core.task_result, core.failure
local results = setmetatable({}, { __mode = "k" }) -- of those that were joined, for the next who joins

--- Waits until it has ended.
Task.wait = waits[1](core.crib_begin_task_wait)

local wait = Task.wait

--- Cancels it alone; its nursery does not fail.
---@param reason? string
function Task:cancel(reason)
  return core.crib_task_cancel(self, reason)
end

local function joined(task, code, ...)
  if code < 0 then
    local err = ...
    if err == nil then
      err = failure(code == core.CRIB_ECANCELLED and core.UV_ECANCELED or code)
    end
    results[task] = internal.pack(code, err)
    error(err, 0)
  end
  if select("#", ...) > 0 and not results[task] then
    results[task] = internal.pack(code, ...) -- C gives them once
  end
  return ...
end

--- Waits until it has ended, and returns its results or raises what it failed with.
function Task:join()
  wait(self)
  local known = results[self]
  if known then
    return joined(self, internal.unpack(known, 1, known.n))
  end
  return joined(self, task_result(self))
end

internal.object("task", Task, {
  name = core.crib_task_name,
  state = function(task)
    return states[core.crib_task_state(task)]
  end,
  nursery = core.crib_task_parent_nursery,
}, {
  name = core.crib_task_set_name,
})

---@class crib.Local
local Local = {}
local defaults = setmetatable({}, { __mode = "k" })
local local_get, local_set = core.local_get, core.local_set

--- The value this task sees.
function Local:get()
  local set, value = local_get(self)
  if set then
    return value
  end
  return defaults[self]
end

--- Sets it for this task and those it starts from now on.
Local.set = local_set

internal.object("local", Local)

--- A key for values that tasks inherit from whom they were started by.
---@param default? any
---@return crib.Local
function M.task_local(default)
  local key = core.crib_local_new()
  defaults[key] = default
  return key
end

local enter, leave = core.wrap_enter, core.wrap_leave
local resume, yield = coroutine.resume, coroutine.yield
local step

local function stepped(co, place, ok, ...)
  local waiting = leave(place)
  if not ok then
    error((...), 0)
  end
  if waiting then
    return step(co, place, yield(...)) -- the whole task waits
  end
  return ...
end

function step(co, place, ...)
  enter(co, place)
  return stepped(co, place, resume(co, ...))
end

--- As coroutine.wrap, for generators that use operations.
---@param f function
---@return function
function M.wrap(f)
  internal.callable("wrap", f)
  local co, place = coroutine.create(f), core.wrap_new()
  return function(...)
    return step(co, place, ...)
  end
end

--- For functions of C that call crib_lua_call: as it is to be called from Lua.
---@param f function
---@return function
function M.waits(f)
  return waits.many(f)
end

return M
