-- The part in Lua: tasks. The program calls the global functions, and gives `start_clumsy_in_cpp`.
local crib = require "crib"

function play(rx, tx)
  local ok, err = pcall(function()
    for ball in rx:iter() do
      print("  lua: " .. ball + 1)
      crib.sleep(0.03)
      tx:send(ball + 1)
    end
  end)
  if not ok then
    if crib.is_cancelled(err) then print "  lua goes home" end
    error(err)
  end
end

local burst = setmetatable({ holes = 1 }, { __tostring = function() return "the ball burst" end })

function burst_the_ball()
  crib.sleep(0.05)
  error(burst)
end

function host_a_clumsy_one()
  crib.nursery(function(n)
    n:start_soon(crib.sleep, 3600)
    start_clumsy_in_cpp(n)
  end)
end

function explain(err)
  for failure in crib.leaves(err) do
    if failure == burst then
      print("  lua sees the table it raised, holes: " .. failure.holes)
    else
      print("  lua sees: " .. failure.message)
    end
  end
end
