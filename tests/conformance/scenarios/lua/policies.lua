-- 3xx: nurseries with policies and limits, and handles of tasks.
local crib = require "crib"
local tell = require "tell"
local say, yes = tell.say, tell.yes

-- A nursery at its limit says so; one that is closing, or drains, raises an error.
local function refuses(n, ...)
  local ok, started = pcall(n.start_soon, n, ...)
  return yes(not (ok and started))
end

local function ends_after_a_second()
  crib.sleep(1)
  say "ends"
end

-- ---- 301, 302

local function room_for_two()
  crib.nursery({ max_children = 2 }, function(n)
    local function late_job()
      say "begins"
      crib.sleep(1)
    end
    n:start_soon("job 1", crib.sleep, 1)
    n:start_soon("job 2", crib.sleep, 1)
    say("job 3 is refused: %s", refuses(n, "job 3", late_job))
    n:wait_room()
    say "there is room"
    n:start_soon("job 3", late_job)
  end)
  say "all done"
end

local function wait_until_idle()
  crib.nursery(function(n)
    n:start_soon("short", crib.sleep, 1)
    n:start_soon("long", crib.sleep, 2)
    n:wait_idle()
    say "no children, starts another"
    n:start_soon("another", crib.sleep, 1)
  end)
  say "closed"
end

-- ---- 303, 304, 305

local function first_done()
  say("the nursery: %s", tell.nursery({ policy = "first_done" }, function(n)
    n:start_soon("quick", ends_after_a_second)
    n:start_soon("slow", tell.sleeps(10))
  end))
end

local function first_success()
  say("the nursery: %s", tell.nursery({ policy = "first_success" }, function(n)
    n:start_soon("fails", tell.fails(0.5, "boom"))
    n:start_soon("quick", ends_after_a_second)
    n:start_soon("slow", tell.sleeps(10))
  end))
  say("the nursery: %s", tell.nursery({ policy = "first_success" }, function(n)
    n:start_soon("fails", tell.fails(0.5, "boom"))
    n:start_soon("fails too", tell.fails(1, "bang"))
  end))
end

local function supervise()
  local function heard(_, err) say("heard of %s", tell.outcome(err)) end
  say("the nursery: %s", tell.nursery({ policy = "supervise", on_failure = heard }, function(n)
    n:start_soon("failing", tell.fails(0.5, "boom"))
    n:start_soon("sibling", ends_after_a_second)
  end))
end

-- ---- 306

local function service_nursery()
  local scope = crib.move_on_after(1, function()
    crib.nursery({ service = true }, function(n)
      n:start_soon("service", tell.sleeps(10))
      local err = tell.failure(crib.sleep, 5)
      say "the body is cancelled, cleans up"
      crib.shielded(function() crib.sleep(0.5) end)
      say "the body ends"
      error(err, 0)
    end)
  end)
  say("timed out: %s", yes(scope.cancelled_caught))
end

-- ---- 307

local function drain()
  say("the nursery: %s", tell.nursery({ drain = true }, function(n)
    say("not cancelled, refused: %s", refuses(n, "child", tell.sleeps(10)))
    n:cancel()
    say("cancelled, refused: %s", refuses(n, "another", tell.sleeps(10)))
  end))
end

-- ---- 308, 309

local function wait_for_one_task()
  local worker
  say("the nursery: %s", tell.nursery(function(n)
    worker = n:spawn("worker", function()
      crib.sleep(1)
      return 42
    end)
    n:start_soon("sibling", crib.sleep, 2)
    worker:wait()
    tell.tries("the worker has ended: %s", worker.join, worker)
  end))
  say("its result is %d", worker:join())
end

local function cancel_one_task()
  say("the nursery: %s", tell.nursery(function(n)
    local one = n:spawn("one", tell.sleeps(1))
    n:start_soon("two", tell.sleeps(1))
    crib.sleep(0.5)
    say "cancels one"
    one:cancel()
  end))
end

return {
  [301] = room_for_two,
  [302] = wait_until_idle,
  [303] = first_done,
  [304] = first_success,
  [305] = supervise,
  [306] = service_nursery,
  [307] = drain,
  [308] = wait_for_one_task,
  [309] = cancel_one_task,
}
