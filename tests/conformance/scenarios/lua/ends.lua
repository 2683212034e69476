-- 5xx: the ends of channels.
local crib = require "crib"
local tell = require "tell"
local say, yes, tries, receives = tell.say, tell.yes, tell.tries, tell.receives

-- ---- 504

local function close_with_an_error()
  local tx, rx = crib.channel(1)
  tx:send(1)
  tx:close "boom"
  receives(rx)
  tries("%s", rx.receive, rx)
  tries("%s", rx.receive, rx)
end

-- ---- 590

local function end_of_channel()
  local tx, rx = crib.channel(2)
  tx:send(1)
  tx:send(2)
  tx:close()
  for _ = 1, 4 do receives(rx) end
end

-- ---- 591

local function no_receiver()
  local tx, rx = crib.channel(1)
  local function sends(i) tries(i .. ": %s", tx.send, tx, i) end
  crib.nursery(function(n)
    n:start_soon("sender", function()
      sends(1)
      sends(2)
    end)
    crib.checkpoint()
    say "closes the receiver"
    rx:close()
    sends(3)
  end)
end

-- ---- 592

local function own_end_closed()
  local tx, rx = crib.channel(1)
  local function tries_both()
    tries("receive: %s", rx.receive, rx)
    tries("send: %s", tx.send, tx, 1)
  end
  crib.nursery(function(n)
    n:start_soon("receiver", tries, "%s", rx.receive, rx)
    crib.checkpoint()
    say "closes the receiver"
    rx:close()
    tries_both()
    say "closes the sender"
    tx:close()
    tries_both()
  end)
end

-- ---- 593

local function clones()
  local tx, rx = crib.channel(1)
  local other = tx:clone()
  tx:close()
  tries("the first sender is closed, the clone sends: %s", other.send, other, 1)
  receives(rx)
  other:close()
  say("the clone is closed: %s", rx:receive() or "CRIB_EENDOFCHANNEL")
  say("cloning it is refused: %s", yes(not pcall(other.clone, other)))
end

-- ---- 598

local function each_value_once()
  local tx, rx = crib.channel(0)
  local sum = 0
  local function consumes()
    for i in rx:iter() do
      say("got %d", i)
      sum = sum + i
    end
    say "no more"
  end
  local function produces(mine, first)
    for i = first, first + 2 do mine:send(i) end
    mine:close()
  end
  crib.nursery(function(n)
    for _, name in ipairs { "c1", "c2", "c3" } do n:start_soon(name, consumes) end
    n:start_soon("p1", produces, tx, 1)
    n:start_soon("p2", produces, tx:clone(), 11)
  end)
  say("sum %d", sum)
end

return {
  [504] = close_with_an_error,
  [590] = end_of_channel,
  [591] = no_receiver,
  [592] = own_end_closed,
  [593] = clones,
  [598] = each_value_once,
}
