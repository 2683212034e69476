-- 2xx: checkpoints and the order of tasks.
local crib = require "crib"
local tell = require "tell"
local say, yes, does, tries = tell.say, tell.yes, tell.does, tell.tries

-- ---- 243

local function every_operation_looks()
  local tx, rx = crib.channel(2)
  local event, lock, semaphore = crib.event(), crib.lock(), crib.semaphore(1)
  tx:send(1)
  event:set()
  crib.scope(function(scope)
    scope:cancel()
    tries("send: %s", tx.send, tx, 2)
    tries("receive: %s", rx.receive, rx)
    tries("wait for the event: %s", event.wait, event)
    tries("acquire the lock: %s", lock.acquire, lock)
    tries("acquire the semaphore: %s", semaphore.acquire, semaphore)
    tries("sleep no time: %s", crib.sleep, 0)
  end)
  local free, permit = lock:acquire_nowait(), semaphore:acquire_nowait()
  say("values: %d, the lock is free: %s, a permit is left: %s", tx:statistics().buffered, yes(free), yes(permit))
  lock:release()
end

-- ---- 247

local function rounds(most)
  for i = 1, most do
    say("round %d", i)
    if i < most then crib.checkpoint() end
  end
end

local function halves_of_a_checkpoint()
  local function three_checkpoints()
    tries("checkpoint_if_cancelled: %s", crib.checkpoint_if_cancelled)
    tries("cancel_shielded_checkpoint: %s", crib.cancel_shielded_checkpoint)
    tries("checkpoint: %s", crib.checkpoint)
  end
  crib.nursery(function(n)
    n:start_soon("other", rounds, 4)
    three_checkpoints()
    crib.scope(function(scope)
      scope:cancel()
      three_checkpoints()
    end)
  end)
end

-- ---- 249

local function what_blocks_schedule()
  crib.nursery(function(n)
    n:start_soon("other", rounds, 2)
    crib.scope(function() end)
    say "a scope was opened and closed"
    does("and closed: %s", crib.nursery, function() say "a nursery was opened" end)
    local scope = crib.scope(function(scope)
      scope:cancel()
      does("a nursery in a cancelled scope: %s", crib.nursery, function() end)
    end)
    say("absorbed: %s", yes(scope.cancelled_caught))
  end)
end

-- ---- 250

local function close_in_a_cancelled_scope()
  local tx, rx = crib.channel()
  crib.nursery(function(n)
    n:start_soon("receiver", tell.receives, rx)
    crib.checkpoint()
    crib.scope(function(scope)
      scope:cancel()
      say "closes"
      tx:close()
      tries("checkpoint: %s", crib.checkpoint_if_cancelled)
    end)
  end)
end

-- ---- 251

local function sleep_of_no_length()
  crib.nursery(function(n)
    n:start_soon("a", function()
      for i = 1, 3 do
        say("%d", i)
        crib.sleep(0)
      end
    end)
    n:start_soon("b", function()
      for i = 1, 3 do
        say("%d", i)
        crib.sleep_until(crib.now() - 1)
      end
    end)
  end)
end

-- ---- 254

local function handed_over_is_handed_over()
  local event, tx, rx = crib.event(), crib.channel()
  crib.nursery(function(n)
    n:start_soon("a", function()
      does("the event: %s", event.wait, event)
      does("checkpoint: %s", crib.checkpoint)
    end)
    n:start_soon("b", function()
      tell.receives(rx)
      does("checkpoint: %s", crib.checkpoint)
    end)
    crib.checkpoint()
    event:set()
    tx:send(7)
    n:cancel()
    say "has cancelled"
  end)
end

-- ---- 257

local function in_order_of_getting_ready()
  local event = crib.event()
  crib.nursery(function(n)
    n:start_soon("waiter", function()
      say "waits"
      event:wait()
      say "runs"
    end)
    crib.checkpoint()
    say "starts x, sets the event, starts y"
    n:start_soon("x", say, "runs")
    event:set()
    n:start_soon("y", say, "runs")
    say "goes on"
  end)
end

-- ---- 259

local function busy_task()
  crib.nursery(function(n)
    n:start_soon("sleeper", function()
      crib.sleep(0.25)
      say "woke"
    end)
    n:start_soon("busy", function()
      for _ = 1, 10 do
        crib.clock_jump(0.1)
        crib.checkpoint()
      end
      say "done"
    end)
  end)
end

-- ---- 260

local function far_future()
  say "sleeps"
  crib.sleep(100 * 24 * 3600)
  say "woke"
end

return {
  [243] = every_operation_looks,
  [247] = halves_of_a_checkpoint,
  [249] = what_blocks_schedule,
  [250] = close_in_a_cancelled_scope,
  [251] = sleep_of_no_length,
  [254] = handed_over_is_handed_over,
  [257] = in_order_of_getting_ready,
  [259] = busy_task,
  [260] = far_future,
}
