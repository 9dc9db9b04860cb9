-- How a conversation lies in Redis. KEYS[1] holds pairs, counter and glimpse as one value, KEYS[2] the ledger. Both are kept
-- until the later of the two is spent.

-- Declared here, because it is loaded and saved before it is defined.
local conversation = {}

function store.load()
  local packed = redis.call("GET", KEYS[1])
  if not packed then
    return conversation.new(), cmsgpack.pack(conversation.new())
  end
  return store.unpack_state(packed), packed
end

-- Writes only what changed, so that a replay costs the server no write.
function store.save(state, before, now)
  local packed = cmsgpack.pack(state)
  if packed ~= before then
    redis.call("SET", KEYS[1], packed, "KEEPTTL")
    store.keep_until(conversation.spent_at(state), now)
  end
end

function store.keep_until(ends, now)
  local wait = time.after(time.left(now, ends), MARGIN) / MILLISECOND
  wait = math.max(math.ceil(wait), redis.call("PTTL", KEYS[1]), redis.call("PTTL", KEYS[2]))
  wait = string.format("%.0f", wait)
  redis.call("PEXPIRE", KEYS[1], wait)
  redis.call("PEXPIRE", KEYS[2], wait)
end
