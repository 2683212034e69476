-- 7xx, and 043: graceful cancel.
local crib = require "crib"
local tell = require "tell"
local say, yes, does = tell.say, tell.yes, tell.does

-- ---- tasks that are cut off

local function sleeps_in(options, seconds)
  return function()
    crib.scope(options, function() does("%s", crib.sleep, seconds) end)
  end
end

local idle = sleeps_in({ graceful = true }, 60)
local function request(seconds) return sleeps_in({}, seconds) end
local function saver(seconds) return sleeps_in({ shield = "soft" }, seconds) end
local function keeper(seconds) return sleeps_in({ shield = true }, seconds) end

-- A nursery in a scope; `body` gets both.
local function in_nursery(options, body)
  local scope = crib.scope(options, function(scope)
    crib.nursery(function(n) body(n, scope) end)
  end)
  say("absorbed: %s", yes(scope.cancelled_caught))
end

-- ---- 043

local function server(gracefully)
  local scope = crib.scope(function(scope)
    crib.nursery(function(n)
      n:start_soon("idle", idle)
      n:start_soon("request", request(1))
      crib.sleep(0.5)
      say(gracefully and "asks it to end" or "cancels it")
      if gracefully then scope:cancel_soft { grace = 60 } else scope:cancel() end
    end)
  end)
  say("absorbed by the server: %s", yes(scope.cancelled_caught))
end

local function graceful_and_hard()
  server(true)
  server(false)
end

-- ---- 701

local function takes_requests(n, rx)
  crib.graceful(function()
    local ok, err = pcall(function()
      for i in rx:iter() do
        say("takes %d", i)
        n:start_soon("request", function()
          crib.sleep(0.3)
          say("did %d", i)
        end)
      end
    end)
    say "ends"
    rx:close()
    if not ok then error(err, 0) end
  end)
end

local function sends_requests(tx)
  for i = 1, 3 do
    local err = tell.failure(tx.send, tx, i)
    if err then
      say("sending %d: %s", i, tell.outcome(err))
      return
    end
    crib.sleep(0.4)
  end
end

local function server_drains()
  local tx, rx = crib.channel()
  crib.nursery(function(outer)
    outer:start_soon("client", sends_requests, tx)
    crib.scope(function(scope)
      does("the server has ended: %s", crib.nursery, function(n)
        n:start_soon("server", takes_requests, n, rx)
        crib.sleep(0.5)
        say "drains"
        scope:cancel_soft { grace = 1 }
      end)
    end)
  end)
end

-- ---- 702, 705, 706

local function grace_is_over()
  in_nursery({}, function(n, scope)
    n:start_soon("request", request(10))
    crib.sleep(1)
    say "drains"
    scope:cancel_soft { mode = "drain", grace = 0.5 }
  end)
end

local function hard_time_moves_earlier()
  in_nursery({}, function(n, scope)
    n:start_soon("request", request(10))
    crib.sleep(0.5)
    for _, grace in ipairs { 2, 5, 0.5 } do
      crib.sleep(0.5)
      scope:cancel_soft { grace = grace }
      say("hard in %s ms", tell.in_milliseconds(scope.remaining_grace))
    end
  end)
end

local function cancel_is_now()
  in_nursery({}, function(n, scope)
    n:start_soon("request", request(10))
    crib.sleep(1)
    say "drains"
    scope:cancel_soft { grace = 5 }
    crib.sleep(0.5)
    say "cancels"
    scope:cancel()
  end)
end

-- ---- 703, 704, 707, 711

local function interrupt_after_a_second(scope, grace)
  crib.sleep(1)
  say "interrupts"
  scope:cancel_soft { mode = "interrupt", grace = grace }
end

local function interrupt()
  in_nursery({}, function(n, scope)
    n:start_soon("worker", request(10))
    n:start_soon("saver", saver(1.3))
    interrupt_after_a_second(scope, 2)
  end)
end

local function soft_and_full_shields()
  in_nursery({}, function(n, scope)
    n:start_soon("saver", saver(10))
    n:start_soon("keeper", keeper(2))
    interrupt_after_a_second(scope, 0.5)
  end)
end

local function one_grace_for_all()
  local function cleans_up(what)
    crib.scope({ shield = "soft" }, function() does(what .. " cleanup: %s", crib.sleep, 0.6) end)
  end
  in_nursery({}, function(n, scope)
    n:start_soon("worker", function()
      local err = tell.failure(crib.sleep_forever)
      say("%s", tell.outcome(err))
      cleans_up "first"
      cleans_up "second"
      error(err, 0)
    end)
    interrupt_after_a_second(scope, 1)
  end)
end

local function no_grace()
  in_nursery({}, function(n, scope)
    n:start_soon("saver", saver(10))
    interrupt_after_a_second(scope, 0)
  end)
end

-- ---- 708

local function born_in_that_state()
  in_nursery({}, function(n, scope)
    say "drains"
    scope:cancel_soft { grace = 1 }
    crib.nursery({ drain = true }, function(drains)
      local ok, started = pcall(drains.start_soon, drains, "late", idle)
      say("a nursery that drains refuses: %s", yes(not (ok and started)))
    end)
    n:start_soon("idle", idle)
    n:start_soon("request", request(0.3))
  end)
end

-- ---- 709

local function state_of_a_scope()
  local function state(scope)
    say("%s, hard in %s ms, until %s", scope.state, tell.in_milliseconds(scope.remaining_grace), tell.deadline())
  end
  local scope = crib.scope(function(scope)
    say("%s, until %s", scope.state, tell.deadline())
    scope:cancel_soft { grace = 1 }
    state(scope)
    crib.graceful(function() say("in a graceful region: until %s", tell.deadline()) end)
    local err = tell.failure(crib.sleep, 10)
    say("sleep: %s", tell.outcome(err))
    state(scope)
    error(err, 0)
  end)
  say("absorbed: %s", yes(scope.cancelled_caught))
end

-- ---- 710

local function deadline_with_grace()
  in_nursery({ timeout = 1, grace = 0.5 }, function(n)
    n:start_soon("worker", request(10))
    n:start_soon("saver", saver(10))
  end)
end

-- ---- 712

local function nursery_with_grace()
  say("the nursery: %s", tell.nursery({ grace = 0.5 }, function(n)
    n:start_soon("failing", tell.fails(1, "boom"))
    n:start_soon("worker", request(10))
    n:start_soon("saver", saver(1.3))
  end))
end

-- ---- 713

local function reason_stays()
  local scope = crib.scope(function(scope)
    scope:cancel_soft { grace = 1, reason = "maintenance" }
    say("soft: %s, %s", scope.source, scope.reason)
    scope:cancel "now"
    say("hard: %s, %s", scope.source, scope.reason)
    does("checkpoint: %s", crib.checkpoint)
  end)
  say("absorbed: %s", yes(scope.cancelled_caught))
end

return {
  [43] = graceful_and_hard,
  [701] = server_drains,
  [702] = grace_is_over,
  [703] = interrupt,
  [704] = soft_and_full_shields,
  [705] = hard_time_moves_earlier,
  [706] = cancel_is_now,
  [707] = one_grace_for_all,
  [708] = born_in_that_state,
  [709] = state_of_a_scope,
  [710] = deadline_with_grace,
  [711] = no_grace,
  [712] = nursery_with_grace,
  [713] = reason_stays,
}
