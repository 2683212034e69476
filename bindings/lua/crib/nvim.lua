-- A run inside Neovim: a guest of its loop, so that the editor goes on working meanwhile. Tasks run in the main loop, where
-- vim.api may be called.
local crib = require "crib"
local internal = require "crib.internal"

local M = {}

-- Watches the guest's descriptor and its next deadline; calls ended() when the run is over.
local function host(guest, ended)
  local uv = vim.uv or vim.loop
  local poll, timer = uv.new_poll(guest:fd()), uv.new_timer()
  local due = false
  local tick

  -- Callbacks of libuv may not use vim.api; what is scheduled may.
  local function soon()
    if not due then
      due = true
      vim.schedule(tick)
    end
  end

  function tick()
    due = false
    if timer:is_closing() then
      return
    end
    if not guest:tick() then
      poll:close()
      timer:close()
      ended()
      return
    end
    local timeout = guest:timeout()
    if timeout then -- also when it is 0: by way of the loop, so that the editor has its turn
      timer:start(math.min(math.ceil(timeout * 1000), 86400000), 0, soon)
    else
      timer:stop()
    end
  end

  poll:start("r", soon)
  soon()
  return soon
end

---@class crib.NvimRun
local Run = {}
Run.__index = Run

--- Cancels the main task.
---@param reason? string
function Run:cancel(reason)
  self.guest:cancel(reason)
  self.soon()
end

--- Nothing while the run goes on; then true and the results of the main task, or false and the error.
function Run:result()
  return self.guest:result()
end

--- Starts a run and returns at once: run([options,] f, ...). Options are those of crib.run and `done`, which is called with
--- true and the results of the main task, or false and the error. Without it a failure is shown as an error message.
---@param options? { done?: fun(ok: boolean, ...) }
---@param f function
---@return crib.NvimRun
function M.run(options, f, ...)
  if type(options) ~= "table" then
    return M.run({}, options, f, ...) -- f is an argument then
  end
  internal.callable("run", f)
  local done, others = options.done, {}
  for name, value in pairs(options) do
    if name ~= "done" then
      others[name] = value
    end
  end
  local run = setmetatable({ guest = crib.guest(others, f, ...) }, Run)
  run.soon = host(run.guest, function()
    if done then
      done(run.guest:result())
      return
    end
    local ok, err = run.guest:result()
    if not ok and not crib.is_cancelled(err) then
      vim.notify(tostring(err), vim.log.levels.ERROR)
    end
  end)
  return run
end

return M
