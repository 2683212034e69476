-- 0xx: cancel tokens (S4).
local crib = require "crib"
local tell = require "tell"
local say, yes, does = tell.say, tell.yes, tell.does

-- ---- 051, 052

local function token_has_a_name()
  local token = crib.token "demo"
  say("%s, triggered: %s", token:name(), yes(token:triggered()))
end

local function run_and_cancel()
  local token = crib.token "demo"
  crib.nursery(function(n)
    n:start_soon("worker", function()
      say "started task"
      token:wait()
      say "task cancelled"
    end)
    crib.sleep(1)
    say "triggers"
    token:trigger()
  end)
end

-- ---- 053, 054, 055

local function chain_of(first, second)
  local a, b = crib.token(first), crib.token(second)
  return a, b, crib.token_chain(a, b)
end

local function tell_which(chain)
  local which = chain:triggered_token()
  say("triggered by %s", which and which:name() or "none")
end

local function chain()
  local _, part, both = chain_of("token-b", "token-a")
  say("the chain is %s", both:name())
  say("before: part %s, chain %s", yes(part:triggered()), yes(both:triggered()))
  part:trigger()
  say("after: part %s, chain %s", yes(part:triggered()), yes(both:triggered()))
  tell_which(both)
end

local function trigger_a_chain()
  local x, y, both = chain_of("x", "y")
  both:trigger()
  say("x %s, y %s, chain %s", yes(x:triggered()), yes(y:triggered()), yes(both:triggered()))
  tell_which(both)
end

local function which_token()
  local x, y, both = chain_of("x", "y")
  tell_which(both)
  y:trigger()
  tell_which(both)
  x:trigger()
  tell_which(both)
end

-- ---- 056

local function looks(token)
  while not token:triggered() do crib.sleep(0.1) end
  say "ends"
end

local function checks(token)
  local ok, err = crib.pcall(function()
    while true do
      token:check()
      crib.sleep(0.1)
    end
  end)
  if not ok then say("%s, %s", err.name, err.message) end
end

local function look_at_a_token()
  local token = crib.token "demo"
  crib.nursery(function(n)
    n:start_soon("looks", looks, token)
    n:start_soon("checks", checks, token)
    crib.sleep(0.25)
    say "triggers"
    token:trigger()
  end)
end

-- ---- 057

local function waits(token) does("%s", token.wait, token) end

local function wait_for_a_token()
  local token, _, both = chain_of("demo", "another")
  crib.nursery(function(n)
    n:start_soon("alone", waits, token)
    n:start_soon("also", waits, token)
    n:start_soon("chain", function()
      does("%s", function()
        both:wait()
        crib.sleep(0.1)
      end)
    end)
    n:start_soon("timed", function()
      crib.move_on_after(0.5, function() waits(token) end)
    end)
    crib.sleep(1)
    say "triggers"
    token:trigger()
    does("waiting afterwards: %s", token.wait, token)
  end)
end

-- ---- 067

local function tokens_and_scopes()
  local token = crib.token "demo"
  crib.nursery(function(n)
    n:start_soon("helper", function()
      crib.sleep(1)
      say "triggers"
      token:trigger()
    end)
    local linked = crib.scope(function(scope)
      scope:link_token(token)
      local err = tell.failure(crib.sleep, 10)
      say("sleep: %s", tell.outcome(err))
      say("source %s, reason %s", scope.source, scope.reason)
      error(err, 0)
    end)
    say("absorbed: %s", yes(linked.cancelled_caught))
    crib.scope(function(scope)
      local of_scope = scope:token "of a scope"
      say("the scope's token: %s", yes(of_scope:triggered()))
      scope:cancel()
      say("the scope's token: %s", yes(of_scope:triggered()))
    end)
  end)
end

return {
  [51] = token_has_a_name,
  [52] = run_and_cancel,
  [53] = chain,
  [54] = trigger_a_chain,
  [55] = which_token,
  [56] = look_at_a_token,
  [57] = wait_for_a_token,
  [67] = tokens_and_scopes,
}
