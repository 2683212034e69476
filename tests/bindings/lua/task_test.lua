-- Tasks: sleeping, checkpoints, handles, locals.
local support = require "support"
local lu, crib, virtual, raised = support.lu, support.crib, support.virtual, support.raised

TestTask = {}

function TestTask.test_sleep_takes_its_time_in_whole_and_broken_seconds()
  virtual(function()
    local since = support.stopwatch()
    crib.sleep(2)
    lu.assertEquals(since(), 2)
    crib.sleep(0.25)
    lu.assertEquals(since(), 2.25)
    crib.sleep_until(crib.now() + 0.75)
    lu.assertEquals(since(), 3)
  end)
end

function TestTask.test_sleep_refuses_what_is_no_time()
  virtual(function()
    support.refuses(function()
      crib.sleep(nil)
    end, "sleep", "'time' must be a number of seconds, not nil", "task_test.lua")
    support.refuses(function()
      crib.sleep "1"
    end, "not string")
    support.refuses(function()
      crib.sleep(0 / 0)
    end, "not a number")
    lu.assertFalse(pcall(crib.sleep, -1))
  end)
end

function TestTask.test_a_crowd_of_tasks_leaves_no_crowd_of_coroutines()
  local function kilobytes()
    collectgarbage()
    collectgarbage()
    return collectgarbage "count"
  end
  local function crowd(size)
    crib.nursery(function(n)
      for _ = 1, size do
        n:start_soon(crib.checkpoint)
      end
    end)
  end
  virtual(function()
    local before = kilobytes()
    crowd(1000)
    local kept = kilobytes() - before
    crowd(3000)
    lu.assertTrue(kilobytes() - before < 2 * kept)
  end)
end

function TestTask.test_tasks_take_turns_at_checkpoints()
  local log = {}
  virtual(function()
    crib.nursery(function(n)
      for _, name in ipairs { "a", "b" } do
        n:start_soon(function()
          for i = 1, 3 do
            log[#log + 1] = name .. i
            crib.checkpoint()
          end
        end)
      end
    end)
  end)
  lu.assertEquals(table.concat(log, " "), "a1 b1 a2 b2 a3 b3")
end

function TestTask.test_the_halves_of_a_checkpoint()
  virtual(function()
    local other = 0
    crib.nursery(function(n)
      n:start_soon(function()
        other = other + 1
      end)
      crib.checkpoint_if_cancelled()
      lu.assertEquals(other, 0)
      n:cancel()
      lu.assertTrue(crib.is_cancelled(select(2, pcall(crib.checkpoint_if_cancelled))))
      crib.cancel_shielded_checkpoint()
      lu.assertEquals(other, 1)
    end)
  end)
end

function TestTask.test_the_current_task_has_a_name_and_a_state()
  lu.assertNil(crib.current_task())
  lu.assertFalse(crib.in_task())
  virtual(function()
    local me = crib.current_task()
    lu.assertTrue(crib.in_task())
    lu.assertEquals(me.name, "main")
    lu.assertEquals(me.state, "running")
    lu.assertTrue(me == crib.current_task())
    me.name = "renamed"
    lu.assertEquals(crib.current_task().name, "renamed")
    crib.nursery(function(n)
      local named = n:spawn("worker", crib.sleep, 1)
      local unnamed = n:spawn(function() end)
      lu.assertEquals(named.name, "worker")
      lu.assertStrMatches(unnamed.name, "task_test%.lua:%d+")
      lu.assertEquals(named.state, "new")
      crib.checkpoint()
      lu.assertEquals(named.state, "waiting")
      lu.assertEquals(unnamed.state, "ended")
      lu.assertTrue(named.nursery == n)
      lu.assertFalse(named == me)
      lu.assertFalse(pcall(function()
        return named.nonsense
      end))
    end)
  end)
end

function TestTask.test_join_gives_all_results_as_often_as_it_is_called()
  virtual(function()
    crib.nursery(function(n)
      local list = { "x" }
      local task = n:spawn(function(...)
        crib.sleep(1)
        return list, ...
      end, nil, 3)
      for _ = 1, 2 do
        local a, b, c = task:join()
        lu.assertIs(a, list)
        lu.assertNil(b)
        lu.assertEquals(c, 3)
      end
      lu.assertEquals(select("#", n:spawn(function() end):join()), 0)
    end)
  end)
end

function TestTask.test_join_raises_what_the_task_failed_with()
  virtual(function()
    local err = { "boom" }
    local failed
    crib.nursery({ policy = "supervise", on_failure = function() end }, function(n)
      failed = n:spawn(error, err)
      local ok, raised_again = pcall(failed.join, failed)
      lu.assertFalse(ok)
      lu.assertIs(raised_again, err)
    end)
  end)
end

function TestTask.test_a_cancelled_task_does_not_fail_its_nursery()
  virtual(function()
    local since = support.stopwatch()
    crib.nursery(function(n)
      local lazy = n:spawn(crib.sleep_forever)
      local busy = n:spawn(crib.sleep, 2)
      crib.checkpoint()
      lazy:cancel "not needed"
      lazy:wait()
      lu.assertEquals(lazy.state, "ended")
      local ok, err = pcall(lazy.join, lazy)
      lu.assertFalse(ok)
      lu.assertFalse(crib.is_cancelled(err))
      lu.assertEquals(err.name, "UV_ECANCELED")
      busy:join()
    end)
    lu.assertEquals(since(), 2)
  end)
end

function TestTask.test_a_task_cannot_join_itself()
  lu.assertEquals(raised(function()
    crib.current_task():join()
  end).code, crib.EMISUSE)
end

function TestTask.test_locals_are_inherited_and_do_not_reach_the_parent()
  virtual(function()
    local key = crib.task_local "default"
    lu.assertEquals(key:get(), "default")
    local value = {}
    key:set(value)
    crib.nursery(function(n)
      n:start_soon(function()
        lu.assertIs(key:get(), value)
        key:set "changed"
        crib.checkpoint()
        lu.assertEquals(key:get(), "changed")
      end)
      n:start_soon(function()
        lu.assertIs(key:get(), value)
      end)
    end)
    lu.assertIs(key:get(), value)
    key:set(nil)
    lu.assertNil(key:get())
  end)
end

function TestTask.test_wait_all_tasks_blocked()
  virtual(function()
    local steps = 0
    crib.nursery(function(n)
      n:start_soon(function()
        for _ = 1, 10 do
          crib.checkpoint()
          steps = steps + 1
        end
        crib.sleep(1)
      end)
      crib.wait_all_tasks_blocked()
      lu.assertEquals(steps, 10)
    end)
  end)
end

function TestTask.test_ten_thousand_tasks_sleep_at_once()
  virtual(function()
    local ended = 0
    local since = support.stopwatch()
    local count = os.getenv "CRIB_LUA_GC" and 100 or 10000
    crib.nursery(function(n)
      for i = 1, count do
        n:start_soon(function()
          crib.sleep(i % 7)
          ended = ended + 1
        end)
      end
    end)
    lu.assertEquals(ended, count)
    lu.assertEquals(since(), 6)
  end)
end

support.main()
