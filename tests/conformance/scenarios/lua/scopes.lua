-- 1xx: scopes, what cancels them and who absorbs it.
local crib = require "crib"
local tell = require "tell"
local say, yes, outcome, does, tries = tell.say, tell.yes, tell.outcome, tell.does, tell.tries

-- ---- 101

local function every_checkpoint_fails()
  local tx, rx = crib.channel(1)
  tx:send(1)
  local outer = crib.scope(function(outer)
    tries("checkpoint: %s", crib.checkpoint)
    say "cancels the scope"
    outer:cancel()
    tries("checkpoint: %s", crib.checkpoint)
    tries("sleep: %s", crib.sleep, 1)
    tries("receive, though a value is there: %s", rx.receive, rx)
    local inner
    local err = tell.failure(crib.scope, function(scope)
      inner = scope
      does("checkpoint in an inner scope: %s", crib.checkpoint)
    end)
    say("the inner scope absorbed it: %s", yes(inner.cancelled_caught))
    error(err, 0)
  end)
  say("the cancelled scope absorbed it: %s", yes(outer.cancelled_caught))
  tries("checkpoint behind it: %s", crib.checkpoint)
end

-- ---- 102

local function two_reasons(what, cancel)
  crib.scope(function(outer)
    crib.scope(function(inner)
      cancel(inner, outer)
      say("%s: %s and %s", what, inner.reason or "none", outer.reason or "none")
    end)
  end)
end

local function first_reason_is_kept()
  crib.scope(function(scope)
    scope:cancel "first"
    scope:cancel "second"
    say("cancelled twice: %s", scope.reason)
  end)
  two_reasons("inner, then outer", function(inner, outer)
    inner:cancel "inner's"
    outer:cancel "outer's"
  end)
  two_reasons("outer, then inner", function(inner, outer)
    outer:cancel "outer's"
    inner:cancel "inner's"
  end)
  two_reasons("outer alone", function(_, outer) outer:cancel "outer's" end)
  two_reasons("neither", function() end)
end

-- ---- 103

local function cancel_is_synchronous()
  local event = crib.event()
  local function waits()
    say "waits"
    does("%s", event.wait, event)
  end
  crib.nursery(function(n)
    n:start_soon("a", waits)
    n:start_soon("b", waits)
    crib.checkpoint()
    say("%d wait, cancels", event:statistics().waiting)
    n:cancel()
    say("%d wait", event:statistics().waiting)
  end)
  say "the nursery is closed"
end

-- ---- 104

local function absorbs(cancelled, looks)
  local scope = crib.scope(function(scope)
    if cancelled then scope:cancel() end
    if looks then crib.checkpoint() end
  end)
  return yes(scope.cancelled_caught)
end

local function absorbed_or_not()
  say("cancelled and interrupted: %s", absorbs(true, true))
  say("cancelled, nothing interrupted: %s", absorbs(true, false))
  say("not cancelled: %s", absorbs(false, true))
end

-- ---- 105

local function two_cancelled(what, options)
  local outer = crib.scope(function(outer)
    local inner
    local err = tell.failure(crib.scope, options, function(scope)
      inner = scope
      inner:cancel()
      outer:cancel()
      crib.checkpoint()
    end)
    say("%s: %s", what, yes(inner.cancelled_caught))
    if err then error(err, 0) end
  end)
  say("outer: %s", yes(outer.cancelled_caught))
end

local function outermost_absorbs()
  two_cancelled("inner", {})
  two_cancelled("shielded inner", { shield = true })
end

-- ---- 108

local function has_a_failing_child()
  local _, err = tell.nursery(function(n)
    n:start_soon("b.1", function()
      pcall(crib.sleep_forever)
      say "fails while it cleans up"
      error("boom", 0)
    end)
  end)
  error(err, 0)
end

