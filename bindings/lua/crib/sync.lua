-- Locks and their kin.
local internal = require "crib.internal"
local core, waits = internal.core, internal.waits
local pcall = pcall

local M = {}

local function released(object, release, ok, ...)
  release(object)
  if not ok then
    error((...), 0)
  end
  return ...
end

-- hold(self, f, ...): acquires, calls f(...), and releases.
local function holder(acquire, release)
  return function(object, f, ...)
    internal.callable("hold", f)
    acquire(object)
    return released(object, release, pcall(f, ...))
  end
end

---@class crib.Lock
local Lock = {
  ---@type fun(self: crib.Lock)
  acquire = waits[1](core.crib_begin_lock_acquire),
  ---@type fun(self: crib.Lock): boolean
  acquire_nowait = core.crib_lock_acquire_nowait,
  ---@type fun(self: crib.Lock)
  release = core.crib_lock_release,
  ---@type fun(self: crib.Lock)
  recover = core.crib_lock_recover,
  ---@type fun(self: crib.Lock): table
  statistics = core.crib_lock_statistics,
}
Lock.hold = holder(Lock.acquire, Lock.release)
internal.object("lock", Lock)

--- A lock: one task at a time.
---@type fun(): crib.Lock
M.lock = core.crib_lock_new

---@class crib.RWLock
local RWLock = {
  ---@type fun(self: crib.RWLock)
  acquire_read = waits[1](core.crib_begin_rwlock_acquire_read),
  ---@type fun(self: crib.RWLock)
  acquire_write = waits[1](core.crib_begin_rwlock_acquire_write),
  ---@type fun(self: crib.RWLock): boolean
  acquire_read_nowait = core.crib_rwlock_acquire_read_nowait,
  ---@type fun(self: crib.RWLock): boolean
  acquire_write_nowait = core.crib_rwlock_acquire_write_nowait,
  ---@type fun(self: crib.RWLock)
  release = core.crib_rwlock_release,
  ---@type fun(self: crib.RWLock)
  recover = core.crib_rwlock_recover,
  ---@type fun(self: crib.RWLock): table
  statistics = core.crib_rwlock_statistics,
}
RWLock.hold_read = holder(RWLock.acquire_read, RWLock.release)
RWLock.hold_write = holder(RWLock.acquire_write, RWLock.release)
internal.object("rwlock", RWLock)

--- A read-write lock: many readers or one writer.
---@type fun(): crib.RWLock
M.rwlock = core.crib_rwlock_new

---@class crib.Semaphore
local Semaphore = {
  ---@type fun(self: crib.Semaphore)
  acquire = waits[1](core.crib_begin_semaphore_acquire),
  ---@type fun(self: crib.Semaphore): boolean
  acquire_nowait = core.crib_semaphore_acquire_nowait,
  ---@type fun(self: crib.Semaphore)
  release = core.crib_semaphore_release,
  ---@type fun(self: crib.Semaphore): table
  statistics = core.crib_semaphore_statistics,
}
Semaphore.hold = holder(Semaphore.acquire, Semaphore.release)
internal.object("semaphore", Semaphore)

--- A semaphore: a number of permits without owners.
---@param initial integer
---@param max? integer
---@return crib.Semaphore
function M.semaphore(initial, max)
  return core.crib_semaphore_new(initial, max or 0)
end

local borrow = waits[2](core.crib_begin_limiter_acquire)

---@class crib.Limiter
local Limiter = {
  ---@type fun(self: crib.Limiter): boolean
  acquire_nowait = core.crib_limiter_acquire_nowait,
  ---@type fun(self: crib.Limiter, borrower: table): boolean
  acquire_nowait_on_behalf_of = core.crib_limiter_acquire_nowait_on_behalf_of,
  ---@type fun(self: crib.Limiter)
  release = core.crib_limiter_release,
  ---@type fun(self: crib.Limiter, borrower: table)
  release_on_behalf_of = core.crib_limiter_release_on_behalf_of,
  ---@type fun(self: crib.Limiter, total: number)
  set_total = core.crib_limiter_set_total,
  ---@type fun(self: crib.Limiter): table
  statistics = core.crib_limiter_statistics,
}

