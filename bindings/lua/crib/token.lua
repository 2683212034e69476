-- Cancel tokens.
local internal = require "crib.internal"
local core, waits = internal.core, internal.waits

local M = {}

---@class crib.Token
local Token = {
  ---@type fun(self: crib.Token)
  trigger = core.crib_token_trigger,
  ---@type fun(self: crib.Token): boolean
  triggered = core.crib_token_triggered,
  ---@type fun(self: crib.Token): crib.Token?
  triggered_token = core.crib_token_triggered_token,
  ---@type fun(self: crib.Token): string
  name = core.crib_token_name,
  --- Waits until it is triggered.
  ---@type fun(self: crib.Token)
  wait = waits[1](core.crib_begin_token_wait),
}

--- Raises CRIB_EOPCANCELLED if it is triggered.
function Token:check()
  local err = core.crib_token_error(self)
  if err ~= nil then
    error(err, 0)
  end
end

internal.object("token", Token)

--- A flag, set once, that says "stop".
---@param name? string
---@return crib.Token
function M.token(name)
  return core.crib_token_new(name)
end

--- One that another thread will trigger: waiting is no deadlock until then.
---@param name? string
---@return crib.Token
function M.token_external(name)
  return core.crib_token_new_external(name)
end

--- One that is triggered when a or b is.
---@type fun(a: crib.Token, b: crib.Token): crib.Token
M.token_chain = core.crib_token_chain

return M
