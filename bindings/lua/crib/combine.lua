-- Patterns that people otherwise write by hand, on nurseries, scopes and channels.
local internal = require "crib.internal"
local errors = require "crib.error"
local task = require "crib.task"
local scope = require "crib.scope"
local nursery = require("crib.nursery").nursery
local channel = require("crib.channel").channel
local sync = require "crib.sync"

local M = {}

local limits = { limit = "whole number" }

local function started(functions, limit, wrapped)
  return function(n)
    for i, f in ipairs(functions) do
      if limit then
        n:wait_room()
      end
      n:start_soon(wrapped(i, f))
    end
  end
end

local function all_of(where, functions, options, wrapped)
  options = internal.options(where, options, limits)
  if type(functions) ~= "table" then
    error("crib: " .. where .. ": a list is needed, not " .. type(functions), 3)
  end
  nursery({ max_children = options.limit }, started(functions, options.limit, wrapped))
end

--- Runs all functions; the first failure cancels the rest.
---@param functions function[]
---@param options? { limit?: integer } how many at a time
---@return any[] results
function M.gather(functions, options)
  local results = {}
  all_of("gather", functions, options, function(i, f)
    internal.callable("gather", f)
    return function()
      results[i] = f()
    end
  end)
  return results
end

--- The list of f(item, index), each in a task.
---@param items any[]
---@param f fun(item: any, index: integer): any
---@param options? { limit?: integer }
---@return any[] results
function M.map(items, f, options)
  local results = {}
  internal.callable("map", f)
  all_of("map", items, options, function(i, item)
    return function()
      results[i] = f(item, i)
    end
  end)
  return results
end

-- Starts all functions; calls won(index, result) for the first that succeeds.
local function race(n, functions, won)
  local over = false
  started(functions, nil, function(i, f)
    return function()
      local value = f()
      if not over then
        over = true
        won(i, value)
      end
    end
  end)(n)
end

--- Runs all functions until the first one succeeds.
---@param functions function[]
---@return integer index, any result
function M.first_success(functions)
  local winner, result
  if type(functions) ~= "table" or #functions == 0 then
    error("crib: first_success: a list of functions is needed", 2)
  end
  nursery({ policy = "first_success" }, function(n)
    race(n, functions, function(i, value)
      winner, result = i, value
    end)
  end)
  return winner, result
end

-- What nobody took: a failure is not lost.
local function rest(rx, most)
  local list = rx:receive_batch_nowait(most)
  local failure
  for _, one in ipairs(list or {}) do
    if not one.ok then
      failure = internal.join(failure, one.value)
    end
  end
  if failure ~= nil then
    error(failure, 0)
  end
end

