-- 0xx: the demo with two producers and a consumer, and what is told about it (S0).
local crib = require "crib"
local tell = require "tell"
local say, yes, does = tell.say, tell.yes, tell.does

-- ---- 001, 002

local function produces(tx, items, pause)
  local ok, err = pcall(function()
    for i = 1, items do
      tx:send(i * i)
      say("generated item %d", i)
      crib.sleep(pause(i))
    end
  end)
  tx:close()
  if not ok then
    say "cancelled"
    error(err, 0)
  end
end

local function consumes(rx)
  local ok, err = pcall(function()
    for value in rx:iter() do
      say("processed value %d", value)
      crib.sleep(0.5)
    end
  end)
  say(ok and "no more" or "cancelled")
  if not ok then error(err, 0) end
end

local function demo(items)
  return function()
    say "App started."
    local tx, rx = crib.channel(10)
    local scope = crib.move_on_after(5, function()
      crib.nursery(function(n)
        n:start_soon("Prod 1", produces, tx, items, function(i) return 0.5 + 0.3 * (i % 4) end)
        n:start_soon("Prod 2", produces, tx:clone(), items, function(i) return 0.5 + 0.17 * (i % 6) end)
        n:start_soon("Consumer", consumes, rx)
      end)
    end)
    say("timed out: %s", yes(scope.cancelled_caught))
    say "App exiting."
  end
end

-- ---- 003

local function has_children(...)
  local names = { ... }
  does("cleans up", crib.nursery, function(n)
    for _, name in ipairs(names) do
      n:start_soon(name, does, "cleans up", crib.sleep_forever)
    end
  end)
end

local function descendants_are_cancelled()
  local scope = crib.move_on_after(5, function()
    say "starts"
    does("the nursery is closed", crib.nursery, function(n)
      n:start_soon("one", has_children, "one.1", "one.2")
      n:start_soon("two", has_children, "two.1", "two.2")
    end)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
end

-- ---- 004

local function begins(f, ...)
  say "begins"
  does("%s", f, ...)
end

local function one_child_fails()
  local scope
  local ok, err = crib.pcall(crib.move_on_after, 5, function(s)
    scope = s
    local text, failure = tell.nursery(function(n)
      n:start_soon("sibling", begins, crib.sleep, 60)
      n:start_soon("failing", function()
        crib.sleep(1)
        say "fails"
        n:start_soon("latecomer", begins, crib.checkpoint)
        error("boom", 0)
      end)
    end)
    say("the nursery: %s", text)
    error(failure, 0)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
  if not ok then error(err, 0) end
end

-- ---- 005

local function full_buffer()
  local tx, rx = crib.channel(10)
  crib.nursery(function(n)
    n:start_soon("sender", function()
      for i = 1, 10 do tx:send(i) end
      say "sent 10 items"
      tx:send(11)
      say "sent one more"
    end)
    crib.sleep(3)
    tell.receives(rx)
  end)
end

-- ---- 006

local function task_names()
  crib.nursery(function(n)
    local task = n:spawn("Prod 1", function()
      say "begins"
      say "gets another name"
      crib.current_task().name = "Prod 2"
      say "goes on"
      crib.sleep(1)
    end)
    say("its name is %s", task.name)
    crib.checkpoint()
    say("now its name is %s", task.name)
  end)
end

-- ---- 007

local function fixed_sleeps()
  say "App started."
  local tx, rx = crib.channel(10)
  local generated, processed = { 0, 0 }, 0
  local function generates(which, mine)
    for i = 1, 20 do
      mine:send(i * i)
      generated[which] = generated[which] + 1
      crib.sleep(0.7)
    end
    mine:close()
  end
  crib.move_on_after(5, function()
    crib.nursery(function(n)
      n:start_soon(generates, 1, tx)
      n:start_soon(generates, 2, tx:clone())
      n:start_soon(function()
        for _ in rx:iter() do
          processed = processed + 1
          crib.sleep(0.5)
        end
      end)
    end)
  end)
  say("generated %d and %d, processed %d", generated[1], generated[2], processed)
  say "App exiting."
end

return {
  [1] = demo(20),
  [2] = demo(2),
  [3] = descendants_are_cancelled,
  [4] = one_child_fails,
  [5] = full_buffer,
  [6] = task_names,
  [7] = fixed_sleeps,
}
