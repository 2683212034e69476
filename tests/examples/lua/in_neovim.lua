-- Runs a program inside Neovim until it has printed what it has to say; then prints that and the buffer it is in.
local said
print = function(text) said = text end
dofile(vim.env.PROGRAM)
vim.wait(10000, function() return said ~= nil end, 5)
local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
io.stdout:write(table.concat(lines, "\n"), "\n", tostring(said), "\n")
vim.cmd "qall!"
