--- Structured concurrency for Lua: tasks, nurseries, cancel scopes and channels. See README.md.
local crib = {}

for _, part in ipairs {
  "error", "task", "scope", "nursery", "channel", "sync", "token", "run", "combine",
  "testing",
} do
  for name, value in pairs(require("crib." .. part)) do
    crib[name] = value
  end
end

return crib
