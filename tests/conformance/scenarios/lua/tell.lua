-- How the scenarios tell: lines with time and task, and errors in the words that all languages use.
local crib = require "crib"

local tell = {}

local began -- when the main task did

function tell.begin() began = crib.now() end

-- Seconds as whole milliseconds, in text.
function tell.in_milliseconds(seconds) return ("%.0f"):format(seconds * 1000) end

-- A time, counted from where the main task began.
local function since(time) return tell.in_milliseconds(time - began) end

-- The effective deadline.
function tell.deadline()
  local deadline = crib.current_effective_deadline()
  if deadline == math.huge then return "none" end
  if deadline == -math.huge then return "passed" end
  return since(deadline)
end

-- Prints a line: the time, who speaks, and what. Outside tasks nobody has a name.
function tell.say(format, ...)
  local task = crib.current_task()
  local speaker = task and task.name .. ": " or ""
  print(since(crib.now()) .. " " .. speaker .. format:format(...))
end

function tell.yes(truth) return truth and "yes" or "no" end

-- An error in the words of a scenario; nil is none.
function tell.outcome(err)
  if err == nil then return "ok" end
  if type(err) ~= "table" then return tostring(err) end
  if not err.errors then return crib.is_cancelled(err) and "CRIB_ECANCELLED" or err.name end
  local members, failed = {}, false
  for i, member in ipairs(err.errors) do
    members[i] = tell.outcome(member)
    failed = failed or members[i] ~= "CRIB_ECANCELLED"
  end
  return failed and "[" .. table.concat(members, ", ") .. "]" or "CRIB_ECANCELLED"
end

-- What a call failed with, Cancelled too, or nil.
function tell.failure(f, ...)
  local ok, err = pcall(f, ...)
  if not ok then return err end
end

-- How a nursery ended, as text, and what it failed with.
function tell.nursery(...)
  local err = tell.failure(crib.nursery, ...)
  return tell.outcome(err), err
end

-- Calls f, says how it ended, and goes on in any case.
function tell.tries(format, f, ...) tell.say(format, tell.outcome(tell.failure(f, ...))) end

local function told(format, ok, ...)
  tell.say(format, tell.outcome(not ok and (...) or nil))
  if not ok then error((...), 0) end
  return ...
end

-- Calls f, says how it ended, and ends in the same way.
function tell.does(format, f, ...) return told(format, pcall(f, ...)) end

-- A task that sleeps, and says how that ended.
function tell.sleeps(seconds) return function() tell.does("%s", crib.sleep, seconds) end end

-- A task that fails after so many seconds, and says so.
function tell.fails(seconds, message)
  return function()
    crib.sleep(seconds)
    tell.say "fails"
    error(message, 0)
  end
end

-- Receives an item and says which.
function tell.receives(rx)
  local item = rx:receive()
  if item == nil then tell.say "CRIB_EENDOFCHANNEL" else tell.say("got %s", item) end
end

-- What does not wait has no need of errors to say that it would have to.
function tell.without_waiting(done) return done and "ok" or "CRIB_EWOULDBLOCK" end

return tell
