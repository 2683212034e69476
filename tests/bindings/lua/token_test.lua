-- Cancel tokens.
local support = require "support"
local lu, crib, virtual = support.lu, support.crib, support.virtual

TestToken = {}

function TestToken.test_a_token_is_triggered_once_and_for_all()
  virtual(function()
    local token = crib.token "stop"
    lu.assertEquals(token:name(), "stop")
    lu.assertFalse(token:triggered())
    lu.assertNil(token:triggered_token())
    token:check()
    token:trigger()
    token:trigger()
    lu.assertTrue(token:triggered())
    lu.assertTrue(token:triggered_token() == token)
    local err = support.refuses(function()
      token:check()
    end, "Cancellation requested by stop token")
    lu.assertEquals(err.code, crib.EOPCANCELLED)
    token:wait()
    lu.assertEquals(crib.token():name(), "")
  end)
end

function TestToken.test_a_chain_is_triggered_by_its_parts()
  virtual(function()
    local a, b = crib.token "a", crib.token "b"
    local chain = crib.token_chain(a, b)
    lu.assertEquals(chain:name(), "a:b")
    b:trigger()
    lu.assertTrue(chain:triggered())
    lu.assertFalse(a:triggered())
    lu.assertTrue(chain:triggered_token() == b)
  end)
end

function TestToken.test_waiting_for_a_token()
  virtual(function()
    local since, token = support.stopwatch(), crib.token "t"
    crib.nursery(function(n)
      n:start_soon(function()
        token:wait()
        lu.assertEquals(since(), 1)
      end)
      crib.sleep(1)
      token:trigger()
    end)
  end)
end

function TestToken.test_a_scope_is_linked_to_a_token_and_the_other_way_round()
  virtual(function()
    local token = crib.token "link"
    local scope = crib.scope(function(scope)
      scope:link_token(token)
      token:trigger()
      crib.checkpoint()
    end)
    lu.assertTrue(scope.cancelled_caught)
    lu.assertEquals({ scope.source, scope.reason }, { "link", "link" })
    local of_scope
    crib.scope(function(inner)
      of_scope = inner:token "of the scope"
      lu.assertFalse(of_scope:triggered())
      inner:cancel()
      lu.assertTrue(of_scope:triggered())
    end)
  end)
end

function TestToken.test_cancellable_wait_gives_the_first_to_end()
  virtual(function()
    local token = crib.token "t"
    local function after(seconds, result)
      return function()
        crib.sleep(seconds)
        return result
      end
    end
    lu.assertEquals({ crib.cancellable_wait(token, { after(2, "slow"), after(1, "fast") }) }, { 2, "fast" })
    local err = support.refuses(function()
      crib.cancellable_wait(nil, { after(3) }, { timeout = 1 })
    end)
    lu.assertEquals(err.code, crib.ETOOSLOW)
    local mine = {}
    err = select(2, pcall(crib.cancellable_wait, token, {
      function()
        error(mine)
      end,
    }))
    lu.assertIs(err.errors[1], mine)
    crib.nursery(function(n)
      n:start_soon(function()
        err = select(2, pcall(crib.cancellable_wait, token, { after(9) }))
        lu.assertEquals(err.code, crib.EOPCANCELLED)
      end)
      crib.sleep(1)
      token:trigger()
    end)
  end)
end

function TestToken.test_an_external_token_is_no_deadlock()
  crib.run(function()
    local token = crib.token_external "outside"
    crib.nursery(function(n)
      n:start_soon(token.wait, token)
      crib.sleep(0.001)
      token:trigger()
    end)
  end)
end

support.main()