local function completing(functions, limit, body)
  local permits = limit and sync.semaphore(limit)
  local tx, rx = channel(math.huge)
  local function work(i, f)
    local ok, value = errors.pcall(f)
    tx:send_nowait { index = i, ok = ok, value = value }
  end
  return nursery(function(n)
    local left = #functions
    for i, f in ipairs(functions) do
      if permits then
        n:start_soon(permits.hold, permits, work, i, f)
      else
        n:start_soon(work, i, f)
      end
    end
    local results = internal.pack(body(function()
      if left == 0 then
        return nil
      end
      local one = rx:receive()
      left = left - 1
      return one.index, one.ok, one.value
    end))
    n:cancel "nobody waits for the rest"
    rest(rx, #functions + 1)
    return internal.unpack(results, 1, results.n)
  end)
end

--- Starts all functions and calls body(results): `for index, ok, value in results do` gives them as they end. When it
--- returns the others are cancelled; failures that it did not take are raised.
---@param functions function[]
---@param options? { limit?: integer }
---@param body fun(results: fun(): integer?, boolean, any): ...
---@return any ... what body returned
function M.completed(functions, options, body)
  if body == nil and type(options) ~= "table" then
    options, body = nil, options
  end
  internal.callable("completed", body)
  options = internal.options("completed", options, limits)
  return completing(functions, options.limit, body)
end

local retry_options = {
  attempts = "whole number",
  delay = "number",
  most_delay = "number",
  factor = "number",
  jitter = "number",
  retries = "function",
}

-- Numbers from 0 to 1 that are the same in each run in virtual time.
local function dice()
  local state = math.floor(task.now() * 1e6) % 2147483647 + 1
  return function()
    state = state * 16807 % 2147483647
    return state / 2147483647
  end
end

local function attempts(o, f, ...)
  local delay, factor, most = o.delay or 0.1, o.factor or 2, o.most_delay or 30
  local random = dice()
  local attempt = 1
  while true do
    local results = internal.pack(errors.pcall(f, ...))
    if results[1] then
      return internal.unpack(results, 2, results.n)
    end
    local err = results[2]
    local pause = math.min(delay, most) * (1 - (o.jitter or 0) / 100 * random())
    local hopeless = o.attempts and attempt >= o.attempts
      or o.retries and not o.retries(err)
      or task.now() + pause >= scope.current_effective_deadline()
    if hopeless then
      error(err, 0)
    end
    task.sleep(pause)
    delay = delay * factor
    attempt = attempt + 1
  end
end

--- Calls f(...) until it succeeds, with growing delays: retry([options,] f, ...). Cancelled is not tried again, and no
--- delay is begun that would last until the deadline in force.
---@param options? { attempts?: integer, delay?: number, most_delay?: number, factor?: number, jitter?: number, retries?: fun(err: any): boolean }
---@return any ... what f returned
function M.retry(options, f, ...)
  if type(options) == "function" then
    return attempts({}, options, f, ...)
  end
  internal.callable("retry", f)
  return attempts(internal.options("retry", options, retry_options), f, ...)
end

---@class crib.Ticker
local Ticker = {}
Ticker.__index = Ticker

local function whole(time)
  return math.floor(time * 1e9 + 0.5) / 1e9
end

--- Waits for the next tick; how many went by while nobody waited.
---@return integer
function Ticker:wait()
  local missed, now = 0, task.now()
  while whole(self.start + (self.count + 1) * self.period) < now do
    local behind = math.floor((now - self.start) / self.period) - self.count - 1
    local step = behind > 1 and behind or 1
    missed = missed + step
    self.count = self.count + step
  end
  task.sleep_until(self.start + (self.count + 1) * self.period)
  self.count = self.count + 1
  return missed
end

--- For `for missed in ticker:iter() do`.
function Ticker:iter()
  return self.wait, self
end

--- A clock that ticks every so many seconds, and does not drift.
---@param period number
---@return crib.Ticker
function M.ticker(period)
  if type(period) ~= "number" or not (period >= 1e-9) or period == math.huge then
    error("crib: ticker: 'period' must be a number of seconds above 0", 2)
  end
  return setmetatable({ start = task.now(), period = period, count = 0 }, Ticker)
end

local wait_options = { timeout = "number" }

--- Runs functions until the first has ended, the token is triggered or the time is up; the others are cancelled.
---@param token crib.Token?
---@param functions function[]
---@param options? { timeout?: number }
---@return integer index, any result
function M.cancellable_wait(token, functions, options)
  options = internal.options("cancellable_wait", options, wait_options)
  local winner, result
  local timeout = scope.scope({ timeout = options.timeout }, function()
    nursery({ policy = "first_done" }, function(n)
      race(n, functions, function(i, value)
        winner, result = i, value
      end)
      if token then
        n:start_soon(token.wait, token)
      end
    end)
  end)
  if token then
    token:check()
  end
  if timeout.cancelled_caught or timeout.source == "deadline" then
    error(errors.error(errors.ETOOSLOW, "the time of cancellable_wait is up"), 0)
  end
  return winner, result
end

return M
