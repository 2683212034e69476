-- Scopes: timeouts, cancels, shields, soft cancels.
local support = require "support"
local lu, crib, virtual, raised = support.lu, support.crib, support.virtual, support.raised

TestScope = {}

function TestScope.test_move_on_after_ends_its_body_and_says_so()
  virtual(function()
    local since = support.stopwatch()
    local scope, result = crib.move_on_after(1, function(scope)
      lu.assertEquals(scope.state, "open")
      crib.sleep(5)
      return "never"
    end)
    lu.assertNil(result)
    lu.assertEquals(since(), 1)
    lu.assertTrue(scope.cancelled_caught)
    lu.assertTrue(scope.cancel_called)
    lu.assertEquals(scope.source, "deadline")
    lu.assertEquals(scope.state, "closed")
  end)
end

function TestScope.test_a_body_in_time_returns_its_results()
  virtual(function()
    local scope, a, b = crib.move_on_after(1, function()
      return 1, 2
    end)
    lu.assertEquals({ a, b }, { 1, 2 })
    lu.assertFalse(scope.cancelled_caught)
    lu.assertFalse(scope.cancel_called)
    lu.assertNil(scope.source)
    lu.assertEquals({ crib.fail_after(1, function()
      return 3, nil, 4
    end) }, { 3, nil, 4 })
  end)
end

function TestScope.test_a_time_of_zero_has_expired_at_once()
  virtual(function()
    local reached = false
    local scope = crib.move_on_after(0, function()
      crib.checkpoint()
      reached = true
    end)
    lu.assertTrue(scope.cancelled_caught)
    lu.assertFalse(reached)
    lu.assertTrue(crib.move_on_at(crib.now() - 1, crib.checkpoint).cancelled_caught)
  end)
end

function TestScope.test_fail_after_raises_an_error_of_its_own()
  virtual(function()
    local ok, err = pcall(crib.fail_after, 1, function()
      crib.sleep(2)
    end)
    lu.assertFalse(ok)
    lu.assertEquals(err.code, crib.ETOOSLOW)
    lu.assertEquals(err.name, "CRIB_ETOOSLOW")
    ok, err = pcall(crib.fail_at, crib.now() + 1, function()
      crib.sleep(2)
    end)
    lu.assertFalse(ok)
    lu.assertEquals(err.code, crib.ETOOSLOW)
  end)
end

function TestScope.test_cancel_is_level_triggered()
  virtual(function()
    local count = 0
    local scope = crib.scope(function(scope)
      scope:cancel "enough"
      for _ = 1, 3 do
        local ok, err = pcall(crib.checkpoint)
        lu.assertFalse(ok)
        lu.assertTrue(crib.is_cancelled(err))
        lu.assertEquals(err.source, "explicit")
        lu.assertEquals(err.reason, "enough")
        count = count + 1
      end
      crib.checkpoint()
    end)
    lu.assertEquals(count, 3)
    lu.assertTrue(scope.cancelled_caught)
    lu.assertEquals(scope.reason, "enough")
  end)
end

function TestScope.test_the_outermost_cancelled_scope_absorbs()
  virtual(function()
    local inner
    local outer = crib.scope(function(outer)
      inner = crib.scope(function(scope)
        inner = scope
        outer:cancel()
        scope:cancel()
        crib.checkpoint()
      end)
    end)
    lu.assertTrue(outer.cancelled_caught)
    lu.assertFalse(inner.cancelled_caught)
  end)
end

function TestScope.test_a_deadline_can_be_moved_and_taken_away()
  virtual(function()
    local since = support.stopwatch()
    crib.move_on_after(1, function(scope)
      scope.deadline = scope.deadline + 2
      crib.sleep(10)
    end)
    lu.assertEquals(since(), 3)
    local scope = crib.move_on_after(1, function(scope)
      scope.deadline = math.huge
      lu.assertEquals(scope.deadline, math.huge)
      crib.sleep(10)
    end)
    lu.assertFalse(scope.cancelled_caught)
    lu.assertEquals(since(), 13)
  end)
end

function TestScope.test_the_effective_deadline_is_the_earliest()
  virtual(function()
    lu.assertEquals(crib.current_effective_deadline(), math.huge)
    crib.move_on_after(5, function(outer)
      crib.move_on_after(9, function(scope)
        lu.assertEquals(crib.current_effective_deadline(), outer.deadline)
        lu.assertEquals(scope.effective_deadline, outer.deadline)
        lu.assertNotEquals(scope.deadline, outer.deadline)
        crib.shielded(function()
          lu.assertEquals(crib.current_effective_deadline(), math.huge)
        end)
      end)
      outer:cancel()
      lu.assertEquals(crib.current_effective_deadline(), -math.huge)
      lu.assertEquals(outer.effective_deadline, -math.huge)
    end)
  end)
end

function TestScope.test_a_shield_keeps_outer_cancels_out()
  virtual(function()
    local since, cleaned = support.stopwatch(), false
    local scope = crib.move_on_after(1, function()
      local ok, err = pcall(crib.sleep, 9)
      lu.assertFalse(ok)
      crib.shielded(function()
        crib.sleep(1)
        cleaned = true
      end)
      error(err, 0)
    end)
    lu.assertTrue(cleaned)
    lu.assertTrue(scope.cancelled_caught)
    lu.assertEquals(since(), 2)
  end)
