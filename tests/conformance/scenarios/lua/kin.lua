-- 6xx: the kin of locks: events, semaphores, conditions, limiters, barriers.
local crib = require "crib"
local tell = require "tell"
local say, yes, tries = tell.say, tell.yes, tell.tries

-- ---- 602

local function semaphore()
  local permits = crib.semaphore(2, 2)
  local function stays_a_second()
    permits:hold(function()
      say "in"
      crib.sleep(1)
      say "out"
    end)
  end
  crib.nursery(function(n)
    for _, name in ipairs { "a", "b", "c" } do n:start_soon(name, stays_a_second) end
  end)
  tries("one permit more: %s", permits.release, permits)
end

-- ---- 603

-- Whether the task has the lock of a condition; gives it back.
local function held(condition) return yes(pcall(condition.release, condition)) end

local function condition()
  local changed = crib.condition()
  local function waits()
    changed:acquire()
    changed:wait()
    say("goes on, with the lock: %s", held(changed))
  end
  crib.nursery(function(n)
    for _, name in ipairs { "a", "b", "c" } do n:start_soon(name, waits) end
    crib.checkpoint()
    tries("without the lock: %s", changed.notify, changed)
    changed:hold(function() say("notifies one: %d", changed:notify()) end)
    crib.sleep(1)
    changed:hold(function() say("notifies all: %d", changed:notify_all()) end)
  end)
end

-- ---- 604, 612

local function limiter()
  local tokens = crib.limiter(1)
  local function borrows(twice)
    tokens:hold(function()
      say "in"
      if twice then tries("once more: %s", tokens.acquire, tokens) end
      crib.sleep(1)
      say "out"
    end)
  end
  crib.nursery(function(n)
    n:start_soon("a", borrows, true)
    n:start_soon("b", borrows, false)
    crib.sleep(0.5)
    say "total 2"
    tokens:set_total(2)
    tokens:set_total(0)
    say("total 0, lent %d", tokens:statistics().borrowed)
    tries("giving back what it has not: %s", tokens.release, tokens)
  end)
  say("lent %d", tokens:statistics().borrowed)
end

local function one_token_each()
  local tokens, guest = crib.limiter(0), {}
  local function waits_for_the_guest()
    local err = tell.failure(tokens.acquire_on_behalf_of, tokens, guest)
    say("%s", tell.outcome(err))
    if not err then tokens:release_on_behalf_of(guest) end
  end
  crib.nursery(function(n)
    n:start_soon("a", waits_for_the_guest)
    n:start_soon("b", waits_for_the_guest)
    crib.sleep(1)
    say "total 2"
    tokens:set_total(2)
  end)
end

-- ---- 611

local function notification_goes_on()
  local changed = crib.condition()
  local function waits()
    changed:acquire()
    local err = tell.failure(changed.wait, changed)
    say("%s, with the lock: %s", tell.outcome(err), held(changed))
    if err then error(err, 0) end
  end
  crib.nursery(function(n)
    local a = n:spawn("a", waits)
    n:start_soon("b", waits)
    crib.sleep(1)
    changed:hold(function()
      say("notifies one: %d, cancels a", changed:notify())
      a:cancel()
    end)
  end)
end

-- ---- 613

local function barrier()
  local three = crib.barrier(3)
  local function comes_twice(seconds)
    for _ = 1, 2 do
      crib.sleep(seconds)
      say("goes on, was last: %s", yes(three:wait()))
    end
  end
  crib.nursery(function(n)
    n:start_soon("a", comes_twice, 0.1)
    n:start_soon("b", comes_twice, 0.2)
    n:start_soon("c", comes_twice, 0.3)
  end)
end

-- ---- 699

local function event()
  local happened = crib.event()
  local function waits()
    say "waits"
    happened:wait()
    say "goes on"
  end
  crib.nursery(function(n)
    n:start_soon("a", waits)
    n:start_soon("b", waits)
    crib.sleep(1)
    say("is it set: %s", yes(happened:is_set()))
    happened:set()
    happened:set()
    say("is it set: %s", yes(happened:is_set()))
    tries("waiting: %s", happened.wait, happened)
  end)
end

return {
  [602] = semaphore,
  [603] = condition,
  [604] = limiter,
  [611] = notification_goes_on,
  [612] = one_token_each,
  [613] = barrier,
  [699] = event,
}
