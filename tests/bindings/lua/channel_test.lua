-- Channels: items of every kind, ends, overflow, batches.
local support = require "support"
local lu, crib, virtual, raised = support.lu, support.crib, support.virtual, support.raised

TestChannel = {}

-- Sends the items over a channel; what arrives.
local function through(capacity, items)
  local seen = {}
  crib.nursery(function(n)
    local tx, rx = crib.channel(capacity)
    n:start_soon(function()
      for i = 1, #items do
        tx:send(items[i])
      end
      tx:close()
    end)
    for item in rx:iter() do
      seen[#seen + 1] = item
    end
  end)
  return seen
end

function TestChannel.test_items_of_every_kind_arrive_as_they_were()
  local items = {
    1, -1, 0, 2 ^ 53, -2 ^ 53, 1.5, 1e300, math.huge, "text", "with\0zero", true, false, {}, print, coroutine.create(print),
    crib.null, io.stdout,
  }
  virtual(function()
    for _, capacity in ipairs { 0, 3, math.huge } do
      local seen = through(capacity, items)
      lu.assertEquals(#seen, #items)
      for i, item in ipairs(items) do
        lu.assertIs(seen[i], item)
      end
    end
  end)
end

function TestChannel.test_integers_of_64_bits_are_not_rounded()
  if not math.maxinteger then
    lu.skip "numbers of LuaJIT have 53 bits; see mixed_test"
  end
  virtual(function()
    local seen = through(0, { math.maxinteger, math.mininteger, 0, 9007199254740993, 1.0, 1 })
    lu.assertEquals(seen[1], math.maxinteger)
    lu.assertEquals(seen[2], math.mininteger)
    lu.assertEquals(seen[4], 9007199254740993)
    lu.assertEquals(math.type(seen[5]), "float")
    lu.assertEquals(math.type(seen[6]), "integer")
  end)
end

function TestChannel.test_nil_is_no_item()
  virtual(function()
    local tx = crib.channel(1)
    support.refuses(function()
      tx:send(nil)
    end, "nil is no item")
    support.refuses(function()
      tx:send_nowait()
    end, "nil is no item")
    support.refuses(function()
      tx.send(nil, 1)
    end, "send: 'tx' must be a sender, not nil", "channel_test.lua")
    support.refuses(function()
      tx.receive()
    end, "receive")
  end)
end

function TestChannel.test_a_rendezvous_waits_for_the_receiver()
  virtual(function()
    local since = support.stopwatch()
    local tx, rx = crib.channel()
    crib.nursery(function(n)
      n:start_soon(function()
        tx:send "hello"
        lu.assertEquals(since(), 2)
      end)
      crib.sleep(2)
      lu.assertEquals(rx:receive(), "hello")
    end)
  end)
end

function TestChannel.test_the_end_comes_when_every_sender_is_closed()
  virtual(function()
    local tx, rx = crib.channel(4)
    local other = tx:clone()
    tx:send(1)
    tx:close()
    other:send(2)
    lu.assertEquals(rx:receive(), 1)
    lu.assertEquals(rx:receive(), 2)
    local item, why = rx:receive_nowait()
    lu.assertNil(item)
    lu.assertEquals(why, "empty")
    other:close()
    lu.assertNil(rx:receive())
    item, why = rx:receive_nowait()
    lu.assertNil(item)
    lu.assertEquals(why, "ended")
    local ok, err = pcall(tx.send, tx, 3)
    lu.assertFalse(ok)
    lu.assertEquals(err.code, crib.ECLOSED)
    lu.assertFalse(pcall(tx.clone, tx))
  end)
end

function TestChannel.test_without_receivers_a_send_is_broken()
  virtual(function()
    local tx, rx = crib.channel(4)
    rx:close()
    local ok, err = pcall(tx.send, tx, 3)
    lu.assertFalse(ok)
    lu.assertEquals(err.name, "CRIB_EBROKEN")
    lu.assertEquals(select(2, pcall(tx.send_nowait, tx, 3)).code, crib.EBROKEN)
  end)
end

function TestChannel.test_nowait_says_whether_it_was_done()
  virtual(function()
    local tx, rx = crib.channel(1)
    lu.assertTrue(tx:send_nowait "a")
    lu.assertFalse(tx:send_nowait "b")
    lu.assertEquals(rx:receive_nowait(), "a")
    lu.assertNil((rx:receive_nowait()))
  end)
end

function TestChannel.test_a_channel_closed_with_an_error_gives_it_to_its_receivers()
  virtual(function()
    local err = { "of the producer" }
    local tx, rx = crib.channel(2)
    tx:send(1)
    tx:close(err)
    lu.assertEquals(rx:receive(), 1)
    for _ = 1, 2 do
      local ok, caught = pcall(rx.receive, rx)
      lu.assertFalse(ok)
      lu.assertIs(caught, err)
    end
    lu.assertIs(select(2, pcall(rx.receive_nowait, rx)), err)
    crib.nursery(function(n)
      tx, rx = crib.channel()
      n:start_soon(function()
        lu.assertIs(select(2, pcall(rx.receive, rx)), err)
      end)
      crib.checkpoint()
      tx:close(err)
    end)
  end)
end

function TestChannel.test_batches()
  virtual(function()
    local tx, rx = crib.channel(10)
    for i = 1, 5 do
      tx:send(i)
    end
    lu.assertEquals(rx:receive_batch(3), { 1, 2, 3 })
    lu.assertEquals(rx:receive_batch_nowait(9), { 4, 5 })
    lu.assertEquals({ rx:receive_batch_nowait(9) }, { nil, "empty" })
    crib.nursery(function(n)
      n:start_soon(function()
        lu.assertEquals(rx:receive_batch(9), { "late" })
      end)
      crib.sleep(1)
      tx:send "late"
    end)
    tx:close()
    lu.assertNil(rx:receive_batch(2))
    lu.assertEquals({ rx:receive_batch_nowait(2) }, { nil, "ended" })
    lu.assertFalse(pcall(rx.receive_batch, rx, 0))
  end)
end

function TestChannel.test_overflow_policies_and_statistics()
  virtual(function()
    local function kept(overflow, capacity)
      local tx, rx = crib.channel { capacity = capacity, overflow = overflow }
      for i = 1, 4 do
        tx:send(i)
      end
      local dropped = tx:statistics().dropped
      tx:close()
      local seen = {}
      for item in rx:iter() do
        seen[#seen + 1] = item
      end
      return { dropped, seen }
    end
    lu.assertEquals(kept("drop_oldest", 2), { 2, { 3, 4 } })
    lu.assertEquals(kept("drop_newest", 2), { 2, { 1, 2 } })
    lu.assertEquals(kept "latest", { 3, { 4 } })
    local tx, rx = crib.channel(math.huge)
    tx:send "x"
    local s = rx:statistics()
    lu.assertEquals({ s.buffered, s.capacity, s.senders, s.receivers, s.peak }, { 1, math.huge, 1, 1, 1 })
    support.refuses(function()
      crib.channel { overflow = "explode" }
    end, "no overflow is called 'explode'")
    support.refuses(function()
      crib.channel(-1)
    end, "capacity")
    support.refuses(function()
      crib.channel(1.5)
    end, "capacity")
    support.refuses(function()
      crib.channel { size = 1 }
    end, "no option 'size'")
  end)
end

function TestChannel.test_a_cancelled_send_and_receive_did_nothing()
  virtual(function()
    local tx, rx = crib.channel()
    crib.move_on_after(1, function()
      tx:send "lost"
    end)
    lu.assertNil((rx:receive_nowait()))
    crib.move_on_after(1, function()
      rx:receive()
    end)
    lu.assertFalse(tx:send_nowait "x")
  end)
end

function TestChannel.test_items_nobody_received_become_garbage()
  virtual(function()
    local weak = setmetatable({}, { __mode = "k" })
    local function left()
      support.collect()
      local count = 0
      for _ in pairs(weak) do
        count = count + 1
      end
      return count
    end
    local tx, rx = crib.channel(10)
    for _ = 1, 5 do
      local item = {}
      weak[item] = true
      tx:send(item)
    end
    lu.assertEquals(left(), 5)
    rx:receive()
    lu.assertEquals(left(), 4)
    rx:close()
    lu.assertEquals(left(), 0)
    lu.assertEquals(tx:statistics().dropped, 4)
  end)
end

function TestChannel.test_the_collector_closes_no_end_that_others_could_notice()
  support.deadlocked(function()
    local tx, rx = crib.channel()
    tx = nil -- luacheck: ignore
    support.collect()
    rx:receive()
  end)
  virtual(function()
    for _ = 1, 100 do
      crib.channel(1)
    end
    support.collect()
  end)
end

function TestChannel.test_a_shared_channel_takes_plain_items_only()
  virtual(function()
    local tx, rx = crib.channel { capacity = 8, shared = true }
    for _, item in ipairs { 1, 2.5, "text\0", true, false } do
      tx:send(item)
      lu.assertIs(rx:receive(), item)
      lu.assertTrue(tx:send_nowait(item))
      lu.assertIs(rx:receive_nowait(), item)
    end
    support.refuses(function()
      tx:send {}
    end, "a table cannot go to another thread")
    tx:send "left behind"
  end)
end

function TestChannel.test_a_channel_needs_a_run()
  lu.assertEquals(select(2, pcall(crib.channel, 1)).code, crib.EMISUSE)
  lu.assertEquals(raised(function()
    local rx = select(2, crib.channel())
    rx:close()
    rx:receive()
  end).code, crib.ECLOSED)
end

support.main()
