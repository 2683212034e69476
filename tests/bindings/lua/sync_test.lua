-- Locks and their kin.
local support = require "support"
local lu, crib, virtual = support.lu, support.crib, support.virtual

TestSync = {}

-- Starts `count` tasks of f(i) and returns what they log.
local function logged(count, f)
  local log = {}
  crib.nursery(function(n)
    for i = 1, count do
      n:start_soon(f, i, log)
    end
  end)
  return table.concat(log, " ")
end

function TestSync.test_a_lock_is_handed_on_in_order()
  virtual(function()
    local lock = crib.lock()
    lu.assertEquals(logged(3, function(i, log)
      lock:acquire()
      log[#log + 1] = "+" .. i
      crib.sleep(1)
      log[#log + 1] = "-" .. i
      lock:release()
    end), "+1 -1 +2 -2 +3 -3")
    lu.assertTrue(lock:acquire_nowait())
    local s = lock:statistics()
    lu.assertTrue(s.owner == crib.current_task())
    lu.assertFalse(s.broken)
    lock:release()
    local refused = select(2, pcall(lock.release, lock))
    lu.assertEquals(refused.code, crib.EMISUSE)
    lu.assertStrContains(refused.message, "CRIB_DEBUG=1")
  end)
end

function TestSync.test_hold_releases_after_errors_too()
  virtual(function()
    local lock, err = crib.lock(), {}
    lu.assertEquals({ lock:hold(function(a, b)
      lu.assertTrue(lock:statistics().owner ~= nil)
      return b, a
    end, 1, 2) }, { 2, 1 })
    local ok, caught = pcall(lock.hold, lock, error, err)
    lu.assertFalse(ok)
    lu.assertIs(caught, err)
    lu.assertTrue(lock:acquire_nowait())
    lock:release()
  end)
end

function TestSync.test_a_lock_whose_owner_has_ended_is_broken_until_recovered()
  virtual(function()
    local lock = crib.lock()
    crib.nursery(function(n)
      n:start_soon(lock.acquire, lock)
    end)
    lu.assertTrue(lock:statistics().broken)
    lu.assertEquals(select(2, pcall(lock.acquire, lock)).code, crib.EBROKEN)
    lock:recover()
    lock:release()
    lu.assertEquals(select(2, pcall(lock.recover, lock)).code, crib.EBUSY)
  end)
end

function TestSync.test_a_cancelled_acquire_holds_nothing()
  virtual(function()
    local lock = crib.lock()
    crib.nursery(function(n)
      lock:acquire()
      n:start_soon(function()
        local scope = crib.move_on_after(1, function()
          lock:acquire()
        end)
        lu.assertTrue(scope.cancelled_caught)
      end)
      crib.sleep(2)
      lock:release()
    end)
    lu.assertTrue(lock:acquire_nowait())
    lock:release()
  end)
end

function TestSync.test_readers_share_and_writers_do_not()
  virtual(function()
    local lock = crib.rwlock()
    lu.assertEquals(logged(4, function(i, log)
      local name = i == 3 and "w" or "r"
      local hold = i == 3 and lock.hold_write or lock.hold_read
      hold(lock, function()
        log[#log + 1] = "+" .. name .. i
        crib.sleep(1)
        log[#log + 1] = "-" .. name .. i
      end)
    end), "+r1 +r2 -r1 -r2 +w3 -w3 +r4 -r4")
    lu.assertTrue(lock:acquire_read_nowait())
    lu.assertEquals(lock:statistics().readers, 1)
    lock:release()
    lu.assertTrue(lock:acquire_write_nowait())
    lu.assertEquals(select(2, pcall(lock.acquire_read_nowait, lock)).code, crib.EMISUSE)
    lock:release()
    lock:acquire_read()
    lock:release()
    lock:acquire_write()
    lock:release()
    lu.assertEquals(select(2, pcall(lock.recover, lock)).code, crib.EBUSY)
  end)
end

function TestSync.test_a_semaphore_has_permits()
  virtual(function()
    local semaphore = crib.semaphore(2)
    lu.assertEquals(logged(4, function(i, log)
      semaphore:hold(function()
        log[#log + 1] = i .. "@" .. math.floor(crib.now() + 0.5)
        crib.sleep(1)
      end)
    end), "1@1 2@1 3@2 4@2")
    semaphore:acquire()
    lu.assertTrue(semaphore:acquire_nowait())
    lu.assertFalse(semaphore:acquire_nowait())
    lu.assertEquals(semaphore:statistics().value, 0)
    semaphore:release()
    semaphore:release()
    lu.assertEquals(crib.semaphore(1, 3):statistics().max, 3)
    lu.assertFalse(pcall(crib.semaphore, 5, 3))
    lu.assertFalse(pcall(crib.semaphore))
  end)
end

function TestSync.test_a_limiter_knows_its_borrowers()
  virtual(function()
    local limiter = crib.limiter(2)
    limiter:acquire()
    lu.assertEquals(select(2, pcall(limiter.acquire, limiter)).code, crib.EMISUSE)
    local other = {}
    limiter:acquire_on_behalf_of(other)
    lu.assertFalse(limiter:acquire_nowait_on_behalf_of {})
    lu.assertEquals(limiter:statistics(), { borrowed = 2, total = 2, waiting = 0 })
    limiter:set_total(3)
    lu.assertTrue(limiter:acquire_nowait_on_behalf_of(limiter))
    limiter:release_on_behalf_of(limiter)
    limiter:release_on_behalf_of(other)
    limiter:release()
    lu.assertEquals(limiter:hold(function()
      return limiter:statistics().borrowed
    end), 1)
    lu.assertTrue(limiter:acquire_nowait())
    limiter:release()
    lu.assertFalse(pcall(limiter.acquire_on_behalf_of, limiter, nil))
    lu.assertFalse(pcall(limiter.acquire_on_behalf_of, limiter, 5))
    lu.assertFalse(pcall(crib.limiter, 1.5))
  end)
end

function TestSync.test_a_condition_waits_for_a_notification()
  virtual(function()
    local condition, ready = crib.condition(), 0
    crib.nursery(function(n)
      for _ = 1, 3 do
        n:start_soon(function()
          condition:hold(function()
            condition:wait_for(function()
              return ready > 0
            end)
            ready = ready - 1
          end)
        end)
      end
      crib.sleep(1)
      lu.assertEquals(condition:statistics().waiting, 3)
      condition:acquire()
      ready = 1
      lu.assertEquals(condition:notify(), 1)
      condition:release()
      crib.sleep(1)
      lu.assertEquals(ready, 0)
      condition:lock():hold(function()
        ready = 2
        lu.assertEquals(condition:notify_all(), 2)
      end)
    end)
    lu.assertEquals(ready, 0)
    local lock = crib.lock()
    lu.assertTrue(crib.condition(lock):lock() == lock)
    lu.assertEquals(select(2, pcall(condition.wait, condition)).code, crib.EMISUSE)
    lu.assertEquals(select(2, pcall(condition.notify, condition)).code, crib.EMISUSE)
    lu.assertEquals(select(2, pcall(condition.notify_all, condition)).code, crib.EMISUSE)
  end)
end

function TestSync.test_an_event_wakes_everybody()
  virtual(function()
    local event = crib.event()
    local woken = 0
    crib.nursery(function(n)
      for _ = 1, 3 do
        n:start_soon(function()
          event:wait()
          woken = woken + 1
        end)
      end
      crib.sleep(1)
      lu.assertFalse(event:is_set())
      lu.assertEquals(event:statistics(), { is_set = false, waiting = 3 })
      event:set()
    end)
    lu.assertEquals(woken, 3)
    lu.assertTrue(event:is_set())
    event:wait()
  end)
end

function TestSync.test_a_barrier_lets_all_go_at_once()
  virtual(function()
    local barrier = crib.barrier(3)
    lu.assertEquals(logged(3, function(i, log)
      crib.sleep(i)
      local last = barrier:wait()
      log[#log + 1] = math.floor(crib.now() + 0.5) .. tostring(last)
    end):gsub("4true", "last"), "last 4false 4false")
    lu.assertEquals(barrier:statistics(), { parties = 3, rounds = 1, waiting = 0 })
    lu.assertFalse(pcall(crib.barrier, 0))
  end)
end

function TestSync.test_objects_of_the_wrong_kind_are_refused_by_name()
  virtual(function()
    support.refuses(function()
      crib.lock().acquire(crib.event())
    end, "lock_acquire: 'l' must be a lock, not event", "sync_test.lua")
    support.refuses(function()
      crib.event().set(nil)
    end, "'e' must be an event, not nil")
    support.refuses(function()
      crib.event().wait(io.stdout)
    end, "not userdata")
    support.refuses(function()
      crib.condition(crib.event())
    end, "must be a lock, not event")
  end)
  lu.assertFalse(pcall(crib.lock))
end

support.main()
