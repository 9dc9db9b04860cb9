-- src/domain/time.rs: instants and spans are whole microseconds, which a Lua number holds exactly until the year 2255.

local MILLISECOND = 1000
local SECOND = 1000 * MILLISECOND
local HOUR = 3600 * SECOND

local time = {}

-- The server's clock, so that all replicas share one. Tests let it run ahead ("+") or hold it still ("=").
function time.now(clock)
  local set = tonumber(string.sub(clock, 2))
  if string.sub(clock, 1, 1) == "=" then
    return set
  end
  local told = redis.call("TIME")
  return told[1] * SECOND + told[2] + set
end

function time.after(now, wait)
  return now + wait
end

-- Rust's `until`, which is a word of Lua.
function time.left(now, ends)
  return math.max(ends - now, 0)
end
