-- Runs a program inside Neovim until it has printed what it has to say; then prints that and the buffer it is in.
require "virtual_time"
local said
print = function(text) said = text end
local ok, err = pcall(dofile, vim.env.PROGRAM)
if ok then vim.wait(10000, function() return said ~= nil end, 5) end
local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
io.stdout:write(table.concat(lines, "\n"), "\n", tostring(ok and said or err), "\n")
vim.cmd "qall!"
