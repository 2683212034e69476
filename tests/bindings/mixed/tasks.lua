-- The tasks of Lua that the tests use: global functions, called by name. What goes wrong is raised.
local crib = require "crib"

-- Values, sent and expected back as the same ones.
local function nothing() end
local values = { {}, nothing, "text", 1.5, true, false, -7, 0, 2 ^ 53, "", coroutine.create(nothing), crib.null }

function sends_values(tx)
  for _, value in ipairs(values) do tx:send(value) end
  tx:close()
end

local math_type = math.type or type

function expects_values(rx)
  local count = 0
  for value in rx:iter() do
    count = count + 1
    assert(rawequal(value, values[count]), "value " .. count .. " is another one")
    assert(math_type(value) == math_type(values[count]), "value " .. count .. " is of another kind")
  end
  assert(count == #values, "there are " .. count)
end

function sends_integers(tx)
  for _, n in ipairs { 1, -1, 0, 1000000007 } do tx:send(n) end
  tx:close()
end

function adds_thousand(rx, tx)
  for n in rx:iter() do tx:send(n + 1000) end
  tx:close()
end

function sends_a_fraction(tx)
  tx:send(0.5)
  tx:close()
end

function passes_on(rx, tx)
  for value in rx:iter() do
    assert(type(value) == "userdata" and #tostring(value) > 0)
    tx:send(value)
  end
  tx:close()
end

local kept = {}

function keeps_what_it_gets(rx)
  for value in rx:iter() do kept[#kept + 1] = value end
end

function lets_go_of_what_it_kept()
  kept = {}
  collectgarbage()
  collectgarbage()
end

-- Objects of C++, and a value of its own with each.
function echoes(rx, tx)
  for value in rx:iter() do
    tx:send(value)
    tx:send { "with it" }
  end
  tx:close()
end

-- Errors.
local its_failure = { code = 42 }

function fails()
  crib.sleep(0.01)
  error(its_failure)
end

function expects_its_failure(err)
  if crib.is_group(err) then
    assert(#err.errors == 1, tostring(err))
    err = err.errors[1]
  end
  assert(rawequal(err, its_failure) and err.code == 42, tostring(err))
end

function hosts(start)
  crib.nursery(function(n)
    n:start_soon(crib.sleep, 3600)
    start(n)
  end)
end

function hosts_and_looks(start)
  local ok, err = crib.pcall(hosts, start)
  assert(not ok)
  error(err)
end

function expects_the_code_of_c(group)
  local err = crib.find(group, -1000001)
  for leaf in crib.leaves(group) do assert(leaf == err, tostring(group)) end
  assert(err.code == -1000001, tostring(err.code))
  assert(err.message == "there is nothing left in C", err.message)
  assert(err.task == "c", tostring(err.task))
end

function expects_three(err)
  assert(crib.is_group(err), tostring(err))
  local lua, c, cpp = 0, 0, 0
  for leaf in crib.leaves(err) do
    if rawequal(leaf, its_failure) then
      lua = lua + 1
    elseif leaf.code == -1000001 then
      c = c + 1
    elseif leaf.message == "thrown in C++" then
      cpp = cpp + 1
    end
  end
  assert(lua == 1 and c == 1 and cpp == 1, tostring(err))
end

function closes_with_its_failure(tx) tx:close(its_failure) end

function expects_its_failure_at_the_end(rx)
  local ok, err = crib.pcall(rx.receive, rx)
  assert(not ok and rawequal(err, its_failure), tostring(err))
end

-- Cancels.
function waits(note)
  note "waiting"
  local ok, err = pcall(crib.sleep_forever)
  assert(not ok and crib.is_cancelled(err), tostring(err))
  note "cancelled"
  error(err)
end

function serves(note)
  note "waiting"
  local scope = crib.graceful(crib.sleep_forever)
  if scope.cancelled_caught then note "told" end
  crib.sleep(1)
  note "finished"
end

-- Locks and so on.
function adds_to_the_lock(lock, read, write)
  for _ = 1, 10 do
    lock:hold(function()
      local before = read()
      crib.sleep(0.001)
      write(before + 1)
    end)
  end
end

function waits_for_all(event, token, semaphore, task, back)
  event:wait()
  token:wait()
  semaphore:acquire()
  task:wait()
  back:set()
end

-- The main task of a run.
sum = 0

function main(start_c, start_cpp)
  crib.nursery(function(n)
    local rx = start_c(n)
    start_cpp(n)
    for item in rx:iter() do sum = sum + item end
  end)
end

-- Functions of C that wait.
function calls(wait_in_c, expected)
  local call = crib.waits and crib.waits(wait_in_c) or wait_in_c
  assert(call(7) == expected)
  local ok, err = crib.pcall(call, -1000001)
  assert(not ok and err.code == -1000001, tostring(err))
  local scope = crib.move_on_after(0.5, function() call(3600000) end)
  assert(scope.cancelled_caught)
end

-- Random trees: see random_test.cpp, which gives `below`, `failure`, `start_children`, `tx` and `rx`.
local function time() return below(20) / 1000 end

local acts_of = {
  [0] = function() crib.sleep(time()) end,
  function()
    crib.move_on_after(time(), function() tx:send(below(2) == 0 and {} or below(100)) end)
  end,
  function() crib.select { { receive = rx }, { after = time() } } end,
  function()
    if below(5) == 0 then error(failure()) end
  end,
  function(depth) crib.move_on_after(time(), function() acts(depth + 1) end) end,
  function(depth)
    crib.nursery(function(n)
      start_children(n, depth)
      acts(depth + 1)
    end)
  end,
}

function acts(depth)
  for _ = 0, below(3) do acts_of[below(depth > 5 and 4 or 6)](depth) end
end

-- Groups that go on through several nurseries while others are made and collected.
local function nested(depth, f)
  if depth == 0 then return f() end
  crib.nursery(function() nested(depth - 1, f) end)
end

function keeps_groups_apart()
  local groups = {}
  for round = 1, 300 do
    local count = 2 + round % 7
    local ok, err = crib.pcall(nested, round % 6, function()
      crib.nursery(function(n)
        for _ = 1, count do
          n:start_soon(function() error { round } end)
        end
      end)
    end)
    assert(not ok and #err.errors == (round % 6 == 0 and count or 1), "a group of another round")
    for leaf in crib.leaves(err) do
      assert(leaf[1] == round, "an error of another round")
      count = count - 1
    end
    assert(count == 0, "a group of another round")
    groups[round] = err
    if round % 3 == 0 then collectgarbage() end
  end
  assert(#groups == 300)
end
