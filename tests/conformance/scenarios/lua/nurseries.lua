-- 3xx: nurseries.
local crib = require "crib"
local tell = require "tell"
local say, yes, does = tell.say, tell.yes, tell.does

-- ---- 361

local function close_waits_for_all()
  crib.nursery(function(n)
    n:start_soon("first", function()
      crib.sleep(1)
      say "starts a second"
      n:start_soon("second", function()
        crib.sleep(1)
        say "ends"
      end)
      say "ends"
    end)
    say "the body ends"
  end)
  say "the nursery is closed"
end

-- ---- 362, 363

local function child_fails()
  say("the nursery: %s", tell.nursery(function(n)
    n:start_soon("sibling", tell.sleeps(10))
    n:start_soon("failing", tell.fails(1, "boom"))
    does("the body: %s", crib.sleep, 10)
  end))
end

local function body_fails()
  say("the nursery: %s", tell.nursery(function(n)
    n:start_soon("child", tell.sleeps(10))
    crib.sleep(0.5)
    say "the body fails"
    error("boom", 0)
  end))
end

-- ---- 364

local function groups_nest()
  local function boom() error("boom", 0) end
  local function has_one_that_fails()
    local _, err = tell.nursery(function(n) n:start_soon("failing", boom) end)
    error(err, 0)
  end
  say("nobody failed: %s", tell.nursery(function() end))
  say("one nursery: %s", tell.nursery(function(n) n:start_soon("child", boom) end))
  say("two nurseries: %s", tell.nursery(function(n) n:start_soon("child", has_one_that_fails) end))
end

-- ---- 365

local function no_failure_is_lost()
  local function fails_when_cancelled(message, cleanup)
    pcall(crib.sleep_forever)
    if cleanup then crib.shielded(function() crib.sleep(cleanup) end) end
    say "fails"
    error(message, 0)
  end
  say("the nursery: %s", tell.nursery(function(n)
    n:start_soon("one", tell.fails(1, "one"))
    n:start_soon("two", fails_when_cancelled, "two")
    n:start_soon("three", fails_when_cancelled, "three", 0.5)
    fails_when_cancelled "body"
  end))
end

-- ---- 367

local function whose_cancel()
  say("the nursery's own: %s", tell.nursery(function(n)
    n:start_soon("child", crib.sleep_forever)
    crib.sleep(0.5)
    n:cancel()
  end))
  local scope = crib.scope(function(scope)
    local text, err = tell.nursery(function(n)
      n:start_soon("child", crib.sleep_forever)
      crib.sleep(0.5)
      scope:cancel()
    end)
    say("the scope's: %s", text)
    error(err, 0)
  end)
  say("absorbed by the scope: %s", yes(scope.cancelled_caught))
end

-- ---- 368

local function close_adds_nothing()
  local scope = crib.move_on_after(1, function()
    does("the nursery: %s", crib.nursery, function(n)
      n:start_soon("child", function()
        pcall(crib.sleep_forever)
        say "ends well"
      end)
    end)
  end)
  say("absorbed: %s", yes(scope.cancelled_caught))
end

-- ---- 370

local function start_in_a_cancelled_nursery()
  does("the nursery: %s", crib.nursery, function(n)
    n:cancel()
    tell.tries("cancels, starts a child: %s", n.start_soon, n, "child", function()
      say "runs"
      does("checkpoint: %s", crib.checkpoint)
    end)
  end)
end

-- ---- 371

local function task_tree()
  crib.nursery(function(n)
    local function count_children() say("%d children, opened by %s", n.count, n.parent_task.name) end
    n:start_soon("short", function()
      count_children()
      crib.sleep(1)
      n:start_soon("third", crib.sleep, 2.5)
      count_children()
    end)
    n:start_soon("long", crib.sleep, 3)
    count_children()
    crib.sleep(1.5)
    count_children()
    n:wait_idle()
    count_children()
  end)
end

-- ---- 374

local function main_fails()
  say "fails"
  error("boom", 0)
end

return {
  [361] = close_waits_for_all,
  [362] = child_fails,
  [363] = body_fails,
  [364] = groups_nest,
  [365] = no_failure_is_lost,
  [367] = whose_cancel,
  [368] = close_adds_nothing,
  [370] = start_in_a_cancelled_nursery,
  [371] = task_tree,
  [374] = main_fails,
}
