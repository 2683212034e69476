-- What the tests of the Lua binding share. They run in virtual time, each concept in a file of its own, by luaunit.
-- CRIB_TEST_GC makes the collector as eager as it can be: "pause" or "generational"; CRIB_LUA_GC=stress, which the binding
-- itself knows, collects everything whenever a task is resumed.
local found, lu = pcall(require, "luaunit")
if not found then
  print "skipped: there is no luaunit"
  os.exit(77)
end
local crib = require "crib"

local M = { lu = lu, crib = crib, jit = rawget(_G, "jit") ~= nil }

local mode = os.getenv "CRIB_TEST_GC"
if mode == "generational" and not M.jit then
  collectgarbage "generational"
elseif mode then
  collectgarbage("setpause", 0)
  collectgarbage("setstepmul", 1000)
end

--- Runs f in virtual time.
function M.virtual(f, ...)
  return crib.run({ mock_clock = "auto" }, f, ...)
end

--- The same, without the report of a deadlock on standard error.
function M.deadlocked(f)
  local messages = {}
  crib.set_diagnostics(function(_, message)
    messages[#messages + 1] = message
  end)
  local ok, err = pcall(M.virtual, f)
  crib.set_diagnostics(nil)
  lu.assertFalse(ok)
  lu.assertEquals(err.code, crib.EDEADLOCK)
  return table.concat(messages, "\n")
end

--- Calls f in virtual time, which is to raise; the error.
function M.raised(f, ...)
  local ok, err = pcall(M.virtual, f, ...)
  lu.assertFalse(ok)
  return err
end

--- That f raises a text which contains all these.
function M.refuses(f, ...)
  local ok, err = pcall(f)
  lu.assertFalse(ok)
  for i = 1, select("#", ...) do
    lu.assertStrContains(tostring(err), (select(i, ...)))
  end
  return err
end

--- The seconds since the block began.
function M.stopwatch()
  local begin = crib.now()
  return function()
    return math.floor((crib.now() - begin) * 1e6 + 0.5) / 1e6
  end
end

--- Makes everything garbage go, finalizers too.
function M.collect()
  collectgarbage()
  collectgarbage()
end

function M.main()
  os.exit(lu.LuaUnit.run(), true) -- closed, so that what is left over is seen
end

return M
