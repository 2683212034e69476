-- Two tasks: a nursery starts them, waits for both, and goes on when nothing is left running.
local crib = require "crib"

local function work(name, pace)
  for step = 1, 3 do
    crib.sleep(pace) -- waits without blocking the other
    print(name .. ": step " .. step)
  end
end

crib.run(function()
  crib.nursery(function(n)
    n:start_soon(work, "ann", 0.1)
    n:start_soon(work, "bob", 0.16)
    print "both are started"
  end)
  print "both have ended"
end)
