-- Guest runs: the host, here the test, decides when they go on.
local support = require "support"
local lu, crib = support.lu, support.crib

TestGuest = {}

local function drive(guest)
  local ticks = 0
  while guest:tick() do
    ticks = ticks + 1
    if ticks > 100000 then
      error "it does not end"
    end
  end
  return ticks
end

function TestGuest.test_the_host_drives_the_run()
  local log = {}
  local guest = crib.guest({ mock_clock = "auto" }, function(a, b)
    log[#log + 1] = "runs"
    crib.sleep(1)
    return a, nil, b
  end, 1, 2)
  lu.assertEquals(log, {})
  lu.assertTrue(guest:fd() >= 0)
  lu.assertNil(guest:result())
  drive(guest)
  lu.assertEquals(log, { "runs" })
  for _ = 1, 2 do
    lu.assertEquals({ guest:result() }, { true, 1, nil, 2 })
  end
  lu.assertFalse(guest:tick())
end

function TestGuest.test_errors_are_a_result()
  local err = {}
  local guest = crib.guest(error, err)
  drive(guest)
  local ok, caught = guest:result()
  lu.assertFalse(ok)
  lu.assertIs(caught, err)
end

function TestGuest.test_the_timeout_is_that_of_the_next_deadline()
  local guest = crib.guest(function()
    crib.sleep(1000)
  end)
  while guest:timeout() == 0 do
    guest:tick()
  end
  local timeout = guest:timeout()
  lu.assertTrue(timeout > 900 and timeout <= 1000)
  guest:cancel "the host has had enough"
  drive(guest)
  local ok, err = guest:result()
  lu.assertFalse(ok)
  lu.assertTrue(crib.is_cancelled(err))
end

function TestGuest.test_without_deadlines_only_the_descriptor_matters()
  local guest = crib.guest(crib.sleep_forever)
  while guest:timeout() == 0 do
    guest:tick()
  end
  lu.assertNil(guest:timeout())
  guest:cancel()
  drive(guest)
end

function TestGuest.test_a_cancel_before_the_first_tick()
  local ran
  local guest = crib.guest(function()
    ran = true
    crib.checkpoint()
    ran = "on"
  end)
  guest:cancel()
  drive(guest)
  lu.assertEquals(guest:result(), false)
  lu.assertNotEquals(ran, "on")
end

function TestGuest.test_no_other_run_beside_a_guest()
  local guest = crib.guest(crib.checkpoint)
  lu.assertEquals(select(2, pcall(crib.run, print)).code, crib.EMISUSE)
  lu.assertEquals(select(2, pcall(crib.guest, print)).code, crib.EMISUSE)
  drive(guest)
  lu.assertEquals(crib.run(function()
    return 5
  end), 5)
end

function TestGuest.test_the_host_works_between_ticks()
  local tx, rx
  local seen = {}
  local guest = crib.guest(function()
    tx, rx = crib.channel(1)
    for item in rx:iter() do
      seen[#seen + 1] = item
    end
  end)
  guest:tick()
  while guest:timeout() == 0 do
    guest:tick()
  end
  lu.assertNil(crib.current_task())
  tx:send_nowait { 1 }
  guest:tick()
  tx:send_nowait { 2 }
  tx:close()
  drive(guest)
  lu.assertEquals(seen, { { 1 }, { 2 } })
end

support.main()
