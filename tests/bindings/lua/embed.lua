-- What embed_test.c runs: each function here is a task of a nursery of C.
local crib = require "crib"

local M = {}

-- Passes on what comes, and says what it was.
function M.relay(rx, tx)
  local log = {}
  for item in rx:iter() do
    log[#log + 1] = type(item) == "number" and tostring(item) or type(item)
    tx:send(item)
    if type(item) == "userdata" and tostring(item):find "foreign" then
      local ok, err = pcall(tx.send, tx, item)
      assert(not ok and tostring(err):find "passed on before", err)
    end
  end
  tx:close()
  M.log = table.concat(log, " ")
end

M.failure = setmetatable({}, {
  __tostring = function()
    return "a failure of Lua"
  end,
})

function M.fail()
  error(M.failure)
end

function M.rethrow(f)
  local ok, err = crib.pcall(f)
  assert(not ok)
  M.caught = err
  crib.move_on_after(10, function() -- through a block of Lua's
    error(err, 0)
  end)
end

function M.sum(rx)
  local total = 0
  for item in rx:iter() do
    total = total + item
  end
  return total
end

function M.sleepy(call)
  call = crib.waits(call)
  local begin = crib.now()
  local result = call(3)
  return result + math.floor(crib.now() - begin + 0.5)
end

function M.refused(call)
  local ok, err = pcall(crib.waits(call), -5)
  assert(not ok and err.code == -1000005, tostring(err))
  local scope = crib.move_on_after(1, function()
    crib.waits(call)(9)
  end)
  assert(scope.cancelled_caught)
end

function M.hold(tx)
  tx:send { "nobody will take this" }
end

function M.main(a, b)
  crib.sleep(1)
  M.result = a + b
end

function M.produce(tx)
  for i = 1, 500 do
    tx:send(i)
    tx:send("item " .. i)
  end
  local ok, err = pcall(tx.send, tx, {})
  assert(not ok and tostring(err):find "cannot go to another thread", err)
  tx:close()
end

function M.consume(rx)
  local numbers, texts = 0, 0
  for item in rx:iter() do
    if type(item) == "number" then
      numbers = numbers + item
    else
      texts = texts + tonumber(item:match "^item (%d+)$")
    end
  end
  assert(numbers == 125250 and texts == 125250, numbers .. " " .. texts)
end

return M
