-- Nurseries: waiting, failures, policies, start.
local support = require "support"
local lu, crib, virtual, raised = support.lu, support.crib, support.virtual, support.raised

TestNursery = {}

function TestNursery.test_a_nursery_waits_for_its_children_and_returns_what_its_body_did()
  virtual(function()
    local since = support.stopwatch()
    lu.assertEquals({ crib.nursery(function(n)
      n:start_soon(crib.sleep, 2)
      return "a", nil, "b"
    end) }, { "a", nil, "b" })
    lu.assertEquals(since(), 2)
  end)
end

function TestNursery.test_a_child_does_not_run_before_its_parent_waits()
  virtual(function()
    local ran = false
    crib.nursery(function(n)
      n:start_soon(function()
        ran = true
      end)
      lu.assertFalse(ran)
      lu.assertEquals(n.count, 1)
      crib.checkpoint()
      lu.assertTrue(ran)
      lu.assertTrue(n.parent_task == crib.current_task())
    end)
  end)
end

function TestNursery.test_arguments_arrive_with_nils()
  virtual(function()
    local seen
    crib.nursery(function(n)
      n:start_soon(function(...)
        seen = { n = select("#", ...), ... }
      end, nil, 1, nil)
    end)
    lu.assertEquals(seen, { n = 3, nil, 1, nil })
  end)
end

