-- 0xx (S4.8 to S4.13), 8xx: compositions.
local crib = require "crib"
local tell = require "tell"
local say, yes, outcome = tell.say, tell.yes, tell.outcome

-- ---- what they run

local function named(name, f)
  return function(...)
    crib.current_task().name = name
    return f(...)
  end
end

-- Ends after so many seconds, and gives a result.
local function does_it(name, seconds, result)
  return named(name, function()
    crib.sleep(seconds)
    say "ends"
    return result
  end)
end

local slow = named("slow", tell.sleeps(10))
local quick = does_it("quick", 1, 1)
local fails_soon = named("fails", tell.fails(0.5, "boom"))

-- ---- 058 to 063

-- What a wait ended with that was called off.
local function tell_failure(err)
  if err.code == crib.EOPCANCELLED then
    say("%s, %s", err.name, err.message)
  else
    say("%s", outcome(err))
  end
end

local function cancellable_wait_times_out()
  tell_failure(tell.failure(crib.cancellable_wait, nil, { slow }, { timeout = 0.1 }))
end

local function cancellable_wait_triggered()
  local token = crib.token "demo"
  crib.nursery(function(n)
    n:start_soon("other", function()
      crib.sleep(1)
      say "triggers"
      token:trigger()
    end)
    tell_failure(tell.failure(crib.cancellable_wait, token, { slow }))
  end)
end

-- The scenarios count from 0.
local function tell_winner(which, result) say("number %d gave %d", which - 1, result) end

local function first_result() tell_winner(crib.cancellable_wait(nil, { slow, quick })) end

local function triggered_demo()
  local token = crib.token "demo"
  token:trigger()
  return token
end

local function triggered_beats_success()
  local at_once = named("at once", function() say "ends" end)
  tell_failure(tell.failure(crib.cancellable_wait, triggered_demo(), { at_once }))
end

local function failure_beats_triggered()
  local fails_at_once = named("fails", function()
    say "fails"
    error("boom", 0)
  end)
  say("%s", outcome(tell.failure(crib.cancellable_wait, triggered_demo(), { fails_at_once })))
end

local function cancelled_from_outside()
  local scope = crib.move_on_after(1, function()
    tell.does("%s", crib.cancellable_wait, crib.token "demo", { slow })
  end)
  say("absorbed: %s", yes(scope.cancelled_caught))
end

-- ---- 820 to 823

local function gather()
  local results = crib.gather({ does_it("a", 0.3, 1), does_it("b", 0.1, 2), does_it("c", 0.1, 3) }, { limit = 2 })
  say(table.concat(results, " "))
end

local function gather_fails()
  say("%s", outcome(tell.failure(crib.gather, { slow, fails_soon })))
end

local function first_success() tell_winner(crib.first_success { fails_soon, quick, slow }) end

local function as_completed()
  crib.completed({ does_it("a", 0.3, 1), does_it("b", 0.1, 2), fails_soon }, function(results)
    for index, ok, value in results do
      if ok then tell_winner(index, value) else say("number %d: %s", index - 1, outcome(value)) end
    end
    say "CRIB_EENDOFCHANNEL"
  end)
end

-- ---- 824 to 826

local function retry()
  local attempts, began = {}, crib.now()
  local err = tell.failure(crib.retry, { delay = 0.1 }, function()
    attempts[#attempts + 1] = tell.in_milliseconds(crib.now() - began)
    if #attempts < 3 then error("boom", 0) end
  end)
  say("%s, attempts at %s", outcome(err), table.concat(attempts, " "))
end

local function ticker()
  local ticks = crib.ticker(0.1)
  for _, pause in ipairs { 0.25, 0.05, 0 } do
    say("missed %d", ticks:wait())
    crib.sleep(pause)
  end
end

local function map()
  local squares = crib.map({ 0, 1, 2, 3 }, function(x)
    crib.sleep(0.1)
    return x * x
  end, { limit = 2 })
  say(table.concat(squares, " "))
end

return {
  [58] = cancellable_wait_times_out,
  [59] = cancellable_wait_triggered,
  [60] = first_result,
  [61] = triggered_beats_success,
  [62] = failure_beats_triggered,
  [63] = cancelled_from_outside,
  [820] = gather,
  [821] = gather_fails,
  [822] = first_success,
  [823] = as_completed,
  [824] = retry,
  [825] = ticker,
  [826] = map,
}
