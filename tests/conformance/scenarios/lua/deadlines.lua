-- 1xx: deadlines and shields.
local crib = require "crib"
local tell = require "tell"
local say, yes, does, tries = tell.say, tell.yes, tell.does, tell.tries

-- Runs a block in a scope; gives the scope, and what passed through it.
local function inside(options, body)
  local inner
  local err = tell.failure(crib.scope, options, function(scope)
    inner = scope
    body(scope)
  end)
  return inner, err
end

-- ---- 106

local function two_deadlines_at_once()
  local called
  local outer = crib.move_on_after(1, function(outer)
    local inner, err = inside({ timeout = 1 }, function(inner)
      local failure = tell.failure(crib.sleep, 10)
      called = inner.cancel_called
      error(failure, 0)
    end)
    say("inner: cancelled %s, absorbed %s", yes(called), yes(inner.cancelled_caught))
    called = outer.cancel_called
    error(err, 0)
  end)
  say("outer: cancelled %s, absorbed %s", yes(called), yes(outer.cancelled_caught))
end

-- ---- 115

local function deadline_moves()
  crib.nursery(function(n)
    crib.move_on_after(1, function(scope)
      scope.deadline = crib.now() + 3
      does("to later: %s", crib.sleep, 10)
    end)
    crib.move_on_after(10, function(scope)
      n:start_soon("helper", function()
        crib.sleep(0.5)
        scope.deadline = crib.now() - 1
      end)
      does("into the past: %s", crib.sleep, 10)
    end)
    crib.move_on_after(1, function(scope)
      scope.deadline = math.huge
      does("taken away: %s", crib.sleep, 2)
    end)
  end)
end

-- ---- 116

local function deadline_ends_with_scope()
  local scope = crib.move_on_after(1, function() crib.sleep(0.5) end)
  say("closed, absorbed: %s", yes(scope.cancelled_caught))
  does("slept past the deadline: %s", crib.sleep, 1.5)
end

-- ---- 117

local function expiry_is_final()
  local scope = crib.move_on_after(1, function(scope)
    tries("sleep: %s", crib.sleep, 10)
    say("source %s, moves the deadline", scope.source)
    scope.deadline = crib.now() + 10
    does("checkpoint: %s", crib.checkpoint)
  end)
  say("absorbed: %s", yes(scope.cancelled_caught))
end

-- ---- 120

local function timeout_counts_from_entry()
  local function sleeps_until_moved_on()
    crib.move_on_after(2, crib.sleep_forever)
    say "moved on"
  end
  sleeps_until_moved_on()
  crib.sleep(1)
  say "once more"
  sleeps_until_moved_on()
end

-- ---- 123

local function cancelled_by_the_clock()
  crib.move_on_after(1, function(scope)
    crib.clock_jump(0.999)
    say("cancelled: %s", yes(scope.cancel_called))
    crib.clock_jump(0.001)
    say("cancelled: %s", yes(scope.cancel_called))
    scope.deadline = crib.now() + 10
    say("with a later deadline: %s", yes(scope.cancel_called))
    does("checkpoint: %s", crib.checkpoint)
  end)
end

-- ---- 124

local function entered_too_late()
  local function looks_inside()
    say "inside"
    does("checkpoint: %s", crib.checkpoint)
  end
  crib.sleep(1)
  local scope = crib.move_on_at(crib.now() - 1, looks_inside)
  say("absorbed: %s", yes(scope.cancelled_caught))
  scope = crib.move_on_after(0, looks_inside)
  say("absorbed: %s", yes(scope.cancelled_caught))
end

-- ---- 126

local function shield()
  local outer = crib.move_on_after(1, function()
    crib.shielded(function() does("shielded sleep: %s", crib.sleep, 2) end)
    tries("checkpoint behind it: %s", crib.checkpoint)
    local inner = crib.scope({ shield = true, timeout = 0.5 }, function()
      does("sleep in a shield with a timeout: %s", crib.sleep_forever)
    end)
    say("absorbed by the shielded scope: %s", yes(inner.cancelled_caught))
    does("checkpoint behind it: %s", crib.checkpoint)
  end)
  say("absorbed by the outer scope: %s", yes(outer.cancelled_caught))
end

-- ---- 127

local function up_and_down()
  crib.scope(function(outer)
    outer:cancel()
    crib.scope(function(inner)
      tries("shield down: %s", crib.checkpoint)
      inner.shield = true
      tries("shield up: %s", crib.checkpoint)
      inner.shield = false
      does("shield down: %s", crib.checkpoint)
    end)
  end)
end

local function shield_goes_up_and_down()
  up_and_down()
  crib.nursery(function(n)
    local outer, inner
    n:start_soon("child", function()
      crib.scope(function(scope)
        outer = scope
        local _, err = inside({ shield = true }, function(shielded)
          inner = shielded
          does("sleep: %s", crib.sleep_forever)
        end)
        say("inner: %s", yes(inner.cancelled_caught))
        error(err, 0)
      end)
      say("outer: %s", yes(outer.cancelled_caught))
    end)
    n:start_soon("helper", function()
      crib.sleep(0.5)
      say "cancels"
      outer:cancel()
      crib.sleep(0.5)
      say "lowers the shield"
      inner.shield = false
    end)
  end)
end

-- ---- 129

local function unshielded_on_the_way()
  local outer = crib.scope(function(outer)
    outer:cancel()
    local inner, err = inside({ shield = true }, function(scope)
      scope:cancel()
      local failure = tell.failure(crib.checkpoint)
      say("checkpoint: %s", tell.outcome(failure))
      scope.shield = false
      error(failure, 0)
    end)
    say("inner: %s", yes(inner.cancelled_caught))
    error(err, 0)
  end)
  say("outer: %s", yes(outer.cancelled_caught))
end

-- ---- 130

local function effective_deadline()
  local function deadline(what) say("%s: %s", what, tell.deadline()) end
  deadline "no scope"
  crib.move_on_after(5, function(outer)
    deadline "5 s"
    crib.move_on_after(2, function() deadline "2 s inside" end)
    crib.move_on_after(9, function() deadline "9 s inside" end)
    crib.shielded(function() deadline "a shield inside" end)
    crib.scope({ shield = true, timeout = 9 }, function() deadline "a shield of 9 s inside" end)
    outer:cancel()
    deadline "cancelled"
  end)
end

-- ---- 150

local function connection(goodbye)
  local err = tell.failure(crib.sleep_forever)
  local scope = crib.scope({ shield = true, timeout = 0.5 }, function()
    say "closes"
    crib.sleep(goodbye)
  end)
  say("said goodbye: %s", yes(not scope.cancelled_caught))
  error(err, 0)
end

local function bounded_cleanup()
  local scope = crib.move_on_after(1, function()
    crib.nursery(function(n)
      n:start_soon("quick", connection, 0.1)
      n:start_soon("slow", connection, 10)
    end)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
end

return {
  [106] = two_deadlines_at_once,
  [115] = deadline_moves,
  [116] = deadline_ends_with_scope,
  [117] = expiry_is_final,
  [120] = timeout_counts_from_entry,
  [123] = cancelled_by_the_clock,
  [124] = entered_too_late,
  [126] = shield,
  [127] = shield_goes_up_and_down,
  [129] = unshielded_on_the_way,
  [130] = effective_deadline,
  [150] = bounded_cleanup,
}
