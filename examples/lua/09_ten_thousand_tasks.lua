-- Ten thousand tasks: each a coroutine, all in one thread. A limiter lets a hundred of them work at a time.
local crib = require "crib"

crib.run(function()
  local limiter = crib.limiter(100)
  local working, most, done = 0, 0, 0

  local function work()
    limiter:acquire()
    working = working + 1
    most = math.max(most, working)
    crib.sleep(0.01)
    working, done = working - 1, done + 1
    limiter:release()
  end

  local begin = crib.now()
  crib.nursery(function(n)
    for _ = 1, 10000 do n:start_soon(work) end
    print(n.count .. " tasks are alive")
  end)
  print(("%d done, at most %d at a time, in %.0f s"):format(done, most, crib.now() - begin))
end)
