-- One call is one step on what lies under KEYS[1], a registration or a line, which is kept until it is spent. ARGV is the
-- step's name, the clock and the step's arguments. The reply is "ok" and what the step tells, or "no" and why not.

local name, now = ARGV[1], time.now(ARGV[2])
local before = redis.call("GET", KEYS[1])
local state = before and store.unpack_state(before)

local function keep(after, ends)
  local packed = cmsgpack.pack(after)
  if packed ~= before then
    local wait = time.after(time.left(now, ends), MARGIN) / MILLISECOND
    redis.call("SET", KEYS[1], packed, "PX", string.format("%.0f", math.ceil(wait)))
  end
end

local function line()
  return state and not token_line.is_spent(state, now) and state or nil
end

local steps = {}

function steps.register(conversation, participant, ttl)
  local given = { conversation = conversation, participant = participant }
  local renewed, refusal = registration.renew(state, given, tonumber(ttl), now)
  if refusal then
    return nil, refusal
  end
  keep(renewed, renewed.ends)
  return { renewed.since, renewed.ends }
end

function steps.lookup()
  if not state or registration.is_spent(state, now) then
    return { false }
  end
  return { state.conversation, state.participant }
end

function steps.begin_line(show_for)
  local begun = token_line.begin(now, tonumber(show_for))
  keep(begun, begun.kept_until)
  return {}
end

function steps.use_line(generation)
  local known = line()
  if not known then
    return { "unknown" }
  end
  local refusal = token_line.show(known, now, tonumber(generation))
  keep(known, known.kept_until)
  return { refusal or false }
end

function steps.refresh_line(generation, show_for)
  local known = line()
  if not known then
    return { "refused", "unknown" }
  end
  local refreshed = token_line.refresh(known, now, tonumber(generation), tonumber(show_for))
  keep(known, known.kept_until)
  return refreshed
end

function steps.forget_line()
  local known = line()
  if known then
    known.revoked = true
    keep(known, known.kept_until)
  end
  return {}
end

local told, refusal = steps[name](unpack(ARGV, 3))
if refusal then
  return { "no", refusal }
end
return { "ok", told }
