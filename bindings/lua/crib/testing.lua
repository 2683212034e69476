-- Sweeps: a function is run again and again, disturbed at another place each time.
local internal = require "crib.internal"
local core = internal.core

local M = {}

local known = {
  check = "function",
  seed = "number",
  step = "number",
  most = "number",
  wants_error = "boolean",
}

local function swept(where, options, f, allocations)
  if f == nil and type(options) ~= "table" then
    options, f = nil, options
  end
  internal.callable(where, f)
  local o = internal.options(where, options, known)
  local rounds, disturbed, raised = core.sweep(f, o.check, nil, o, allocations)
  if not rounds then
    local text = "crib: " .. where .. ": " .. disturbed
    if raised ~= nil then
      text = text .. ": " .. tostring(raised)
    end
    error(text, 3)
  end
  return rounds, disturbed
end

--- Runs f() in virtual time, first undisturbed, then cancelled at its 1st, 2nd, 3rd… cancel point, until a round is over
--- before that. After each round nothing may be left of it; with the first one in which something is, it raises.
---@param options? { check?: fun(), seed?: integer, step?: integer, most?: integer, wants_error?: boolean } check is called after each round
---@param f fun()
---@return integer rounds, integer disturbed
function M.sweep_cancels(options, f)
  return swept("sweep_cancels", options, f, false)
end

--- The same with the 1st, 2nd, 3rd… allocation of the library failing.
---@param options? table as of sweep_cancels
---@param f fun()
---@return integer rounds, integer disturbed
function M.sweep_allocations(options, f)
  return swept("sweep_allocations", options, f, true)
end

return M
