-- Compositions.
local support = require "support"
local lu, crib, virtual = support.lu, support.crib, support.virtual

TestCombine = {}

local function after(seconds, ...)
  local results = { ... }
  return function()
    crib.sleep(seconds)
    return results[1]
  end
end

local function failing(seconds, err)
  return function()
    crib.sleep(seconds)
    error(err, 0)
  end
end

function TestCombine.test_gather_gives_results_in_order()
  virtual(function()
    local since = support.stopwatch()
    lu.assertEquals(crib.gather { after(2, "a"), after(1, "b"), after(3, "c") }, { "a", "b", "c" })
    lu.assertEquals(since(), 3)
    lu.assertEquals(crib.gather({ after(1, 1), after(1, 2), after(1, 3) }, { limit = 1 }), { 1, 2, 3 })
    lu.assertEquals(since(), 6)
    lu.assertEquals(crib.gather {}, {})
    local ok, err = pcall(crib.gather, { after(9), failing(1, "boom") })
    lu.assertFalse(ok)
    lu.assertEquals(err.errors, { "boom" })
    lu.assertEquals(since(), 7)
    lu.assertFalse(pcall(crib.gather, { 5 }))
    lu.assertFalse(pcall(crib.gather))
  end)
end

function TestCombine.test_map_calls_with_item_and_index()
  virtual(function()
    local since = support.stopwatch()
    lu.assertEquals(crib.map({ 10, 20, 30, 40 }, function(item, index)
      crib.sleep(1)
      return item + index
    end, { limit = 2 }), { 11, 22, 33, 44 })
    lu.assertEquals(since(), 2)
  end)
end

function TestCombine.test_first_success()
  virtual(function()
    lu.assertEquals({ crib.first_success { failing(0, "no"), after(2, "slow"), after(1, "fast") } }, { 3, "fast" })
    local ok, err = pcall(crib.first_success, { failing(1, "one"), failing(2, "two") })
    lu.assertFalse(ok)
    lu.assertEquals(err.errors, { "one", "two" })
    lu.assertFalse(pcall(crib.first_success, {}))
  end)
end

function TestCombine.test_completed_gives_results_as_they_come()
  virtual(function()
    local log = {}
    lu.assertEquals(crib.completed({ after(3, "c"), failing(1, "no"), after(2, "b") }, function(results)
      for index, ok, value in results do
        log[#log + 1] = index .. tostring(ok) .. value
      end
      return "done"
    end), "done")
    lu.assertEquals(log, { "2falseno", "3trueb", "1truec" })
  end)
end

function TestCombine.test_completed_cancels_what_nobody_waits_for()
  virtual(function()
    local since = support.stopwatch()
    crib.completed({ after(1, "first"), after(9, "never") }, { limit = 2 }, function(results)
      results()
    end)
    lu.assertEquals(since(), 1)
    local ok, err = pcall(crib.completed, { failing(0, "lost"), after(1, "x") }, function(results)
      crib.sleep(1)
    end)
    lu.assertFalse(ok)
    lu.assertEquals(err.errors, { "lost" })
    crib.completed({ after(1), after(1), after(1) }, { limit = 1 }, function(results)
      local begin = crib.now()
      for _ in results do
      end
      lu.assertAlmostEquals(crib.now() - begin, 3, 1e-6)
    end)
  end)
end

function TestCombine.test_retry_waits_longer_and_longer()
  virtual(function()
    local since, tries = support.stopwatch(), 0
    lu.assertEquals({ crib.retry({ delay = 1, factor = 3 }, function(a)
      tries = tries + 1
      if tries < 4 then
        error "not yet"
      end
      return a, tries
    end, "x") }, { "x", 4 })
    lu.assertEquals(since(), 13)
    tries = 0
    lu.assertEquals({ pcall(crib.retry, { attempts = 2 }, failing(0, "no")) }, { false, "no" })
    lu.assertEquals({ pcall(crib.retry, {
      retries = function(err)
        return err ~= "fatal"
      end,
    }, failing(0, "fatal")) }, { false, "fatal" })
    lu.assertEquals(crib.retry(function()
      return 5
    end), 5)
  end)
end

function TestCombine.test_retry_begins_no_delay_beyond_the_deadline_and_does_not_retry_cancelled()
  virtual(function()
    local since = support.stopwatch()
    lu.assertEquals({ pcall(crib.move_on_after, 5, function()
      crib.retry({ delay = 4, factor = 1 }, failing(0, "still"))
    end) }, { false, "still" })
    lu.assertEquals(since(), 4)
    lu.assertTrue(crib.move_on_after(1, function()
      crib.retry(crib.sleep, 9)
    end).cancelled_caught)
    lu.assertEquals(since(), 5)
  end)
end

function TestCombine.test_retry_leaves_out_a_part_of_its_delays()
  virtual(function()
    local begin = crib.now()
    pcall(crib.retry, { attempts = 2, delay = 10, jitter = 50 }, failing(0, "no"))
    local took = crib.now() - begin
    lu.assertTrue(took >= 5 and took <= 10)
  end)
end

function TestCombine.test_a_ticker_does_not_drift_and_counts_what_was_missed()
  virtual(function()
    local since, ticker = support.stopwatch(), crib.ticker(0.1)
    local log = {}
    for missed in ticker:iter() do
      log[#log + 1] = ("%.2f:%d"):format(since(), missed)
      if #log == 1 then
        crib.sleep(0.03)
      elseif #log == 3 then
        crib.sleep(0.35)
      elseif #log == 5 then
        break
      end
    end
    lu.assertEquals(table.concat(log, " "), "0.10:0 0.20:0 0.30:0 0.70:3 0.80:0")
    crib.sleep(0.1)
    lu.assertEquals(ticker:wait(), 0)
    lu.assertAlmostEquals(since(), 0.9, 1e-9)
    lu.assertFalse(pcall(crib.ticker, 0))
    lu.assertFalse(pcall(crib.ticker))
  end)
end

support.main()
