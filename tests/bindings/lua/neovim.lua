-- Inside Neovim: nvim --headless -u NONE -c "luafile neovim.lua". Exit code 0 means passed.
local crib = require "crib"
local run = require("crib.nvim").run
local uv = vim.uv or vim.loop

local tests = {}

local function ended(r)
  return function()
    return r:result() ~= nil
  end
end

function tests.tasks_use_the_editor_and_the_host_goes_on()
  local log, token = {}, nil
  local r = run({
    done = function(ok, ...)
      log[#log + 1] = "done " .. tostring(ok) .. " " .. tostring((...))
    end,
  }, function(word)
    token = crib.token "stop"
    crib.nursery(function(n)
      n:start_soon(function()
        token:wait()
        log[#log + 1] = "triggered"
      end)
      crib.sleep(0.001)
      assert(not vim.in_fast_event())
      vim.api.nvim_buf_set_lines(0, 0, -1, false, { word })
    end)
    return vim.api.nvim_buf_get_lines(0, 0, -1, false)[1]
  end, "hello")
  uv.new_timer():start(30, 0, function()
    log[#log + 1] = "host"
    token:trigger()
  end)
  assert(vim.wait(10000, ended(r), 1))
  assert(vim.deep_equal(log, { "host", "triggered", "done true hello" }), vim.inspect(log))
end

function tests.a_cancel_and_a_failure_are_results()
  local r = run(crib.sleep_forever)
  vim.wait(5, function()
    return false
  end)
  assert(r:result() == nil)
  r:cancel "enough"
  assert(vim.wait(10000, ended(r), 1))
  local ok, err = r:result()
  assert(not ok and crib.is_cancelled(err))
  local mine, shown = {}, nil
  r = run({
    done = function(_, failure)
      shown = failure
    end,
  }, error, mine)
  assert(vim.wait(10000, ended(r), 1) and shown == mine)
end

function tests.many_switches_leave_the_host_its_turns()
  local turns = 0
  local idle = uv.new_timer()
  idle:start(0, 1, function()
    turns = turns + 1
  end)
  local r = run(function()
    crib.nursery(function(n)
      for _ = 1, 2 do
        n:start_soon(function()
          local begin = crib.now()
          while crib.now() < begin + 0.1 do
            crib.checkpoint()
          end
        end)
      end
    end)
  end)
  assert(vim.wait(10000, ended(r), 1))
  idle:close()
  assert(turns > 3, turns)
end

local failed = 0
for name, test in pairs(tests) do
  local ok, err = xpcall(test, debug.traceback)
  if not ok then
    failed = failed + 1
    io.stderr:write(name, ": ", tostring(err), "\n")
  end
end
vim.cmd(failed == 0 and "qall!" or "cquit")
