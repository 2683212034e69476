-- Runs, and guest runs.
local internal = require "crib.internal"
local core = internal.core

local M = {}

local known = {
  seed = "number",
  stack_bytes = "number",
  budget = "number",
  strict = "boolean",
  interrupt = "number or boolean",
  mock_clock = "string or number or boolean",
}
local clocks = { [false] = 0, [true] = 2, manual = 1, auto = 2 }
local interrupts = { [false] = -1, [true] = 1 }

---@class crib.Runtime
local Runtime = {}

--- Runs f(...) as the main task; may be called again when it is over.
function Runtime:run(f, ...)
  internal.callable("run", f)
  if type(f) ~= "function" then
    local called = f
    f = function(...)
      return called(...)
    end
  end
  return core.run(self, f, ...)
end

internal.object("runtime", Runtime)

local function made(options, takes_interrupts)
  local o = internal.options("run", options, known)
  local clock = internal.word("run", "mock_clock", o.mock_clock, clocks)
  local interrupt = o.interrupt
  if interrupt == nil then
    interrupt = takes_interrupts and 1 or 0
  end
  interrupt = internal.word("run", "interrupt", interrupt, interrupts)
  return core.runtime_new(o.seed or 0, o.stack_bytes or 0, o.budget or 0, o.strict, interrupt, clock)
end

--- A runtime for several runs.
---@param options? { seed?: integer, stack_bytes?: integer, budget?: integer, strict?: boolean, interrupt?: boolean|integer, mock_clock?: boolean|integer|"auto"|"manual" }
---@return crib.Runtime
function M.runtime(options)
  -- The interpreters, which set `arg`, have a handler for SIGINT that waits for the run to end; here it ends the run.
  return made(options, type(rawget(_G, "arg")) == "table")
end

--- Runs f(...) as the main task of a new run, with options.
---@param options table?
---@param f function
function M.run_with(options, f, ...)
  internal.callable("run", f)
  return M.runtime(options):run(f, ...)
end

--- Runs f(...) as the main task until it and everything it started has ended: run([options,] f, ...).
function M.run(options, f, ...)
  if type(options) == "table" and not (getmetatable(options) or {}).__call then
    return M.run_with(options, f, ...)
  end
  internal.callable("run", options)
  return M.runtime():run(options, f, ...)
end

---@class crib.Guest
local Guest = {
  --- A descriptor that becomes readable when a tick is due.
  fd = core.guest_fd,
  --- How many seconds the host may wait; nil: only the descriptor matters.
  timeout = core.guest_timeout,
  cancel = core.guest_cancel,
}

local ended = setmetatable({}, { __mode = "k" })

--- Runs what is ready, at most about `budget` steps; true while the run goes on.
---@param budget? integer
---@return boolean
function Guest:tick(budget)
  return core.guest_tick(self, budget or 0) == true
end

--- Nothing while the run goes on; then true and the results of the main task, or false and the error.
function Guest:result()
  local results = ended[self]
  if not results then
    results = internal.pack(core.guest_result(self))
    if results.n == 0 then
      return nil
    end
    ended[self] = results
  end
  return internal.unpack(results, 1, results.n)
end

internal.object("guest", Guest)

--- Starts a run that the host drives: guest([options,] f, ...).
---@return crib.Guest
function M.guest(options, f, ...)
  if type(options) ~= "table" then
    return M.guest({}, options, f, ...) -- f is an argument then
  end
  internal.callable("guest", f)
  return core.guest_start(made(options, false), f, ...)
end

--- The library's version.
---@type fun(): string
M.version = core.crib_version

--- Counters of the run.
---@type fun(): table
M.statistics = core.crib_runtime_statistics

--- All nurseries and tasks, with what they wait on, as text.
---@type fun(): string
M.tree = core.dump

---@class crib.Expectation
local Expectation = { release = core.release }
internal.object("expectation", Expectation)
local reasons = setmetatable({}, { __mode = "k" }) -- the library does not copy them

--- Says that a wake-up may come from outside, until `release` is called.
---@param what string
---@return crib.Expectation
function M.expect(what)
  local expectation = core.crib_runtime_expect(what)
  reasons[expectation] = what
  return expectation
end

--- Outside of runs: f(code, message) gets the library's messages; nil undoes it.
---@type fun(f: fun(code: integer, message: string)?)
M.set_diagnostics = core.diagnostics

return M