end

function TestScope.test_a_shield_can_be_lowered()
  virtual(function()
    local outer = crib.scope(function(outer)
      outer:cancel()
      crib.scope({ shield = true }, function(scope)
        crib.checkpoint()
        lu.assertTrue(scope.shield)
        scope.shield = false
        lu.assertFalse(scope.shield)
        lu.assertTrue(crib.is_cancelled(select(2, pcall(crib.checkpoint))))
      end)
      crib.checkpoint()
    end)
    lu.assertTrue(outer.cancelled_caught)
  end)
end

function TestScope.test_cancelled_of_an_outer_scope_passes_through_a_shield()
  virtual(function()
    local scope = crib.scope(function(scope)
      scope:cancel()
      local _, err = pcall(crib.checkpoint)
      crib.shielded(function()
        error(err, 0)
      end)
    end)
    lu.assertTrue(scope.cancelled_caught)
  end)
end

function TestScope.test_cancelled_where_nothing_is_cancelled_is_an_ordinary_failure()
  local err = raised(function()
    local kept
    crib.scope(function(scope)
      scope:cancel()
      kept = select(2, pcall(crib.checkpoint))
    end)
    error(kept, 0)
  end)
  lu.assertEquals(err.code, crib.EMISUSE)
end

function TestScope.test_a_soft_cancel_ends_graceful_regions_now_and_the_rest_later()
  virtual(function()
    local since, log = support.stopwatch(), {}
    local scope = crib.scope(function(scope)
      crib.nursery(function(n)
        n:start_soon(function()
          local region = crib.graceful(crib.sleep_forever)
          log[#log + 1] = ("accept loop ended at %g %s"):format(since(), tostring(region.cancelled_caught))
        end)
        n:start_soon(function()
          local ok, err = pcall(crib.sleep, 3)
          log[#log + 1] = ("request ended at %g %s"):format(since(), tostring(ok))
          if not ok then
            error(err, 0)
          end
        end)
        crib.sleep(1)
        scope:cancel_soft { grace = 1, reason = "shutdown" }
        lu.assertEquals(scope.state, "soft")
        lu.assertEquals(scope.remaining_grace, 1)
      end)
    end)
    lu.assertEquals(log, { "accept loop ended at 1 true", "request ended at 2 false" })
    lu.assertEquals(scope.reason, "shutdown")
  end)
end

function TestScope.test_a_soft_cancel_that_interrupts_leaves_what_is_soft_shielded()
  virtual(function()
    local since = support.stopwatch()
    crib.scope(function(scope)
      scope:cancel_soft { mode = "interrupt", grace = 5 }
      lu.assertFalse(pcall(crib.checkpoint))
      crib.scope({ shield = "soft" }, function()
        crib.sleep(2)
      end)
      lu.assertEquals(since(), 2)
      crib.checkpoint()
    end)
    support.refuses(function()
      crib.scope(function(scope)
        scope:cancel_soft { mode = "gently" }
      end)
    end, "no mode is called 'gently'")
  end)
end

function TestScope.test_links_and_hooks()
  virtual(function()
    local called = 0
    local target = crib.scope(function(target)
      crib.scope(function(source)
        source:link(target)
        source:on_cancel(function()
          called = called + 1
          lu.assertNil(crib.current_task())
        end)
        source:cancel()
        lu.assertEquals(called, 1)
      end)
      crib.checkpoint()
    end)
    lu.assertTrue(target.cancelled_caught)
    lu.assertEquals(target.source, "link")
    lu.assertEquals(called, 1)
  end)
end

function TestScope.test_errors_pass_a_scope_unchanged()
  virtual(function()
    for _, err in ipairs { "text", 12, { 1 }, print, true } do
      local ok, caught = pcall(crib.move_on_after, 1, function()
        error(err, 0)
      end)
      lu.assertFalse(ok)
      lu.assertIs(caught, err)
    end
    local ok, caught = pcall(crib.scope, function()
      error()
    end)
    lu.assertFalse(ok)
    lu.assertEquals(caught, "nil")
  end)
end

function TestScope.test_a_scope_knows_its_words_only()
  virtual(function()
    crib.scope(function(scope)
      support.refuses(function()
        return scope.deadlin
      end, "has no 'deadlin'")
      support.refuses(function()
        scope.state = "open"
      end, "'state' of a scope cannot be set")
      support.refuses(function()
        crib.move_on_after(nil, print)
      end, "number of seconds")
    end)
    support.refuses(function()
      crib.scope({ timeout = -1 }, print)
    end, "negative")
  end)
end

function TestScope.test_a_closed_scope_can_be_asked_and_cancelled_without_effect()
  virtual(function()
    local scope = crib.scope(function() end)
    scope:cancel()
    lu.assertFalse(scope.cancel_called)
    lu.assertEquals(scope.state, "closed")
    lu.assertEquals(scope.deadline, math.huge)
  end)
end

support.main()
