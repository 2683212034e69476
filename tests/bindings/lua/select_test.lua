-- Select: one of several operations.
local support = require "support"
local lu, crib, virtual = support.lu, support.crib, support.virtual

TestSelect = {}

function TestSelect.test_the_clause_that_is_ready_is_carried_out()
  virtual(function()
    local tx, rx = crib.channel(1)
    local _, empty = crib.channel(1)
    tx:send "item"
    lu.assertEquals({ crib.select { { receive = empty }, { receive = rx } } }, { 2, "item" })
    lu.assertEquals({ crib.select { { receive = empty }, { send = tx, value = "new" } } }, { 2 })
    lu.assertEquals(rx:receive(), "new")
  end)
end

function TestSelect.test_it_waits_and_the_others_leave_no_trace()
  virtual(function()
    local since = support.stopwatch()
    local tx, rx = crib.channel()
    local event, lock = crib.event(), crib.lock()
    crib.nursery(function(n)
      lock:acquire()
      n:start_soon(function()
        local which = crib.select { { receive = rx }, { event = event }, { lock = lock }, { after = 9 } }
        lu.assertEquals(which, 2)
        lu.assertEquals(since(), 2)
      end)
      crib.sleep(2)
      event:set()
    end)
    lu.assertFalse(tx:send_nowait "nobody waits")
    lock:release()
    lu.assertTrue(lock:acquire_nowait())
    lock:release()
  end)
end

function TestSelect.test_what_it_waited_for_comes_with_its_item()
  virtual(function()
    local tx, rx = crib.channel()
    local _, other = crib.channel()
    local item = {}
    crib.nursery(function(n)
      n:start_soon(function()
        crib.sleep(1)
        tx:send(item)
        crib.sleep(1)
        lu.assertIs(rx:receive(), item)
        tx:close "why"
      end)
      local which, seen = crib.select { { receive = other }, { receive = rx } }
      lu.assertEquals(which, 2)
      lu.assertIs(seen, item)
      lu.assertEquals({ crib.select { { receive = other }, { send = tx, value = item } } }, { 2 })
      lu.assertEquals({ crib.select { { receive = other }, { receive = rx } } }, { 2, nil, "why" })
    end)
  end)
end

function TestSelect.test_times()
  virtual(function()
    local since = support.stopwatch()
    local _, rx = crib.channel()
    lu.assertEquals(crib.select { { receive = rx }, { after = 2 } }, 2)
    lu.assertEquals(since(), 2)
    lu.assertEquals(crib.select { { at = crib.now() + 1 }, { after = 5 } }, 1)
    lu.assertEquals(since(), 3)
    lu.assertEquals(crib.select { { after = 0 } }, 1)
  end)
end

function TestSelect.test_every_kind_of_clause()
  virtual(function()
    local semaphore, token, lock = crib.semaphore(1), crib.token "stop", crib.lock()
    lu.assertEquals(crib.select { { semaphore = semaphore } }, 1)
    lu.assertFalse(semaphore:acquire_nowait())
    lu.assertEquals(crib.select { { lock = lock } }, 1)
    lu.assertTrue(lock:statistics().owner == crib.current_task())
    lock:release()
    token:trigger()
    lu.assertEquals(crib.select { { token = token } }, 1)
    crib.nursery(function(n)
      local task = n:spawn(crib.sleep, 1)
      lu.assertEquals(crib.select { { task = task }, { after = 5 } }, 1)
      lu.assertEquals(task.state, "ended")
    end)
  end)
end

function TestSelect.test_an_ended_channel_is_an_outcome()
  virtual(function()
    local tx, rx = crib.channel()
    tx:close()
    local which, item, err = crib.select { { receive = rx } }
    lu.assertEquals({ which, item, err.code }, { 1, nil, crib.EENDOFCHANNEL })
    tx, rx = crib.channel()
    rx:close()
    which, item, err = crib.select { { send = tx, value = 1 } }
    lu.assertEquals({ which, item, err.code }, { 1, nil, crib.EBROKEN })
    local mine = {}
    tx, rx = crib.channel()
    tx:close(mine)
    lu.assertIs(select(3, crib.select { { receive = rx } }), mine)
  end)
end

function TestSelect.test_clauses_can_be_switched_off()
  virtual(function()
    local event = crib.event()
    event:set()
    lu.assertEquals(crib.select { false, { event = event } }, 2)
    lu.assertNil(crib.select_nowait { false })
    lu.assertTrue(crib.move_on_after(1, function()
      crib.select {}
    end).cancelled_caught)
  end)
end

function TestSelect.test_nowait_gives_nil_if_none_is_ready()
  virtual(function()
    local tx, rx = crib.channel(1)
    lu.assertNil(crib.select_nowait { { receive = rx } })
    tx:send { 5 }
    local which, item = crib.select_nowait { { receive = rx } }
    lu.assertEquals({ which, item }, { 1, { 5 } })
  end)
end

function TestSelect.test_the_choice_is_fair_unless_asked_otherwise()
  virtual(function()
    local a, b = crib.event(), crib.event()
    a:set()
    b:set()
    local seen = { 0, 0 }
    for _ = 1, 200 do
      local which = crib.select { { event = a }, { event = b } }
      seen[which] = seen[which] + 1
      lu.assertEquals(crib.select { in_order = true, { event = a }, { event = b } }, 1)
    end
    lu.assertTrue(seen[1] > 20 and seen[2] > 20)
  end)
end

function TestSelect.test_a_value_that_was_not_sent_stays_with_its_owner()
  virtual(function()
    local tx = crib.channel()
    local weak = setmetatable({}, { __mode = "k" })
    local event = crib.event()
    event:set()
    do
      local value = {}
      weak[value] = true
      lu.assertEquals(crib.select { in_order = true, { event = event }, { send = tx, value = value } }, 1)
    end
    support.collect()
    lu.assertNil(next(weak))
  end)
end

function TestSelect.test_a_cancelled_select_chose_nothing()
  virtual(function()
    local tx, rx = crib.channel()
    local scope = crib.move_on_after(1, function()
      crib.select { { receive = rx }, { send = tx, value = { "kept" } } }
    end)
    lu.assertTrue(scope.cancelled_caught)
  end)
end

function TestSelect.test_what_makes_no_sense_is_refused()
  virtual(function()
    support.refuses(function()
      crib.select(nil)
    end, "'clauses' must be a table, not nil", "select_test.lua")
    support.refuses(function()
      crib.select { 5 }
    end, "clause 1 must be a table or false, not number")
    support.refuses(function()
      crib.select { { recieve = 1 } }
    end, "no clause has 'recieve'")
    support.refuses(function()
      crib.select { {} }
    end, "clause 1 names no operation")
    support.refuses(function()
      crib.select { { event = crib.lock() } }
    end, "'event' must be an event, not lock")
    support.refuses(function()
      crib.select { { after = "soon" } }
    end, "number of seconds")
    support.refuses(function()
      local tx = crib.channel()
      crib.select { { send = tx } }
    end, "nil is no item")
    local many = {}
    for i = 1, 65 do
      many[i] = false
    end
    support.refuses(function()
      crib.select(many)
    end, "more than 64 clauses")
  end)
end

support.main()
