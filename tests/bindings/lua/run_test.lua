-- Runs: results, errors, options, deadlocks.
local support = require "support"
local lu, crib, virtual, raised = support.lu, support.crib, support.virtual, support.raised

TestRun = {}

function TestRun.test_a_run_returns_the_results_of_its_main_task()
  lu.assertEquals({ virtual(function(a, b)
    return a + b, nil, "end"
  end, 1, 2) }, { 3, nil, "end" })
  lu.assertEquals(select("#", virtual(function() end)), 0)
  lu.assertEquals(select("#", virtual(function()
    return 1, nil
  end)), 2)
end

function TestRun.test_a_run_raises_the_error_of_its_main_task()
  local err = {}
  lu.assertIs(raised(error, err), err)
end

function TestRun.test_a_run_without_options_is_in_real_time()
  local before = crib.now()
  crib.run(crib.sleep, 0.001)
  lu.assertTrue(crib.now() - before >= 0.001)
end

function TestRun.test_virtual_time_passes_at_once()
  local begin = os.time()
  virtual(crib.sleep, 100000)
  lu.assertTrue(os.time() - begin < 1000)
end

function TestRun.test_the_manual_clock_is_moved_by_hand()
  local log = {}
  crib.run({ mock_clock = "manual" }, function()
    crib.nursery(function(n)
      n:start_soon(function()
        crib.sleep(5)
        log[#log + 1] = "slept"
      end)
      crib.checkpoint()
      crib.clock_jump(4)
      crib.checkpoint()
      crib.checkpoint()
      log[#log + 1] = "four"
      crib.clock_jump(1)
    end)
  end)
  lu.assertEquals(log, { "four", "slept" })
end

function TestRun.test_everything_started_has_ended_when_the_run_returns()
  local ended = 0
  virtual(function()
    crib.nursery(function(n)
      for _ = 1, 10 do
        n:start_soon(function()
          crib.sleep(1)
          ended = ended + 1
        end)
      end
    end)
  end)
  lu.assertEquals(ended, 10)
end

function TestRun.test_a_runtime_serves_one_run_after_another()
  local runtime = crib.runtime { mock_clock = true }
  local tx, rx
  runtime:run(function()
    tx, rx = crib.channel(1)
    tx:send "from the first"
  end)
  lu.assertEquals(runtime:run(rx.receive, rx), "from the first")
  lu.assertEquals(crib.run_with(nil, function()
    return 7
  end), 7)
end

function TestRun.test_a_run_inside_a_run_is_refused()
  local err = raised(function()
    crib.run(function() end)
  end)
  lu.assertEquals(err.code, crib.EMISUSE)
end

function TestRun.test_unknown_and_wrong_options_are_refused()
  support.refuses(function()
    crib.run({ sped = 1 }, function() end)
  end, "no option 'sped'")
  support.refuses(function()
    crib.run({ seed = "x" }, function() end)
  end, "'seed' must be a number")
  support.refuses(function()
    crib.run({ mock_clock = "fast" }, function() end)
  end, "no mock_clock is called 'fast'")
  support.refuses(function()
    crib.run(3)
  end, "'f' must be a function")
end

function TestRun.test_a_deadlock_is_reported_with_what_everybody_waits_on()
  local report = support.deadlocked(function()
    crib.nursery(function(n)
      n:start_soon("reader", function()
        local tx, rx = crib.channel(0)
        rx:receive()
        tx:close()
      end)
    end)
  end)
  lu.assertStrContains(report, "reader")
  lu.assertStrContains(report, "channel")
end

function TestRun.test_an_expectation_or_a_portal_is_no_deadlock()
  local ended
  crib.run(function()
    local hope = crib.expect "a wake-up"
    local portal = crib.portal()
    crib.nursery(function(n)
      n:start_soon(function()
        portal:wait()
        ended = true
      end)
      crib.sleep(0.002)
      portal:wake()
    end)
    portal:close()
    hope:release()
  end)
  lu.assertTrue(ended)
end

function TestRun.test_the_tree_shows_tasks_and_what_they_wait_on()
  virtual(function()
    crib.nursery(function(n)
      n:start_soon("sleeper", crib.sleep, 1)
      crib.checkpoint()
      lu.assertStrContains(crib.tree(), "'sleeper'")
    end)
  end)
end

function TestRun.test_statistics_are_a_table_of_whole_numbers()
  virtual(function()
    crib.nursery(function(n)
      n:start_soon(crib.sleep, 1)
      local s = crib.statistics()
      lu.assertEquals(s.tasks_spawned >= 1, true)
      if math.type then
        lu.assertEquals(math.type(s.tasks_living), "integer")
      end
    end)
  end)
end

function TestRun.test_the_same_seed_gives_the_same_order()
  local function order(seed)
    local log = {}
    crib.run({ seed = seed, mock_clock = 2 }, function()
      crib.nursery(function(n)
        for i = 1, 8 do
          n:start_soon(function()
            log[#log + 1] = i
          end)
        end
      end)
    end)
    return log
  end
  lu.assertEquals(order(42), order(42))
  lu.assertNotEquals(order(42), order(43))
end

function TestRun.test_a_run_may_be_called_in_a_coroutine_of_the_host()
  local co = coroutine.wrap(function()
    return virtual(function()
      crib.sleep(1)
      return "done"
    end)
  end)
  lu.assertEquals(co(), "done")
end

function TestRun.test_sigint_ends_the_run()
  local cleaned
  local ok, err = pcall(crib.run, function()
    assert(io.popen "kill -INT $PPID"):close()
    local _, cancelled = pcall(crib.sleep, 30)
    cleaned = cancelled.source
    error(cancelled, 0)
  end)
  lu.assertFalse(ok)
  lu.assertEquals(err.code, crib.EINTERRUPTED)
  lu.assertEquals(cleaned, "interrupt")
end

function TestRun.test_a_program_may_exit_inside_of_a_task()
  local interpreter = arg[-1]
  for _, close in ipairs { "true", "false" } do
    local program = "require 'crib'.run(function(n) require 'crib'.nursery(function(n) n:start_soon(os.exit, 7, "
      .. close .. ") end) end)"
    local a, _, c = os.execute(("%s -e %q"):format(interpreter, program))
    lu.assertEquals(c or a / 256, 7)
  end
end

function TestRun.test_the_module_sets_no_globals()
  lu.assertNil(rawget(_G, "swig_type"))
  lu.assertNil(rawget(_G, "swig_equals"))
  lu.assertNil(rawget(_G, "crib"))
end

support.main()
