-- Lock: it guards what must not be seen half done across a wait, and a condition says that it has changed. Tasks take
-- turns only where they wait, so what does not wait needs no lock at all.
local crib = require "crib"

local Account = {}
Account.__index = Account

function Account.open()
  local lock = crib.lock()
  return setmetatable({ cents = 0, lock = lock, paid_in = crib.condition(lock) }, Account)
end

function Account:pay_in(amount)
  self.lock:hold(function() -- given back on every way out
    local before = self.cents
    crib.sleep(0.01) -- asks the bank; nobody sees the account meanwhile
    self.cents = before + amount
    self.paid_in:notify_all()
  end)
end

function Account:withdraw(amount)
  self.lock:hold(function()
    while self.cents < amount do self.paid_in:wait() end -- lets go of the lock while it waits
    self.cents = self.cents - amount
    print(("withdrew %d, %d left"):format(amount, self.cents))
  end)
end

crib.run(function()
  local account = Account.open()
  crib.nursery(function(n)
    n:start_soon(account.withdraw, account, 500)
    for _ = 1, 10 do n:start_soon(account.pay_in, account, 100) end
  end)
  print(account.cents .. " cents in the end")
end)
