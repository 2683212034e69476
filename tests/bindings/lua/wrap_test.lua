-- Coroutines inside tasks, and places that cannot wait.
local support = require "support"
local lu, crib, virtual = support.lu, support.crib, support.virtual

TestWrap = {}

function TestWrap.test_a_generator_may_wait()
  virtual(function()
    local since, seen = support.stopwatch(), {}
    local generate = crib.wrap(function(count)
      for i = 1, count do
        crib.sleep(1)
        coroutine.yield(i, since())
      end
      return "end"
    end)
    lu.assertEquals({ generate(2) }, { 1, 1 })
    lu.assertEquals({ generate() }, { 2, 2 })
    lu.assertEquals(generate(), "end")
    for item in crib.wrap(function()
      local tx, rx = crib.channel(3)
      for i = 1, 3 do
        tx:send(i)
      end
      tx:close()
      for i in rx:iter() do
        coroutine.yield(i * 10)
      end
    end) do
      seen[#seen + 1] = item
    end
    lu.assertEquals(seen, { 10, 20, 30 })
  end)
end

function TestWrap.test_generators_nest()
  virtual(function()
    local since = support.stopwatch()
    local function inner()
      for i = 1, 2 do
        crib.sleep(1)
        coroutine.yield(i)
      end
    end
    local total = 0
    for value in crib.wrap(function()
      for i in crib.wrap(inner) do
        crib.sleep(1)
        coroutine.yield(i * 100)
      end
    end) do
      total = total + value
      crib.sleep(1)
    end
    lu.assertEquals(total, 300)
    lu.assertEquals(since(), 6)
  end)
end

function TestWrap.test_values_go_both_ways_and_errors_come_out()
  virtual(function()
    local err = {}
    local echo = crib.wrap(function(first)
      local second = coroutine.yield(first)
      crib.checkpoint()
      local third = coroutine.yield(second)
      crib.checkpoint()
      error(third)
    end)
    lu.assertEquals(echo "a", "a")
    lu.assertEquals(echo "b", "b")
    local ok, caught = pcall(echo, err)
    lu.assertFalse(ok)
    lu.assertIs(caught, err)
    lu.assertFalse(pcall(echo))
  end)
end

function TestWrap.test_a_cancel_reaches_a_generator_that_waits()
  virtual(function()
    local log = {}
    local scope = crib.move_on_after(1, function()
      for _ in crib.wrap(function()
        local ok, err = pcall(crib.sleep, 9)
        log[#log + 1] = ok
        error(err, 0)
      end) do
      end
    end)
    lu.assertTrue(scope.cancelled_caught)
    lu.assertEquals(log, { false })
  end)
end

function TestWrap.test_blocks_of_a_generator_are_its_own()
  virtual(function()
    local since, log = support.stopwatch(), {}
    local generate = crib.wrap(function()
      local scope = crib.move_on_after(2, function()
        while true do
          crib.sleep(0.5)
          coroutine.yield(since())
        end
      end)
      return "ended: " .. tostring(scope.cancelled_caught)
    end)
    log[1] = generate()
    crib.sleep(5) -- the generator's deadline passes, and does not concern its caller
    crib.move_on_after(1, function(scope)
      log[2] = generate()
      lu.assertFalse(scope.cancel_called)
    end)
    lu.assertEquals(log, { 0.5, "ended: true" })
    lu.assertEquals(since(), 5.5)
    generate = crib.wrap(function()
      crib.nursery(function(n)
        n:start_soon(error, "of a child", 0)
        coroutine.yield()
        crib.sleep_forever()
      end)
    end)
    generate()
    crib.sleep(1)
    local ok, err = pcall(generate)
    lu.assertFalse(ok)
    lu.assertEquals(err.errors, { "of a child" })
  end)
end

function TestWrap.test_a_generator_left_with_an_open_block_is_told_of()
  local ok, err = pcall(virtual, function()
    crib.scope(function()
      crib.wrap(function()
        crib.scope(coroutine.yield)
      end)()
    end)
  end)
  lu.assertFalse(ok)
  lu.assertEquals(err.code, crib.EMISUSE)
end

function TestWrap.test_outside_of_tasks_it_is_a_plain_generator()
  local next_item = crib.wrap(function()
    coroutine.yield(1)
    coroutine.yield(2)
  end)
  lu.assertEquals(next_item(), 1)
  lu.assertEquals(next_item(), 2)
end

function TestWrap.test_a_plain_coroutine_may_not_wait_and_the_task_goes_on()
  virtual(function()
    support.refuses(coroutine.wrap(function()
      crib.sleep(1)
    end), "a coroutine of its own", "crib.wrap")
    support.refuses(coroutine.wrap(function()
      crib.nursery(function() end)
    end), "crib.wrap")
    crib.sleep(1)
  end)
end

function TestWrap.test_a_plain_coroutine_that_does_not_wait_is_fine()
  virtual(function()
    local co = coroutine.wrap(function()
      for i = 1, 3 do
        coroutine.yield(i)
      end
    end)
    lu.assertEquals(co() + co() + co(), 6)
  end)
end

function TestWrap.test_where_lua_cannot_yield_nothing_is_started()
  virtual(function()
    local tx, rx = crib.channel(1)
    support.refuses(function()
      table.sort({ 3, 2, 1 }, function(a, b)
        tx:send(1)
        return a < b
      end)
    end, "cannot yield from", "wrap_test.lua")
    lu.assertNil((rx:receive_nowait()))
    support.refuses(function()
      return ("x"):gsub("x", function()
        crib.checkpoint()
      end)
    end, "cannot yield from")
    support.refuses(function()
      table.sort({ 3, 2, 1 }, function(a, b)
        for _ in crib.wrap(function()
          crib.sleep(1)
        end) do
        end
        return a < b
      end)
    end, "cannot yield")
    support.refuses(function()
      table.sort({ 3, 2, 1 }, function(a, b)
        crib.nursery(function() end)
        return a < b
      end)
    end, "cannot yield")
    crib.sleep(1)
  end)
end

function TestWrap.test_metamethods_iterators_and_pcall_may_wait()
  virtual(function()
    local since = support.stopwatch()
    local object = setmetatable({}, {
      __index = function(_, key)
        crib.sleep(1)
        return key
      end,
      __add = function(_, b)
        crib.sleep(1)
        return b
      end,
    })
    lu.assertEquals(object.name, "name")
    lu.assertEquals(object + 5, 5)
    lu.assertEquals({ pcall(pcall, function()
      crib.sleep(1)
      return 7
    end) }, { true, true, 7 })
    local loaded = (loadstring or load) "local crib = ... crib.sleep(1) return 8"
    lu.assertEquals(loaded(crib), 8)
    lu.assertEquals(since(), 4)
  end)
end

function TestWrap.test_a_finalizer_may_not_wait()
  virtual(function()
    local message
    local guard
    local function finalize()
      local _, err = pcall(crib.checkpoint)
      message = tostring(err)
    end
    if support.jit then
      guard = newproxy(true)
      getmetatable(guard).__gc = finalize
    else
      guard = setmetatable({}, { __gc = finalize })
    end
    guard = nil -- luacheck: ignore
    support.collect()
    lu.assertStrContains(message, "cannot yield from")
    crib.checkpoint()
  end)
end

function TestWrap.test_outside_of_tasks_an_operation_is_refused()
  support.refuses(function()
    crib.sleep(1)
  end, "needs a task", "wrap_test.lua")
  support.refuses(function()
    crib.move_on_after(1, print)
  end, "needs a task")
  support.refuses(function()
    crib.nursery(print)
  end, "needs a task")
end

function TestWrap.test_a_task_that_others_resume_fails_and_nothing_worse()
  local message, co
  local ok = pcall(virtual, function()
    crib.nursery(function(n)
      n:start_soon(function()
        co = coroutine.running()
        crib.sleep(1)
        crib.sleep(1)
      end)
      crib.checkpoint()
      message = tostring(select(2, coroutine.resume(co, true)))
      crib.sleep(3)
    end)
  end)
  lu.assertFalse(ok)
  lu.assertNotNil(message)
  local guest = crib.guest(function()
    co = coroutine.running()
    crib.sleep(0.001)
  end)
  guest:tick()
  coroutine.resume(co, true)
  for _ = 1, 1000 do
    if not guest:tick() then
      break
    end
    crib.now()
  end
  while guest:tick() do
  end
  lu.assertEquals(guest:result(), false)
end

function TestWrap.test_a_task_that_yields_by_itself_fails_and_what_it_left_open_ends()
  local ok, err = pcall(virtual, function()
    crib.nursery(function(n)
      n:start_soon(function()
        crib.nursery(function(inner)
          inner:start_soon(crib.sleep_forever)
          coroutine.yield()
        end)
      end)
    end)
  end)
  lu.assertFalse(ok)
  lu.assertNotNil(crib.find(err, crib.EMISUSE))
  lu.assertStrContains(tostring(err), "yielded outside of an operation")
end

support.main()
