-- Select: one task serves two channels, an event that tells it to stop and a time without work, and carries out exactly
-- one of them at a time. A clause whose channel has ended is switched off.
local crib = require "crib"

local function produce(tx, first, every, count)
  for i = 0, count - 1 do
    crib.sleep(every)
    tx:send(first + i)
  end
  tx:close()
end

local function serve(orders, news, stop)
  local order, item = { receive = orders }, { receive = news }
  while true do
    local which, value = crib.select { order, item, { event = stop }, { after = 0.05 } }
    if which == 1 then
      print(value and "order " .. value or "no more orders")
      if not value then order = false end
    elseif which == 2 then
      print(value and "news " .. value or "no more news")
      if not value then item = false end
    elseif which == 3 then
      print "told to stop"
      return
    else
      print "nothing for 50 ms"
      stop:set()
    end
  end
end

crib.run(function()
  local to_order, orders = crib.channel()
  local to_tell, news = crib.channel()
  crib.nursery(function(n)
    n:start_soon(produce, to_order, 100, 0.01, 4)
    n:start_soon(produce, to_tell, 200, 0.025, 2)
    serve(orders, news, crib.event())
  end)
end)
