-- First failure cancels: the other tasks end too, and the nursery waits for them. All that failed is raised by the
-- nursery, each error as the value it was.
local crib = require "crib"

local DiskFull = {}
function DiskFull.__tostring(err) return "no space on " .. err.disk end

local function copy_to(disk, fails_after)
  local ok, err = pcall(crib.sleep, fails_after)
  if not ok then
    print(disk .. ": cancelled, the partial copy is removed")
    error(err)
  end
  error(setmetatable({ disk = disk }, DiskFull))
end

crib.run(function()
  local _, err = crib.pcall(crib.nursery, function(n)
    n:start_soon("copy a", copy_to, "disk a", 0.1)
    n:start_soon("copy b", copy_to, "disk b", 0.1)
    n:start_soon("copy c", copy_to, "disk c", 3600)
  end)
  print(err)
  for failure in crib.leaves(err) do
    if getmetatable(failure) == DiskFull then print("to be emptied: " .. failure.disk) end
  end
end)
