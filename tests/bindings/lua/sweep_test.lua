-- Sweeps: the binding itself, cancelled at each cancel point, and without memory at each allocation of the library.
local support = require "support"
local lu, crib = support.lu, support.crib

TestSweep = {}

-- A bit of everything; what it opens it closes.
local function story()
  local tx, rx = crib.channel(1)
  local lock, event = crib.lock(), crib.event()
  crib.nursery(function(n)
    n:start_soon(function()
      for i = 1, 3 do
        lock:hold(crib.sleep, 0.1)
        tx:send { i }
      end
      tx:close()
      event:set()
    end)
    local task = n:spawn(function()
      local sum = 0
      for item in rx:iter() do
        sum = sum + item[1]
      end
      return sum
    end)
    n:start(function()
      crib.checkpoint()
      crib.started {}
    end)
    crib.move_on_after(0.15, crib.sleep_forever)
    event:wait()
    assert(task:join() == 6)
    crib.select { { after = 1 }, { event = event } }
  end)
  rx:close()
end

local function failing()
  crib.pcall(crib.nursery, function(n)
    n:start_soon(error, "one", 0)
    n:start_soon(error, { "two" })
    n:start_soon(crib.sleep_forever)
  end)
  pcall(crib.fail_after, 1, crib.sleep_forever)
  crib.gather { crib.checkpoint, crib.checkpoint }
end

local step = os.getenv "CRIB_LUA_GC" and 7 or 1

function TestSweep.test_cancels_at_each_place_leave_nothing_over()
  local rounds, disturbed = crib.sweep_cancels({ step = step }, story)
  lu.assertTrue(rounds > 3 and disturbed > 1)
  crib.sweep_cancels({ step = step, wants_error = true }, failing)
end

function TestSweep.test_allocations_that_fail_leave_nothing_over()
  local rounds = crib.sweep_allocations({ step = step, wants_error = true }, story)
  lu.assertTrue(rounds > 3)
  crib.sweep_allocations({ step = step, wants_error = true }, failing)
end

function TestSweep.test_a_sweep_says_what_does_not_hold()
  support.refuses(function()
    crib.sweep_cancels(function()
      pcall(crib.sleep, 1)
      error "it does not let the cancel pass"
    end)
  end, "sweep_cancels", "round")
  support.refuses(function()
    crib.sweep_cancels({
      check = function()
        error("the check", 0)
      end,
    }, crib.checkpoint)
  end, "the check")
  support.refuses(function()
    crib.sweep_cancels(5)
  end, "'f' must be a function")
end

support.main()
