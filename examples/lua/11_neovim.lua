-- Neovim: the run is a guest of the editor, which goes on working meanwhile, and its tasks may use vim.api wherever they
-- are. `:luafile 11_neovim.lua` fills a buffer while you type in another; `:CribStop` ends it.
local run = require("crib.nvim").run
local crib = require "crib"

local buffer = vim.api.nvim_create_buf(true, true)

local function count_down(line, name, from)
  for i = from, 1, -1 do
    vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, { name .. ": " .. i })
    crib.sleep(0.1)
  end
  vim.api.nvim_buf_set_lines(buffer, line, line + 1, false, { name .. ": done" })
end

vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { "", "" })
vim.api.nvim_win_set_buf(0, buffer)

run({
  done = function(ok, result) print(ok and result or "it failed: " .. tostring(result)) end,
}, function()
  local stop = crib.token "CribStop"
  vim.api.nvim_create_user_command("CribStop", function() stop:trigger() end, {})
  local scope = crib.scope(function(scope)
    scope:link_token(stop)
    crib.nursery(function(n)
      n:start_soon(count_down, 0, "ann", 5)
      n:start_soon(count_down, 1, "bob", 8)
    end)
  end)
  return scope.cancelled_caught and "stopped" or "both are done"
end)
