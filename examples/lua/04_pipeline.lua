-- Pipeline: each stage is a task that closes its channel when it has ended, so the end runs down the line, and nobody has
-- to say "done". The channels hold four values each: a fast stage waits for a slow one.
local crib = require "crib"

local function read(out)
  for word in ("to be or not to be"):gmatch "%a+" do
    crib.sleep(0.01)
    out:send(word)
  end
  out:close()
end

local function measure(words, out)
  for word in words:iter() do out:send(#word) end
  out:close()
end

local function add_up(lengths)
  local sum = 0
  for length in lengths:iter() do sum = sum + length end
  return sum
end

local letters = crib.run(function()
  local to_measure, words = crib.channel(4)
  local to_add, lengths = crib.channel(4)
  return crib.nursery(function(n)
    n:start_soon(read, to_measure)
    n:start_soon(measure, words, to_add)
    return add_up(lengths)
  end)
end)
print(letters .. " letters")
