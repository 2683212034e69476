-- 0xx: the cells of the introductory notebook (S2).
local crib = require "crib"
local tell = require "tell"
local say, yes, tries = tell.say, tell.yes, tell.tries

-- ---- 011, 012

local function run_returns()
  local function doubled(x) return 2 * x end
  return doubled(3)
end

local function double_sleep()
  say "sleeps"
  crib.sleep(2 * 3)
  say "slept"
end

-- ---- 014

local function child(seconds)
  say "started, sleeping"
  crib.sleep(seconds)
  say "exiting"
end

local function parent_and_children()
  say "started"
  crib.nursery(function(n)
    say "starting child1"
    n:start_soon("child1", child, 3)
    say "starting child2"
    n:start_soon("child2", child, 1)
    say "waiting for both"
  end)
  say "all done"
end

-- ---- 015

local function failure_reaches_the_parent()
  say("the nursery: %s", tell.nursery(function(n)
    n:start_soon("child", tell.fails(1, "a child's trouble"))
    say "waits for the child"
  end))
  say "goes on"
end

-- ---- 017

local function ten_thousand_tasks()
  local slept = 0
  say "starts 10000 tasks"
  crib.nursery(function(n)
    for _ = 1, 10000 do
      n:start_soon("sleeper", function()
        crib.sleep(1)
        slept = slept + 1
      end)
    end
  end)
  say("%d have slept", slept)
end

-- ---- 019

local function computes(yields)
  local rounds = 0
  local scope = crib.move_on_after(2, function()
    while rounds < 40 do
      crib.clock_jump(0.1)
      rounds = rounds + 1
      if yields then crib.sleep(0) end
    end
  end)
  say("%d rounds, timed out: %s", rounds, yes(scope.cancelled_caught))
end

local function computing_loop()
  say "computes, with sleep(0) in each round"
  computes(true)
  say "computes, without"
  computes(false)
end

-- ---- 020

local function cancelled_until_handled()
  local scope = crib.move_on_after(1, function()
    say "sleeps"
    tries("sleep: %s", crib.sleep, 10)
    tries("sleep: %s", crib.sleep, 10)
    tell.does("sleep: %s", crib.sleep, 10)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
  tries("sleep: %s", crib.sleep, 1)
end

-- ---- 021

local function catch_all()
  local scope = crib.move_on_after(1, function()
    tries("handles %s", error, "boom", 0)
    tries("handles %s", crib.sleep, 10)
    tries("handles %s", crib.sleep, 10)
    say "gives up"
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
end

-- ---- 022

local function fail_after()
  tries("in time: %s", crib.fail_after, 2, function() crib.sleep(1) end)
  tries("too late: %s", crib.fail_after, 2, function() crib.sleep(10) end)
  tries("cancelled by hand: %s", crib.fail_after, 2, function(scope)
    crib.sleep(1)
    scope:cancel()
    crib.sleep(1)
  end)
end

return {
  [11] = run_returns,
  [12] = double_sleep,
  [14] = parent_and_children,
  [15] = failure_reaches_the_parent,
  [17] = ten_thousand_tasks,
  [19] = computing_loop,
  [20] = cancelled_until_handled,
  [21] = catch_all,
  [22] = fail_after,
}