--- Borrows a token for the calling task, waiting for one.
function Limiter:acquire()
  return borrow(self, nil)
end

--- Borrows a token for any other object.
---@param borrower table
function Limiter:acquire_on_behalf_of(borrower)
  if borrower == nil then
    error("crib: acquire_on_behalf_of: 'borrower' must be a table, not nil", 2)
  end
  return borrow(self, borrower)
end

Limiter.hold = holder(Limiter.acquire, Limiter.release)
internal.object("limiter", Limiter)

--- A limiter: a number of tokens, each with its borrower.
---@type fun(total: number): crib.Limiter
M.limiter = core.crib_limiter_new

---@class crib.Condition
local Condition = {
  ---@type fun(self: crib.Condition)
  wait = waits[1](core.crib_begin_condition_wait),
  ---@type fun(self: crib.Condition): integer
  notify_all = core.crib_condition_notify_all,
  ---@type fun(self: crib.Condition): table
  statistics = core.crib_condition_statistics,
}
local locks = setmetatable({}, { __mode = "k" }) -- of conditions
local wait = Condition.wait

--- Notifies the n oldest waiters, one if n is left out; how many there were.
---@param n? integer
---@return integer
function Condition:notify(n)
  return core.crib_condition_notify(self, n or 1)
end

--- The lock of the condition.
---@return crib.Lock
function Condition:lock()
  return locks[self]
end

function Condition:acquire()
  return Lock.acquire(locks[self])
end

function Condition:release()
  return Lock.release(locks[self])
end

--- Acquires the lock, calls f(...), and releases it.
function Condition:hold(f, ...)
  return Lock.hold(locks[self], f, ...)
end

--- Waits until the predicate holds; the lock is held then.
---@param predicate fun(): any
function Condition:wait_for(predicate)
  local result = predicate()
  while not result do
    wait(self)
    result = predicate()
  end
  return result
end

internal.object("condition", Condition)

--- A condition, of a lock of its own if none is given.
---@param lock? crib.Lock
---@return crib.Condition
function M.condition(lock)
  lock = lock or M.lock()
  local condition = core.crib_condition_new(lock)
  locks[condition] = lock
  return condition
end

---@class crib.Event
local Event = {
  ---@type fun(self: crib.Event)
  set = core.crib_event_set,
  ---@type fun(self: crib.Event): boolean
  is_set = core.crib_event_is_set,
  ---@type fun(self: crib.Event)
  wait = waits[1](core.crib_begin_event_wait),
  ---@type fun(self: crib.Event): table
  statistics = core.crib_event_statistics,
}
internal.object("event", Event)

--- An event: something that happens once.
---@type fun(): crib.Event
M.event = core.crib_event_new

---@class crib.Barrier
local Barrier = {
  --- Waits for the others; true for the one that came last.
  ---@type fun(self: crib.Barrier): boolean
  wait = waits[1](core.crib_begin_barrier_wait),
  ---@type fun(self: crib.Barrier): table
  statistics = core.crib_barrier_statistics,
}
internal.object("barrier", Barrier)

--- A barrier for a number of tasks.
---@type fun(parties: integer): crib.Barrier
M.barrier = core.crib_barrier_new

---@class crib.Portal
local Portal = {
  --- Waits for a wake from any thread.
  ---@type fun(self: crib.Portal)
  wait = waits[1](core.crib_begin_portal_wait),
  ---@type fun(self: crib.Portal)
  wake = core.crib_portal_wake,
  ---@type fun(self: crib.Portal)
  close = core.release,
}
internal.object("portal", Portal)

--- How other threads reach the run; while it is open waiting is no deadlock.
---@type fun(): crib.Portal
M.portal = core.crib_portal_open

return M
