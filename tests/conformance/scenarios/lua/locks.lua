-- 6xx: locks.
local crib = require "crib"
local tell = require "tell"
local say, tries, without_waiting = tell.say, tell.tries, tell.without_waiting

-- ---- 600

local function lock_is_handed_over()
  local lock = crib.lock()
  local function holds_it_a_little()
    lock:hold(function()
      say "has it"
      crib.sleep(0.1)
    end)
  end
  lock:acquire()
  crib.nursery(function(n)
    n:start_soon("a", holds_it_a_little)
    n:start_soon("b", holds_it_a_little)
    crib.checkpoint()
    say "releases it"
    lock:release()
    say("acquiring without waiting: %s", without_waiting(lock:acquire_nowait()))
    tries("acquiring: %s", lock.acquire, lock)
    lock:release()
  end)
end

-- ---- 601, 610

local function ends_with(lock, seconds)
  lock:acquire()
  if seconds then crib.sleep(seconds) end
  say "ends"
end

local function owner_ends()
  local lock = crib.lock()
  crib.nursery(function(n)
    n:start_soon("owner", ends_with, lock, 1)
    n:start_soon("waiter", tries, "%s", lock.acquire, lock)
    n:wait_idle()
    tries("acquiring: %s", lock.acquire, lock)
    tries("acquiring without waiting: %s", lock.acquire_nowait, lock)
  end)
end

local function recover()
  local lock = crib.lock()
  crib.nursery(function(n)
    tries("taking over what is not broken: %s", lock.recover, lock)
    n:start_soon("owner", ends_with, lock)
    n:wait_idle()
    tries("taking over: %s", lock.recover, lock)
    lock:release()
    n:start_soon("other", function()
      tries("acquiring: %s", lock.acquire, lock)
      lock:release()
    end)
  end)
end

-- ---- 605

local function three_stay(what, guard)
  local order, inside, most = "", 0, 0
  local function stays_a_little()
    guard:hold(function()
      order = order .. crib.current_task().name
      inside = inside + 1
      most = math.max(most, inside)
      crib.sleep(0.1)
      inside = inside - 1
    end)
  end
  crib.nursery(function(n)
    for _, name in ipairs { "a", "b", "c" } do n:start_soon(name, stays_a_little) end
  end)
  say("%s: %s, at most %d inside", what, order, most)
end

local function one_at_a_time()
  three_stay("lock", crib.lock())
  three_stay("semaphore", crib.semaphore(1))
  three_stay("limiter", crib.limiter(1))
end

-- ---- 606

local function waiters_in_order()
  local lock = crib.lock()
  local function takes_its_turn()
    local err = tell.failure(lock.acquire, lock)
    say(err and tell.outcome(err) or "has it")
    if err then error(err, 0) end
    lock:release()
  end
  lock:acquire()
  crib.nursery(function(n)
    n:start_soon("a", takes_its_turn)
    local b = n:spawn("b", takes_its_turn)
    n:start_soon("c", takes_its_turn)
    crib.sleep(0.5)
    b:cancel()
    crib.sleep(0.5)
    say "releases it"
    lock:release()
  end)
end

-- ---- 614

local function read_write_lock()
  local lock = crib.rwlock()
  local function does_it(what)
    say(what)
    crib.sleep(1)
  end
  crib.nursery(function(n)
    n:start_soon("r1", lock.hold_read, lock, does_it, "reads")
    n:start_soon("r2", lock.hold_read, lock, does_it, "reads")
    crib.sleep(0.1)
    n:start_soon("writer", lock.hold_write, lock, does_it, "writes")
    crib.sleep(0.1)
    n:start_soon("r3", lock.hold_read, lock, does_it, "reads")
  end)
end

-- ---- 620

local function lock_knows_its_owner()
  local lock = crib.lock()
  crib.nursery(function(n)
    tries("acquiring: %s", lock.acquire, lock)
    tries("once more: %s", lock.acquire, lock)
    n:start_soon("other", tries, "releasing: %s", lock.release, lock)
    n:wait_idle()
    tries("releasing: %s", lock.release, lock)
    tries("once more: %s", lock.release, lock)
  end)
end

return {
  [600] = lock_is_handed_over,
  [601] = owner_ends,
  [605] = one_at_a_time,
  [606] = waiters_in_order,
  [610] = recover,
  [614] = read_write_lock,
  [620] = lock_knows_its_owner,
}
