-- Errors: pcall, groups, what the library raises.
local support = require "support"
local lu, crib, virtual, raised = support.lu, support.crib, support.virtual, support.raised

TestError = {}

function TestError.test_pcall_lets_cancelled_pass_and_catches_the_rest()
  virtual(function()
    local err, after = {}, false
    lu.assertEquals({ crib.pcall(function(...)
      return ...
    end, 1, nil, 3) }, { true, 1, nil, 3 })
    local ok, caught = crib.pcall(error, err)
    lu.assertFalse(ok)
    lu.assertIs(caught, err)
    local scope = crib.move_on_after(1, function()
      crib.pcall(crib.sleep, 5)
      after = true
    end)
    lu.assertTrue(scope.cancelled_caught)
    lu.assertFalse(after)
  end)
end

function TestError.test_xpcall_shows_its_handler_all_but_cancelled()
  virtual(function()
    local shown = {}
    local function handler(err)
      shown[#shown + 1] = err
      return "handled"
    end
    lu.assertEquals({ crib.xpcall(function(a)
      crib.checkpoint()
      return a
    end, handler, 5) }, { true, 5 })
    lu.assertEquals({ crib.xpcall(function()
      crib.checkpoint()
      error("boom", 0)
    end, handler) }, { false, "handled" })
    lu.assertTrue(crib.move_on_after(1, function()
      crib.xpcall(crib.sleep, handler, 9)
    end).cancelled_caught)
    lu.assertEquals(shown, { "boom" })
  end)
end

function TestError.test_a_cancelled_child_and_a_failure_do_not_mix()
  local err = raised(function()
    crib.nursery(function(n)
      n:start_soon(crib.sleep_forever)
      n:start_soon(function()
        local _, cancelled = pcall(crib.sleep_forever)
        error("while cleaning up: " .. tostring(cancelled.source), 0)
      end)
      n:start_soon(error, "first", 0)
    end)
  end)
  lu.assertTrue(crib.is_group(err))
  lu.assertEquals(err.errors, { "first", "while cleaning up: nursery" })
end

function TestError.test_groups_with_cancelled_in_them_pass_pcall_and_lose_it_at_the_scope()
  virtual(function()
    local seen
    local ok, err = pcall(crib.scope, function(scope)
      local _, cancelled
      scope:cancel()
      _, cancelled = pcall(crib.checkpoint)
      crib.pcall(function()
        local _, group = pcall(crib.nursery, function(n)
          n:start_soon(error, "other", 0)
          error(cancelled, 0)
        end)
        seen = group
        error(group, 0)
      end)
      lu.fail "pcall has caught a group with Cancelled in it"
    end)
    lu.assertFalse(ok)
    lu.assertTrue(crib.is_cancelled(seen))
    lu.assertEquals(err.errors, { "other" })
  end)
end

function TestError.test_leaves_and_find()
  local one, two = crib.error(crib.EBROKEN), { cause = crib.error(crib.ECLOSED, "inner") }
  local group = raised(function()
    crib.nursery(function(n)
      n:start_soon(error, one)
      n:start_soon(error, two)
      n:start_soon(function()
        crib.nursery(function(inner)
          inner:start_soon(error, "a", 0)
          inner:start_soon(error, "b", 0)
        end)
      end)
    end)
  end)
  local list = {}
  for leaf in crib.leaves(group) do
    list[#list + 1] = leaf
  end
  lu.assertEquals(#list, 4)
  lu.assertIs(list[1], one)
  lu.assertIs(list[2], two)
  lu.assertEquals({ list[3], list[4] }, { "a", "b" })
  lu.assertIs(crib.find(group, crib.EBROKEN), one)
  lu.assertEquals(crib.find(group, crib.ECLOSED).message, "inner")
  lu.assertNil(crib.find(group, crib.ETOOSLOW))
  lu.assertNil(crib.find("text", crib.ETOOSLOW))
  lu.assertFalse(crib.is_cancelled(group))
end

function TestError.test_errors_of_the_library_say_what_they_are()
  local err = crib.error(-1000001, "of mine")
  lu.assertEquals(tostring(err), "crib: of mine")
  lu.assertIs(raised(error, err), err)
  err = crib.error(crib.ETOOSLOW)
  lu.assertEquals(err.name, "CRIB_ETOOSLOW")
  lu.assertNotNil(err.message)
  virtual(function()
    local cancelled
    crib.move_on_after(1, function()
      cancelled = select(2, pcall(crib.sleep, 5))
      error(cancelled, 0)
    end)
    lu.assertEquals(tostring(cancelled), "crib: cancelled (deadline)")
    lu.assertEquals(cancelled.code, crib.ECANCELLED)
  end)
end

function TestError.test_the_same_library_error_stays_the_same_table()
  virtual(function()
    local first
    local _, second = pcall(crib.nursery, function()
      local _, err = pcall(crib.fail_after, 1, crib.sleep_forever)
      first = err
      error(err, 0)
    end)
    lu.assertEquals(second.errors[1].code, crib.ETOOSLOW)
    lu.assertIs(second.errors[1], first)
  end)
end

function TestError.test_a_tostring_that_fails_does_no_harm()
  local err = setmetatable({}, {
    __tostring = function()
      error "in tostring"
    end,
  })
  lu.assertIs(raised(error, err), err)
end

function TestError.test_deeply_nested_groups_come_back()
  local err = raised(function()
    local function nest(depth)
      crib.nursery(function(n)
        n:start_soon(error, "leaf", 0)
        n:start_soon(function()
          if depth > 0 then
            nest(depth - 1)
          end
        end)
        crib.cancel_shielded_checkpoint()
      end)
    end
    nest(3)
  end)
  for leaf in crib.leaves(err) do
    lu.assertEquals(leaf, "leaf")
  end
end

if rawget(_G, "jit") == nil then
  function TestError.test_to_be_closed_variables_of_a_task_may_wait()
    local log = load [[
      local crib, log = ...
      local scope = crib.move_on_after(1, function()
        crib.nursery(function(n)
          n:start_soon(function()
            local guard <close> = setmetatable({}, { __close = function()
              crib.shielded(function() crib.sleep(2) end)
              log[#log + 1] = "closed"
            end })
            crib.sleep_forever()
          end)
        end)
      end)
      log[#log + 1] = tostring(scope.cancelled_caught)
      return log
    ]]
    lu.assertEquals(virtual(log, crib, {}), { "closed", "true" })
  end
end

support.main()
