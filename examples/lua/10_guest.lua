-- Guest: the program has a loop of its own, as a game has, and the run lives inside it. Each frame calls `tick`, which
-- never waits; what the game does itself goes on in between. A host that waits for events watches guest:fd(), and comes
-- back after guest:timeout() seconds at the latest.
local crib = require "crib"

local function blink(name)
  for i = 1, 3 do
    crib.sleep(0.03)
    print(name .. ": " .. i)
  end
end

local guest = crib.guest(function()
  crib.nursery(function(n)
    n:start_soon(blink, "left")
    n:start_soon(blink, "right")
  end)
  return "both lamps are out"
end)
print "host: the run has begun" -- nothing of it has happened yet

local frames = 0
local function draw()
  frames = frames + 1
  local next_frame = os.clock() + 0.005
  repeat until os.clock() >= next_frame -- the host's own work, which does not know of tasks
end

while guest:tick() do draw() end

local _, result = guest:result() -- as pcall: whether it succeeded, then what it returned or what it failed with
print("host: " .. result .. ", frames were drawn meanwhile: " .. (frames > 1 and "yes" or "no"))
