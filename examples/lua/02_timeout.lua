-- Timeout: a scope around something, whatever is inside; no function takes a timeout of its own. One ends silently, the
-- other fails, and cleanup that must wait is shielded from both.
local crib = require "crib"

local function fetch(latency)
  local ok, err = pcall(crib.sleep, latency)
  if ok then return "the page" end
  crib.shielded(function() crib.sleep(0.02) end)
  print "  (hung up politely)"
  error(err) -- Cancelled always goes on
end

crib.run(function()
  for _, latency in ipairs { 0.3, 0.8 } do
    local scope, page = crib.move_on_after(0.5, function() return fetch(latency) end)
    print(latency .. " s: " .. (scope.cancelled_caught and "nothing, moved on" or page))
  end

  local ok, err = crib.pcall(crib.fail_after, 0.5, function() return fetch(0.8) end)
  if not ok and err.code == crib.ETOOSLOW then print("failed: " .. err.message) end
end)
