-- 0xx: the slides "Synchronous / Concurrent / Parallel" (S3).
local crib = require "crib"
local tell = require "tell"
local say, yes, does, tries = tell.say, tell.yes, tell.does, tell.tries

-- ---- 031

local function count(name)
  for i = 0, 4 do
    say("%s %d", name, i)
    crib.sleep(1)
  end
end

local function one_then_two()
  count "first"
  say "DONE!"
  crib.nursery(function(n)
    n:start_soon("second", count, "second")
    n:start_soon("third", count, "third")
  end)
end

-- ---- 032

local function schedule(n)
  n:start_soon("hello 1", say, "hello")
  n:start_soon("helper", function()
    say "schedules one too"
    n:start_soon("hello 3", say, "hello")
  end)
  n:start_soon("hello 2", say, "hello")
end

local function nursery_as_parameter()
  crib.nursery(function(n)
    schedule(n)
    say "scheduled"
  end)
  say "closed"
end

-- ---- 033

local function failure_of_a_started_task()
  say("the nursery: %s", tell.nursery(function(n)
    n:start_soon("raising", function()
      say "raises"
      error("raised in a started task", 0)
    end)
    say "works"
    does("its work: %s", crib.sleep, 60)
  end))
end

-- ---- 034

local function finished(seconds)
  crib.sleep(seconds)
  say "finished"
end

local function both_finished()
  crib.nursery(function(n)
    n:start_soon("coroutine1", finished, 1)
    n:start_soon("coroutine2", function()
      crib.nursery(function(inner) inner:start_soon("innermost", finished, 2) end)
      say "finished"
    end)
  end)
  say "both have finished"
end

-- ---- 035

local function no_lock()
  local there = 5
  say "plays without a lock"
  say("the game: %s", tell.nursery(function(n)
    n:start_soon("render", function()
      local players = there
      for _ = 1, players do
        crib.sleep(0.02)
        if there ~= players then
          say("draws %d players, but there are %d", players, there)
          error("the world changed", 0)
        end
      end
    end)
    n:start_soon("update", function()
      crib.sleep(0.05)
      say "p1 leaves"
      there = there - 1
      crib.sleep_forever()
    end)
  end))
end

-- ---- 036

local function with_lock()
  local there, lock = 5, crib.lock()
  local function draw_frame()
    local players = there
    for _ = 1, players do crib.sleep(0.022) end
    say("drew %d players", players)
  end
  local function leaves(i)
    say("p%d leaves", i)
    there = there - 1
  end
  say "plays with a lock"
  local scope = crib.move_on_after(0.3, function()
    crib.nursery(function(n)
      n:start_soon("render", function()
        while true do lock:hold(draw_frame) end
      end)
      n:start_soon("update", function()
        for i = 1, 2 do
          crib.sleep(0.05)
          lock:hold(leaves, i)
        end
      end)
    end)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
  say("%d players are left, the lock is free: %s", there, yes(lock:acquire_nowait()))
  lock:release()
end

-- ---- 037, 038

local function hello_and_bye(receiver)
  return function()
    local tx, rx = crib.channel()
    crib.nursery(function(n)
      n:start_soon("sender", function()
        tx:send "hello"
        tx:send "bye bye"
        tx:close()
      end)
      n:start_soon("receiver", receiver, rx)
    end)
  end
end

local receive_until_closed = hello_and_bye(function(rx)
  for _, time in ipairs { "first", "second", "third" } do
    say("%s %s", time, rx:receive() or "CRIB_EENDOFCHANNEL")
  end
end)

local iterate = hello_and_bye(function(rx)
  for text in rx:iter() do say("got %s", text) end
  say "channel closed!"
end)

-- ---- 039

local function given_away()
  local tx, rx = crib.channel(5)
  for i = 1, 3 do tx:send(i) end
  tell.receives(rx)
  rx:close()
  say("dropped %d", tx:statistics().dropped)
  tries("sending another: %s", tx.send, tx, 4)
end

-- ---- 040, 042

local function move_on()
  local scope = crib.move_on_after(2, function()
    local ok, err = pcall(crib.sleep, 10)
    if ok then return end
    if crib.is_cancelled(err) then say "coroutine cancelled!" end
    error(err, 0)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
end

local function never_yields()
  local scope, called = crib.move_on_after(2, function(scope)
    crib.clock_jump(4)
    return scope.cancel_called
  end)
  say("cancelled: %s, absorbed: %s", yes(called), yes(scope.cancelled_caught))
  tries("checkpoint behind it: %s", crib.checkpoint)
end

return {
  [31] = one_then_two,
  [32] = nursery_as_parameter,
  [33] = failure_of_a_started_task,
  [34] = both_finished,
  [35] = no_lock,
  [36] = with_lock,
  [37] = receive_until_closed,
  [38] = iterate,
  [39] = given_away,
  [40] = move_on,
  [42] = never_yields,
}
