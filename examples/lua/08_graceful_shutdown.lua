-- Graceful shutdown: a soft cancel ends at once what only waits for work, gives requests in flight the time they need, and
-- cuts off what takes longer than the grace.
local crib = require "crib"

local function answer(id)
  local ok, err = pcall(crib.sleep, id * 0.3)
  print("request " .. id .. (ok and ": answered" or ": cut off"))
  if not ok then error(err) end
end

local function serve(requests)
  crib.nursery(function(n)
    local accepting = crib.graceful(function() -- only this loop ends when it is asked to
      for id in requests:iter() do n:start_soon(answer, id) end
    end)
    if accepting.cancelled_caught then print "no more requests are taken" end
  end)
end

crib.run(function()
  local tx, requests = crib.channel()
  crib.nursery(function(n)
    n:start_soon(serve, requests)
    for id = 1, 4 do tx:send(id) end
    crib.sleep(0.1)
    print "shutting down, one second at most"
    n.scope:cancel_soft { grace = 1, reason = "shutdown" }
  end)
  print "down"
end)
