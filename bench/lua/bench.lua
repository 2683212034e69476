-- What the binding costs, beside plain coroutines: lines of a name, a tab and nanoseconds (the best of some rounds).
-- lua bench.lua [scale]: how much work a round is; 1 takes some seconds.
local crib = require "crib"

local scale = tonumber(arg and arg[1]) or 1
local ROUNDS = 5

local clock = os.clock

local function report(name, ns)
  print(("%s\t%.1f"):format(name, ns))
end

-- Calls body(count) some times; the best time of one of `count` things.
local function best(count, body)
  local least = math.huge
  for _ = 1, ROUNDS do
    collectgarbage()
    local begin = clock()
    body(count)
    least = math.min(least, (clock() - begin) * 1e9 / count)
  end
  return least
end

local function count_of(n)
  return math.max(1000, math.floor(n * scale))
end

local function plain_switches(tasks)
  return function(count)
    local each = math.floor(count / tasks)
    local list = {}
    for i = 1, tasks do
      list[i] = coroutine.create(function()
        for _ = 1, each do
          coroutine.yield()
        end
      end)
    end
    local resume = coroutine.resume
    for _ = 1, each do
      for i = 1, tasks do
        resume(list[i])
      end
    end
  end
end

local function switches(tasks)
  return function(count)
    local each = math.floor(count / tasks)
    local checkpoint = crib.checkpoint
    crib.nursery(function(n)
      for _ = 1, tasks do
        n:start_soon(function()
          for _ = 1, each do
            checkpoint()
          end
        end)
      end
    end)
  end
end

local function items(capacity)
  return function(count)
    local tx, rx = crib.channel(capacity)
    crib.nursery(function(n)
      n:start_soon(function()
        for i = 1, count do
          tx:send(i)
        end
        tx:close()
      end)
      for _ in rx:iter() do
      end
    end)
  end
end

local function objects(count)
  local tx, rx = crib.channel(64)
  local object = {}
  crib.nursery(function(n)
    n:start_soon(function()
      for _ = 1, count do
        tx:send(object)
      end
      tx:close()
    end)
    for _ in rx:iter() do
    end
  end)
end

local function spawns(count)
  local function nothing() end
  for _ = 1, count / 100 do
    crib.nursery(function(n)
      for _ = 1, 100 do
        n:start_soon(nothing)
      end
    end)
  end
end

local function joins(count)
  local function nothing() end
  crib.nursery(function(n)
    for _ = 1, count do
      n:spawn(nothing):join()
    end
  end)
end

local function scopes(count)
  local function nothing() end
  for _ = 1, count do
    crib.move_on_after(10, nothing)
  end
end

local function locks(count)
  local lock = crib.lock()
  for _ = 1, count do
    lock:acquire()
    lock:release()
  end
end

local function sleeps(count)
  for _ = 1, count do
    crib.sleep(0)
  end
end

local function plain_items(count)
  local produce = coroutine.wrap(function()
    for i = 1, count do
      coroutine.yield(i)
    end
  end)
  for _ = 1, count do
    produce()
  end
end

local function plain_joins(count)
  local function nothing() end
  for _ = 1, count do
    coroutine.resume(coroutine.create(nothing))
  end
end

report("own_switch", best(count_of(2e6), plain_switches(2)))
report("own_channel_0", best(count_of(1e6), plain_items))
report("own_spawn_join", best(count_of(4e5), plain_joins))
crib.run(function()
  report("switch_2", best(count_of(2e6), switches(2)))
  report("switch_1000", best(count_of(2e6), switches(1000)))
  report("channel_0", best(count_of(1e6), items(0)))
  report("channel_64", best(count_of(1e6), items(64)))
  report("channel_64_table", best(count_of(1e6), objects))
  report("spawn_100", best(count_of(4e5), spawns))
  report("spawn_join", best(count_of(4e5), joins))
  report("scope", best(count_of(1e6), scopes))
  report("lock", best(count_of(1e6), locks))
  report("sleep_0", best(count_of(1e6), sleeps))
end)
