-- Token: a named "stop" that is handed to whom it concerns, instead of reaching everything in a block. Here a search ends
-- when the user gives up or the application closes, whichever is first.
local crib = require "crib"

local function search(stop)
  for _ = 1, 49 do
    stop:check()
    crib.sleep(0.1)
  end
  return 50
end

local function trigger_after(seconds, token)
  crib.sleep(seconds)
  token:trigger()
end

crib.run(function()
  local user, closing = crib.token "user", crib.token "closing"
  local either = crib.token_chain(user, closing)

  crib.nursery(function(n)
    n:start_soon(trigger_after, 0.35, user)
    local ok, result = crib.pcall(search, either)
    print(ok and "found in place " .. result or result.message)
    print("it was the token '" .. either:triggered_token():name() .. "'")
  end)

  crib.nursery(function(n)
    n:start_soon(trigger_after, 1, closing)
    local scope = crib.scope(function(scope)
      scope:link_token(closing) -- as a scope it reaches everything inside, without being looked at
      crib.sleep(3600)
    end)
    print(scope.cancelled_caught and "closed" or "not closed")
  end)
end)