local function what_is_left()
  local scope
  local err = tell.failure(crib.move_on_after, 1, function(s)
    scope = s
    crib.nursery(function(n)
      n:start_soon("a", does, "cancelled", crib.sleep_forever)
      n:start_soon("b", has_a_failing_child)
    end)
  end)
  say("left: %s, absorbed: %s", outcome(err), yes(scope.cancelled_caught))
end

-- ---- 109

local function failures_pass()
  local scope
  local err = tell.failure(crib.scope, function(s)
    scope = s
    scope:cancel()
    error("boom", 0)
  end)
  say("left: %s, absorbed: %s", outcome(err), yes(scope.cancelled_caught))
  err = tell.failure(crib.scope, function(s)
    scope = s
    local _, failed = tell.nursery(function(n) n:start_soon("failing", error, "boom", 0) end)
    scope:cancel()
    error(failed, 0)
  end)
  say("left: %s, absorbed: %s", outcome(err), yes(scope.cancelled_caught))
end

-- ---- 112, 114

local function cancels_after_a_second(scope)
  crib.sleep(1)
  say "cancels"
  scope:cancel()
end

local function another_task_cancels()
  crib.nursery(function(n)
    local scope = crib.scope(function(scope)
      n:start_soon("helper", cancels_after_a_second, scope)
      does("sleep: %s", crib.sleep, 10)
    end)
    say("absorbed: %s", yes(scope.cancelled_caught))
  end)
end

local function cancel_after_close()
  crib.nursery(function(n)
    crib.scope(function(scope)
      n:start_soon("helper", cancels_after_a_second, scope)
      crib.sleep(0.5)
    end)
    say "closed"
    does("sleep: %s", crib.sleep, 1.5)
  end)
end

-- ---- 131

local function twenty_generations()
  local cancelled = 0
  local function generation(i)
    local err = tell.failure(crib.nursery, function(n)
      if i == 20 then crib.sleep_forever() end
      n:start_soon("generation", generation, i + 1)
    end)
    if crib.is_cancelled(err) then cancelled = cancelled + 1 end
    error(err, 0)
  end
  local scope = crib.move_on_after(1, function()
    local err = tell.failure(crib.nursery, function(n) n:start_soon("generation", generation, 1) end)
    say("%d were cancelled", cancelled)
    error(err, 0)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
end

-- ---- 132

local function scopes_of_the_nursery()
  crib.nursery(function(n)
    local scope = crib.move_on_after(1, function()
      n:start_soon("child", function() does("sleep: %s", crib.sleep, 2) end)
      does("its own sleep: %s", crib.sleep, 10)
    end)
    say("absorbed: %s", yes(scope.cancelled_caught))
  end)
end

-- ---- 137

local function source_and_reason()
  crib.scope(function(scope)
    scope:cancel "enough"
    say("source %s, reason %s", scope.source, scope.reason)
    crib.checkpoint()
  end)
  local late = crib.move_on_after(1, function() crib.sleep(10) end)
  say("source %s", late.source)
  say("the nursery: %s", tell.nursery(function(n)
    n:start_soon("sibling", function()
      local err = tell.failure(crib.sleep_forever)
      say("source %s", n.scope.source)
      error(err, 0)
    end)
    n:start_soon("failing", function()
      say "fails"
      error("boom", 0)
    end)
  end))
end

-- ---- 140

local function no_forged_cancel()
  local kept
  local scope = crib.scope(function(scope)
    scope:cancel()
    kept = tell.failure(crib.checkpoint)
    error(kept, 0)
  end)
  say("absorbed: %s", yes(scope.cancelled_caught))
  say "ends with what it kept"
  error(kept, 0)
end

return {
  [101] = every_checkpoint_fails,
  [102] = first_reason_is_kept,
  [103] = cancel_is_synchronous,
  [104] = absorbed_or_not,
  [105] = outermost_absorbs,
  [108] = what_is_left,
  [109] = failures_pass,
  [112] = another_task_cancels,
  [114] = cancel_after_close,
  [131] = twenty_generations,
  [132] = scopes_of_the_nursery,
  [137] = source_and_reason,
  [140] = no_forged_cancel,
}
