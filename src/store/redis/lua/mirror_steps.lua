-- One call is one step on what lies under KEYS[1]: what is known of a conversation, or the feed that lasts. ARGV is the step's
-- name, the clock and the step's arguments. The reply is "ok" and what the step tells.
--
-- What is known of a conversation is a text that only Rust looks into, behind the number of its version: src/store/redis/mirror.rs
-- reads both, joins what it was told, and writes if nobody has written meanwhile. Numbers begin at the time, so that none
-- comes back where what had it was lost.

local name, now = ARGV[1], time.now(ARGV[2])
local before = redis.call("GET", KEYS[1])

local function keep(value, wait)
  local milliseconds = string.format("%.0f", math.ceil(time.after(wait, MARGIN) / MILLISECOND))
  redis.call("SET", KEYS[1], value, "PX", milliseconds)
end

-- What cannot be read is as good as nothing.
local function known()
  local number, text = string.match(before or "", "^(%d+) (.*)$")
  return tonumber(number or 0), text
end

local function lasting()
  return before and store.unpack_state(before) or nil
end

local steps = {}

function steps.mirrored()
  local number, text = known()
  return { now, number, text or false }
end

-- An empty number is any.
function steps.mirror(expected, text, wait)
  local number = known()
  if expected ~= "" and tonumber(expected) ~= number then
    return { "no" }
  end
  keep(string.format("%.0f %s", math.max(number + 1, now), text), tonumber(wait))
  return { "yes" }
end

function steps.begin_feed(owner, hold_for)
  local begun = feed.begin(lasting(), owner, tonumber(hold_for), now)
  if not begun then
    return { false }
  end
  keep(cmsgpack.pack(begun), time.left(now, begun.ends))
  return { begun.feed }
end

function steps.hear_feed(owner, number, hold_for)
  local heard = lasting()
  if not heard or not feed.hear(heard, owner, tonumber(number), tonumber(hold_for), now) then
    return { "no" }
  end
  keep(cmsgpack.pack(heard), time.left(now, heard.ends))
  return { "yes" }
end

-- Its number, and how long ago it was heard: this node's clock may differ from that of another.
function steps.lasting_feed()
  local found = lasting()
  if not found or not feed.lasts(found, now) then
    return { false }
  end
  return { found.feed, math.max(now - found.heard, 0) }
end

return { "ok", steps[name](unpack(ARGV, 3)) }
