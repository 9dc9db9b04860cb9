-- src/domain/lease.rs: a lease is {owner, fence}; a grant is a lease and until when it holds (`ends`).

local lease = {}
local grant = {}

-- The number after `last`. The first of all begins at the server's time, not at zero: whatever was lost, a fence or an epoch
-- given out before it is lower than those given out after, so who shows one is refused and not mistaken for another.
-- Milliseconds times 2^10 leave room for a thousand numbers a millisecond, and stay whole in a Lua number until the year 2248.
function lease.number_after(last, now)
  if last == 0 then
    last = math.floor(now / MILLISECOND) * 1024
  end
  return last + 1
end

function lease.same(a, b)
  return a.owner == b.owner and a.fence == b.fence
end

function grant.holds(granted, now)
  return now < granted.ends
end

function grant.left(granted, now)
  return time.left(now, granted.ends)
end
