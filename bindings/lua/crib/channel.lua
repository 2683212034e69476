-- Channels.
local internal = require "crib.internal"
local core, waits = internal.core, internal.waits
local more = core.receive_more

local M = {}

---@class crib.Sender
local Sender = {
  --- send(item): waits for room.
  ---@type fun(self: crib.Sender, item: any)
  send = waits[2](core.crib_begin_send),
  --- send_nowait(item): whether it was sent.
  ---@type fun(self: crib.Sender, item: any): boolean
  send_nowait = core.crib_sender_send_nowait,
  --- clone(): one more end, closed on its own.
  ---@type fun(self: crib.Sender): crib.Sender
  clone = core.end_clone,
  --- close([err]): receivers get what is buffered, and then the error or the end.
  ---@type fun(self: crib.Sender, err?: any)
  close = core.end_close,
  ---@type fun(self: crib.Sender): table
  statistics = core.crib_sender_statistics,
}

---@class crib.Receiver
local Receiver = {
  --- receive(): waits for an item; nil at the end.
  ---@type fun(self: crib.Receiver): any
  receive = waits[1](core.crib_begin_receive),
  ---@type fun(self: crib.Receiver): crib.Receiver
  clone = core.end_clone,
  ---@type fun(self: crib.Receiver)
  close = core.end_close,
  ---@type fun(self: crib.Receiver): table
  statistics = core.crib_receiver_statistics,
}

local receive = Receiver.receive

--- An item; or nil and "empty" or "ended".
---@return any item, string? why
function Receiver:receive_nowait()
  local list = {}
  local count, why = more(self, list, 1)
  if count == 0 then
    return nil, why
  end
  return list[1]
end

--- A list of 1 to `most` items that are there, waiting for the first; nil at the end.
---@param most integer
---@return table?
function Receiver:receive_batch(most)
  if type(most) ~= "number" or most < 1 then
    error("crib: receive_batch: 'most' must be at least 1", 2)
  end
  local first = receive(self)
  if first == nil then
    return nil
  end
  local list = { first }
  more(self, list, most)
  return list
end

--- A list of 1 to `most` items that are there; or nil and "empty" or "ended".
---@param most integer
---@return table? items, string? why
function Receiver:receive_batch_nowait(most)
  if type(most) ~= "number" or most < 1 then
    error("crib: receive_batch_nowait: 'most' must be at least 1", 2)
  end
  local list = {}
  local count, why = more(self, list, most)
  if count == 0 then
    return nil, why
  end
  return list
end

--- For `for item in rx:iter() do`: all items until the end.
function Receiver:iter()
  return receive, self
end

internal.object("sender", Sender)
internal.object("receiver", Receiver)

local known = { capacity = "number", overflow = "string or number", shared = "boolean" }
local overflows = {
  ---@type fun(self: crib.Receiver)
  wait = core.CRIB_OVERFLOW_WAIT,
  drop_oldest = core.CRIB_OVERFLOW_DROP_OLDEST,
  drop_newest = core.CRIB_OVERFLOW_DROP_NEWEST,
  latest = core.CRIB_OVERFLOW_LATEST,
}

--- Makes a channel: channel([capacity]) or channel(options).
---@param options? integer|{ capacity?: integer, overflow?: string, shared?: boolean }
---@return crib.Sender tx, crib.Receiver rx
function M.channel(options)
  if type(options) == "number" then
    return core.channel_open(options, 0, false)
  end
  local o = internal.options("channel", options, known)
  local overflow = internal.word("channel", "overflow", o.overflow, overflows)
  return core.channel_open(o.capacity or 0, overflow, o.shared)
end

M.select = waits.many(core.select)
M.select_nowait = core.select_nowait

return M
