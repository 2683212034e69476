-- How `./dev check` has luacheck read the Lua sources.
std = "max"
max_line_length = 125
max_string_line_length = false
max_comment_line_length = false -- annotations of types have one line
unused_args = false
ignore = { "581" } -- `not (x >= y)` is what also catches NaN
globals = { "vim" }
-- Programs whose functions a host calls by their names, and tests that let go of things.
for _, folder in ipairs { "tests/bindings/mixed", "tests/bindings/lua", "examples/mixed" } do
  files[folder] = { ignore = { "1..", "231", "241", "311" } }
end
files["tests/examples/lua/in_neovim.lua"] = { globals = { "print" } }
