-- Tells the numbered scenarios in Lua: `main.lua NUMBER` plays one, `main.lua --list` names them all.
local groups = {
  "seeds_demo", "seeds_notebook", "seeds_slides", "tokens", "scopes", "deadlines", "checkpoints", "policies", "nurseries",
  "starts", "channels", "ends", "locks", "kin", "graceful", "selects", "compositions",
}

local stories = {}
for _, group in ipairs(groups) do
  for number, story in pairs(require(group)) do stories[number] = story end
end

local function list()
  local numbers = {}
  for number in pairs(stories) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for _, number in ipairs(numbers) do print(("%03d"):format(number)) end
end

local function play(story)
  local crib, tell = require "crib", require "tell"
  local ok, result = pcall(crib.run, { mock_clock = "auto" }, function()
    tell.begin()
    return story()
  end)
  if not ok then
    print("end: " .. tell.outcome(result))
  elseif type(result) == "number" and result ~= 0 then
    print("end: " .. result)
  else
    print "end: ok"
  end
end

local story = stories[tonumber(arg[1])]
if arg[1] == "--list" then
  list()
elseif story then
  play(story)
else
  io.stderr:write("usage: main.lua NUMBER | --list\n")
  os.exit(2)
end