function TestNursery.test_the_first_failure_cancels_the_rest_and_comes_back_as_it_was()
  virtual(function()
    local since, err, log = support.stopwatch(), { code = 42 }, {}
    local ok, caught = pcall(crib.nursery, function(n)
      n:start_soon(function()
        crib.sleep(1)
        error(err)
      end)
      n:start_soon(function()
        local slept, why = pcall(crib.sleep, 9)
        log[1], log[2] = slept, why.source
        error(why, 0)
      end)
      crib.sleep(9)
    end)
    lu.assertFalse(ok)
    lu.assertTrue(crib.is_group(caught))
    lu.assertEquals(#caught.errors, 1)
    lu.assertIs(caught.errors[1], err)
    lu.assertEquals(since(), 1)
    lu.assertEquals(log, { false, "nursery" })
  end)
end

function TestNursery.test_several_failures_are_a_group()
  virtual(function()
    local one, two = {}, "two"
    local ok, err = pcall(crib.nursery, function(n)
      n:start_soon(error, one)
      n:start_soon(error, two, 0)
      error("body", 0)
    end)
    lu.assertFalse(ok)
    lu.assertTrue(crib.is_group(err))
    lu.assertEquals(#err.errors, 3)
    lu.assertEquals(err.errors[1], "body")
    lu.assertIs(err.errors[2], one)
    lu.assertEquals(err.errors[3], "two")
    lu.assertStrContains(tostring(err), "3 errors")
    lu.assertStrContains(tostring(err), "two")
  end)
end

function TestNursery.test_a_group_keeps_its_identity_through_the_blocks_around_it()
  virtual(function()
    local inner
    local _, outer = pcall(crib.nursery, function()
      crib.move_on_after(9, function()
        local _, err = pcall(crib.nursery, function(n)
          n:start_soon(error, "one", 0)
          n:start_soon(error, "two", 0)
        end)
        inner = err
        error(err, 0)
      end)
    end)
    lu.assertEquals(#outer.errors, 1)
    lu.assertIs(outer.errors[1], inner)
    lu.assertEquals(inner.errors, { "one", "two" })
  end)
end

function TestNursery.test_cancel_ends_everything_silently()
  virtual(function()
    local since = support.stopwatch()
    crib.nursery(function(n)
      n:start_soon(crib.sleep_forever)
      crib.sleep(1)
      n:cancel "done"
      lu.assertEquals(n.scope.reason, "done")
      lu.assertTrue(n.scope.cancel_called)
    end)
    lu.assertEquals(since(), 1)
  end)
end

function TestNursery.test_the_scope_of_a_nursery_has_a_deadline()
  virtual(function()
    local since = support.stopwatch()
    crib.nursery(function(n)
      n:start_soon(crib.sleep_forever)
      n.scope.deadline = crib.now() + 3
    end)
    lu.assertEquals(since(), 3)
  end)
end

function TestNursery.test_start_waits_for_started()
  virtual(function()
    local since, log = support.stopwatch(), {}
    crib.nursery(function(n)
      local value = n:start("server", function(port)
        crib.sleep(1)
        crib.started { port = port }
        crib.sleep(1)
        log[#log + 1] = "served"
      end, 80)
      lu.assertEquals(value.port, 80)
      lu.assertEquals(since(), 1)
      lu.assertNil(n:start(function()
        crib.started()
      end))
    end)
    lu.assertEquals(log, { "served" })
  end)
end

function TestNursery.test_start_fails_as_its_child_does()
  virtual(function()
    local err = {}
    crib.nursery(function(n)
      local ok, caught = pcall(n.start, n, error, err)
      lu.assertFalse(ok)
      lu.assertIs(caught, err)
      ok, caught = pcall(n.start, n, function() end)
      lu.assertFalse(ok)
      lu.assertEquals(caught.code, crib.ENOTSTARTED)
    end)
    lu.assertEquals(select(2, pcall(crib.started, 1)).code, crib.EMISUSE)
  end)
end

function TestNursery.test_the_number_of_children_can_be_limited()
  virtual(function()
    local most, running = 0, 0
    crib.nursery({ max_children = 2 }, function(n)
      for _ = 1, 6 do
        n:wait_room()
        lu.assertTrue(n:start_soon(function()
          running = running + 1
          most = math.max(most, running)
          crib.sleep(1)
          running = running - 1
        end))
      end
      lu.assertFalse(n:admits())
      lu.assertFalse(n:start_soon(print))
      lu.assertEquals(select(2, pcall(n.spawn, n, print)).code, crib.EWOULDBLOCK)
      n:wait_idle()
      lu.assertEquals(n.count, 0)
    end)
    lu.assertEquals(most, 2)
  end)
end

function TestNursery.test_first_done_and_first_success()
  virtual(function()
    local since = support.stopwatch()
    crib.nursery({ policy = "first_done" }, function(n)
      n:start_soon(crib.sleep, 1)
      n:start_soon(crib.sleep, 9)
    end)
    lu.assertEquals(since(), 1)
    crib.nursery({ policy = "first_success" }, function(n)
      n:start_soon(error, "no")
      n:start_soon(crib.sleep, 1)
      n:start_soon(crib.sleep, 9)
    end)
    lu.assertEquals(since(), 2)
  end)
end

function TestNursery.test_a_supervisor_is_told_and_others_go_on()
  virtual(function()
    local since, seen, err = support.stopwatch(), {}, {}
    crib.nursery({
      policy = "supervise",
      on_failure = function(task, failure)
        seen[#seen + 1] = { task.name, failure }
        lu.assertNil(crib.current_task())
      end,
    }, function(n)
      n:start_soon("bad", error, err)
      n:start_soon(crib.sleep, 2)
    end)
    lu.assertEquals(since(), 2)
    lu.assertEquals(#seen, 1)
    lu.assertEquals(seen[1][1], "bad")
    lu.assertIs(seen[1][2], err)
  end)
end

function TestNursery.test_what_a_supervisor_raises_is_not_lost()
  local err = raised(function()
    crib.nursery({
      policy = "supervise",
      on_failure = function()
        error("supervisor", 0)
      end,
    }, function(n)
      n:start_soon(error, "child", 0)
      n:start_soon(crib.sleep_forever)
    end)
  end)
  lu.assertEquals(err, "supervisor")
end

function TestNursery.test_children_of_a_service_outlive_cancels_until_its_body_ends()
  virtual(function()
    local log = {}
    crib.move_on_after(1, function()
      crib.nursery({ service = true }, function(n)
        n:start_soon(function()
          local ok, err = pcall(crib.sleep, 5)
          log[#log + 1] = "service " .. tostring(ok)
          error(err, 0)
        end)
        local _, err = pcall(crib.sleep, 9)
        log[#log + 1] = "body"
        error(err, 0)
      end)
    end)
    lu.assertEquals(log, { "body", "service false" })
  end)
end

function TestNursery.test_a_closed_nursery_takes_no_more()
  virtual(function()
    local closed
    crib.nursery(function(n)
      closed = n
    end)
    lu.assertFalse(pcall(closed.start_soon, closed, print))
    lu.assertFalse(closed:admits())
    closed:cancel()
    lu.assertEquals(closed.count, 0)
  end)
end

function TestNursery.test_a_child_may_start_more_while_the_nursery_closes()
  virtual(function()
    local log = {}
    crib.nursery(function(n)
      n:start_soon(function()
        crib.sleep(1)
        n:start_soon(function()
          log[#log + 1] = "grandchild"
        end)
      end)
    end)
    lu.assertEquals(log, { "grandchild" })
  end)
end

function TestNursery.test_what_makes_no_sense_is_refused()
  virtual(function()
    crib.nursery(function(n)
      support.refuses(function()
        n:start_soon(nil)
      end, "start_soon: 'f' must be a function, not nil", "nursery_test.lua")
      support.refuses(function()
        n.start_soon(nil, print)
      end, "'nursery' must be a nursery, not nil")
      support.refuses(function()
        n.start_soon(crib.event(), print)
      end, "not event")
    end)
    support.refuses(function()
      crib.nursery({ policy = "none" }, print)
    end, "no policy is called 'none'")
    support.refuses(function()
      crib.nursery()
    end, "'f' must be a function")
    support.refuses(function()
      crib.nursery({ grace = -1 }, print)
    end, "negative")
  end)
end

function TestNursery.test_callable_tables_are_functions()
  virtual(function()
    local seen
    local callable = setmetatable({}, {
      __call = function(_, x)
        seen = x
      end,
    })
    crib.nursery(function(n)
      n:start_soon(callable, 5)
    end)
    lu.assertEquals(seen, 5)
  end)
end

support.main()
