-- The examples of bindings/lua/README.md, run as they are written, in virtual time. What a block leaves to its reader
-- is given here; a comment behind "-->" is what the line prints.
local readme = assert(io.open(arg[1])):read "*a"
require "virtual_time"
local crib = require "crib"

local printed
local function world()
  local orders_tx, orders = crib.channel(1)
  orders_tx:send "an order"
  return setmetatable({
    print = function(...)
      local words = {}
      for i = 1, select("#", ...) do words[i] = tostring((select(i, ...))) end
      printed[#printed + 1] = table.concat(words, " ")
    end,
    ask = function()
      crib.sleep(0.5)
      return "an answer"
    end,
    orders = orders,
    stop = crib.event(),
    serve = function(order) assert(order == "an order") end,
  }, { __index = _G, __newindex = function(_, name) error("it makes a global: " .. name, 2) end })
end

local function run(number, text)
  local name = "=block " .. number
  printed = {}
  local is_program = text:find "crib.run%("
  if not is_program then text = "local crib = require 'crib' " .. text end
  local function body()
    assert(load(text, name, "t", is_program and setmetatable({}, { __index = _G }) or world()))()
  end
  if is_program then body() else crib.run(body) end
  for wanted in text:gmatch "%-%->%s*([^\n]+)" do
    wanted = wanted:gsub("%s+", " ")
    local line = table.remove(printed, 1)
    assert(line == wanted, ("block %d printed '%s' instead of '%s'"):format(number, tostring(line), wanted))
  end
end

local count = 0
for text in readme:gmatch "```lua\n(.-)```" do
  count = count + 1
  run(count, text)
end
assert(count > 0, "no examples found")
print("readme: " .. count .. " blocks")
