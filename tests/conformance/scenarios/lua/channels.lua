-- 5xx: channels.
local crib = require "crib"
local tell = require "tell"
local say, receives, without_waiting = tell.say, tell.receives, tell.without_waiting

local function receive_now(rx) say("receiving without waiting: %s", without_waiting(rx:receive_nowait() ~= nil)) end

local function send_now(tx, i) say("sending %d without waiting: %s", i, without_waiting(tx:send_nowait(i))) end

-- ---- 501

local function overflow()
  local function overflow_by(what, options)
    local tx, rx = crib.channel(options)
    for i = 1, 3 do tx:send(i) end
    local values = table.concat(rx:receive_batch_nowait(10), " ")
    say("%s: %s, dropped %d", what, values, tx:statistics().dropped)
  end
  overflow_by("drop oldest", { capacity = 2, overflow = "drop_oldest" })
  overflow_by("drop newest", { capacity = 2, overflow = "drop_newest" })
  overflow_by("latest only", { overflow = "latest" })
end

-- ---- 505

local function batch()
  local tx, rx = crib.channel(5)
  local function receives_batch()
    local values = rx:receive_batch(10)
    say("got %d at once: %s", #values, table.concat(values, " "))
  end
  for i = 1, 3 do tx:send(i) end
  crib.nursery(function(n)
    n:start_soon("sender", function()
      crib.sleep(1)
      tx:send(4)
    end)
    receives_batch()
    receives_batch()
  end)
end

-- ---- 586

local function capacity()
  local tx, rx = crib.channel(2)
  send_now(tx, 1)
  send_now(tx, 2)
  send_now(tx, 3)
  receives(rx)
  send_now(tx, 3)
  receives(rx)
  receives(rx)
  receive_now(rx)
end

-- ---- 587

local function rendezvous()
  local tx, rx = crib.channel(0)
  crib.nursery(function(n)
    n:start_soon("sender", function()
      say "sends 1"
      tell.does("sent 1: %s", tx.send, tx, 1)
      send_now(tx, 2)
      send_now(tx, 3)
      crib.sleep(0.5)
      tell.does("sent 4: %s", tx.send, tx, 4)
    end)
    n:start_soon("receiver", function()
      crib.sleep(0.5)
      for _ = 1, 3 do receives(rx) end
    end)
  end)
end

-- ---- 588

local function oldest_receiver()
  local tx, rx = crib.channel(1)
  crib.nursery(function(n)
    n:start_soon("first", receives, rx)
    n:start_soon("second", receives, rx)
    crib.checkpoint()
    tx:send(1)
    say "sent 1"
    receive_now(rx)
    tx:send(2)
    say "sent 2"
  end)
end

-- ---- 589

local function full_channel()
  local tx, rx = crib.channel(1)
  local function sends(i)
    tx:send(i)
    say("sent %d", i)
  end
  crib.nursery(function(n)
    n:start_soon("a", sends, 1)
    n:start_soon("b", sends, 2)
    n:start_soon("c", sends, 3)
    crib.checkpoint()
    for _ = 1, 3 do
      local got, stats = rx:receive(), tx:statistics()
      say("got %d, %d in the buffer, %d waiting to send", got, stats.buffered, stats.waiting_senders)
    end
  end)
end

-- ---- 595

local function cancelled_wait()
  local tx, rx = crib.channel(1)
  tx:send(1)
  crib.move_on_after(1, function() tell.does("sending 2: %s", tx.send, tx, 2) end)
  receives(rx)
  receive_now(rx)
  crib.nursery(function(n)
    n:start_soon("a", function()
      crib.move_on_after(0.5, function() tell.does("%s", rx.receive, rx) end)
    end)
    n:start_soon("b", receives, rx)
    crib.sleep(1)
    tx:send(3)
  end)
end

-- ---- 596

local function unbounded()
  local tx = crib.channel(math.huge)
  for i = 1, 50 do tx:send(i) end
  say "sent 50 values"
  say("%d in the buffer", tx:statistics().buffered)
end

-- ---- 597

local function statistics()
  local tx, rx = crib.channel(3)
  local function tell_statistics()
    local s = rx:statistics()
    say("%d of %d buffered, at most %d", s.buffered, s.capacity, s.peak)
    say("%d senders, %d receivers, %d waiting to receive", s.senders, s.receivers, s.waiting_receivers)
  end
  local other = tx:clone()
  for i = 1, 3 do tx:send(i) end
  for _ = 1, 2 do rx:receive() end
  tell_statistics()
  other:close()
  crib.nursery(function(n)
    n:start_soon("receiver", function()
      receives(rx)
      receives(rx)
    end)
    crib.checkpoint()
    tell_statistics()
    tx:send(4)
  end)
end

return {
  [501] = overflow,
  [505] = batch,
  [586] = capacity,
  [587] = rendezvous,
  [588] = oldest_receiver,
  [589] = full_channel,
  [595] = cancelled_wait,
  [596] = unbounded,
  [597] = statistics,
}
