-- 8xx: select.
local crib = require "crib"
local tell = require "tell"
local say, yes, does = tell.say, tell.yes, tell.does

local function tell_item(what, item) say("%s: %s", what, item or "CRIB_EENDOFCHANNEL") end

-- ---- 801, 802

local function receive_a_or_b(a, b)
  local which, item = crib.select { { receive = a }, { receive = b }, in_order = true }
  tell_item(which == 1 and "a" or "b", item)
end

local function whichever_comes_first()
  local to_a, a = crib.channel(0)
  local to_b, b = crib.channel(0)
  crib.nursery(function(n)
    n:start_soon("sender", function()
      crib.sleep(0.1)
      to_a:send(1)
      crib.sleep(0.1)
      to_b:send(2)
    end)
    receive_a_or_b(a, b)
    receive_a_or_b(a, b)
  end)
end

local function exactly_one()
  local to_a, a = crib.channel(1)
  local to_b, b = crib.channel(1)
  to_a:send(1)
  to_b:send(2)
  for _ = 1, 2 do
    receive_a_or_b(a, b)
    say("b still has %d", b:statistics().buffered)
  end
end

-- ---- 803

local function select_with_deadline()
  local tx, rx = crib.channel(0)
  local function receive_or_50_ms()
    local which, item = crib.select { { receive = rx }, { after = 0.05 }, in_order = true }
    if which == 1 then tell_item("a", item) else say "nothing for 50 ms" end
  end
  crib.nursery(function(n)
    n:start_soon("sender", function()
      crib.sleep(0.08)
      tx:send(1)
    end)
    receive_or_50_ms()
    receive_or_50_ms()
  end)
end

-- ---- 804

local function ended_channel_is_an_outcome()
  local to_a, a = crib.channel(0)
  local to_b, b = crib.channel(0)
  to_a:close()
  crib.nursery(function(n)
    n:start_soon("sender", function()
      crib.sleep(0.1)
      to_b:send(2)
    end)
    local clauses = { { receive = a }, { receive = b }, in_order = true }
    local which, item = crib.select(clauses)
    tell_item(which == 1 and "a" or "b", item)
    clauses[which] = false
    which, item = crib.select(clauses)
    tell_item(which == 1 and "a" or "b", item)
  end)
end

-- ---- 805

local function many_kinds()
  local event, token, lock, semaphore = crib.event(), crib.token "demo", crib.lock(), crib.semaphore(0)
  local words = { "the event is set", "the token is triggered", "the lock is mine", "a permit is mine" }
  crib.nursery(function(n)
    local helper = n:spawn("helper", function()
      lock:hold(function()
        crib.sleep(0.1)
        event:set()
        crib.sleep(0.1)
        token:trigger()
        crib.sleep(0.1)
      end)
      crib.sleep(0.1)
      semaphore:release()
      crib.sleep(0.1)
    end)
    crib.checkpoint()
    local clauses = {
      { event = event }, { token = token }, { lock = lock }, { semaphore = semaphore }, { task = helper }, in_order = true,
    }
    for _ = 1, 4 do
      local which = crib.select(clauses)
      say(words[which])
      clauses[which] = false
    end
    crib.select(clauses)
    tell.tries("the task has ended: %s", helper.join, helper)
    lock:release()
  end)
end

-- ---- 806

local function send_by_select()
  local tx, rx = crib.channel(0)
  local function send_or_100_ms(value)
    local which = crib.select { { send = tx, value = value }, { after = 0.1 }, in_order = true }
    say(which == 1 and "sent" or "nobody took it")
  end
  crib.nursery(function(n)
    n:start_soon("receiver", function()
      crib.sleep(0.15)
      tell.receives(rx)
    end)
    send_or_100_ms(7)
    send_or_100_ms(7)
  end)
end

-- ---- 807

local function cancelled_select()
  local tx, rx = crib.channel(1)
  local lock = crib.lock()
  crib.nursery(function(n)
    n:start_soon("owner", function()
      lock:hold(function()
        crib.sleep(0.2)
        say "releases the lock"
      end)
    end)
    crib.checkpoint()
    crib.move_on_after(0.1, function()
      does("%s", crib.select, { { receive = rx }, { lock = lock }, in_order = true })
    end)
    say("%d wait for a value", rx:statistics().waiting_receivers)
    crib.sleep(0.2)
    say("the lock is free: %s", yes(lock:acquire_nowait()))
    lock:release()
    tx:send(1)
    say("the value is there: %d", rx:receive())
  end)
end

-- ---- 808

local function select_without_waiting()
  local tx, rx = crib.channel(1)
  local function receive_now()
    local which, item = crib.select_nowait { { receive = rx } }
    if which then tell_item("a", item) else say "CRIB_EWOULDBLOCK" end
  end
  receive_now()
  tx:send(1)
  receive_now()
  receive_now()
end

return {
  [801] = whichever_comes_first,
  [802] = exactly_one,
  [803] = select_with_deadline,
  [804] = ended_channel_is_an_outcome,
  [805] = many_kinds,
  [806] = send_by_select,
  [807] = cancelled_select,
  [808] = select_without_waiting,
}
