-- 4xx: start and started.
local crib = require "crib"
local tell = require "tell"
local say, yes, does, tries = tell.say, tell.yes, tell.does, tell.tries

-- ---- 475

local function start_waits_until_started()
  crib.nursery(function(n)
    say "waits for the service to start"
    local value = n:start("service", function()
      say "prepares"
      crib.sleep(1)
      say "says that it is started"
      crib.started(42)
      say "goes on"
      crib.sleep(1)
      say "ends"
    end)
    say("the service started with %d", value)
  end)
  say "the nursery is closed"
end

-- ---- 476, 483

local function started_in_time(service)
  return function()
    does("the nursery: %s", crib.nursery, function(n)
      crib.move_on_after(1, function()
        does("start: %s", n.start, n, "service", service)
        does("its own sleep: %s", crib.sleep, 10)
      end)
    end)
  end
end

local scopes_before_and_after = started_in_time(function()
  crib.sleep(0.5)
  crib.started()
  crib.sleep(2)
  say "ends"
end)

local subtree_moves = started_in_time(function()
  crib.nursery(function(n)
    n:start_soon("helper", function()
      crib.sleep(2)
      say "ends"
    end)
    crib.sleep(0.5)
    crib.started()
  end)
  say "ends"
end)

-- ---- 477, 478, 479

local function fails_before_started()
  does("the nursery: %s", crib.nursery, function(n)
    n:start_soon("sibling", function()
      crib.sleep(1)
      say "ends"
    end)
    tries("start: %s", n.start, n, "broken", tell.fails(0.5, "boom"))
  end)
end

local function never_started()
  does("the nursery: %s", crib.nursery, function(n)
    tries("start: %s", n.start, n, "child", say, "ends")
  end)
end

local function started_twice()
  crib.nursery(function(n)
    local value = n:start("service", function()
      tries("started with 1: %s", crib.started, 1)
      tries("started with 2: %s", crib.started, 2)
    end)
    say("the service started with %d", value)
  end)
end

-- ---- 480, 481

local function start_within_a_second(service)
  return function()
    does("the nursery: %s", crib.nursery, function(n)
      local scope = crib.move_on_after(1, function()
        does("start: %s", n.start, n, "service", service)
      end)
      say("absorbed: %s", yes(scope.cancelled_caught))
    end)
  end
end

local start_is_cancelled = start_within_a_second(function()
  local err = tell.failure(crib.sleep, 10)
  crib.shielded(function()
    say("%s, cleans up", tell.outcome(err))
    crib.sleep(0.5)
  end)
  say "ends"
  error(err, 0)
end)

local started_too_late = start_within_a_second(function()
  crib.shielded(function() crib.sleep(1.5) end)
  tries("started: %s", crib.started)
  does("checkpoint: %s", crib.checkpoint)
end)

-- ---- 402, 482

local function starts(n, service) tries("start: %s", n.start, n, "service", service) end

local function target_is_cancelled()
  crib.nursery(function(outer)
    crib.nursery(function(n)
      outer:start_soon("starter", starts, n, tell.sleeps(10))
      crib.sleep(1)
      say "cancels the nursery"
      n:cancel()
    end)
  end)
  say "all closed"
end

local function pending_start()
  crib.nursery(function(outer)
    crib.nursery(function(n)
      outer:start_soon("starter", starts, n, function()
        crib.sleep(1)
        say "is started"
        crib.started()
        crib.sleep(1)
        say "ends"
      end)
      crib.checkpoint()
      say "the body ends"
    end)
    say "the nursery is closed"
  end)
end

return {
  [402] = target_is_cancelled,
  [475] = start_waits_until_started,
  [476] = scopes_before_and_after,
  [477] = fails_before_started,
  [478] = never_started,
  [479] = started_twice,
  [480] = start_is_cancelled,
  [481] = started_too_late,
  [482] = pending_start,
  [483] = subtree_moves,
}
