-- src/domain/ledger.rs: a hash of its own, because it grows to thousands of entries of which a step touches one. The field
-- `META` holds {grant, fence, kept_until}; each other field is an entry's name and holds {fingerprint, at, after,
-- message_id}: written if it has a message id, else announced.

local MAX_ENTRIES = 2000
local META = "meta"

local ledger = {}

function ledger.meta()
  local packed = redis.call("HGET", KEYS[2], META)
  return packed and store.unpack(packed) or { fence = 0 }
end

function ledger.save(meta, now)
  redis.call("HSET", KEYS[2], META, cmsgpack.pack(meta))
  store.keep_until(meta.kept_until or 0, now)
end

local function entry(field)
  local packed = redis.call("HGET", KEYS[2], field)
  return packed and store.unpack(packed)
end

function ledger.begin(items, owner, hold_for, forgotten_at, now)
  local written, all, new = {}, true, 0
  for index, item in ipairs(items) do
    local known = entry(item.field)
    if known and known.fingerprint ~= item.fingerprint then
      return { "reused", index - 1 }
    end
    written[index] = known and known.message_id or false
    all = all and written[index]
    new = new + (known and 0 or 1)
  end
  if all then
    return { "all_written", written }
  end
  local meta = ledger.meta()
  if meta.grant and grant.holds(meta.grant, now) then
    return { "busy", grant.left(meta.grant, now) }
  end
  if redis.call("HLEN", KEYS[2]) - redis.call("HEXISTS", KEYS[2], META) + new > MAX_ENTRIES then
    return { "full" }
  end
  if forgotten_at then
    ledger.doubt(meta, items, forgotten_at, now)
  end
  local fields = redis.call("HGETALL", KEYS[2])
  local unsettled, claimed = {}, {}
  for at = 1, #fields, 2 do
    if fields[at] ~= META then
      local kept = store.unpack(fields[at + 1])
      if kept.message_id then
        table.insert(claimed, kept.message_id)
      else
        table.insert(unsettled, { fields[at], kept.fingerprint, kept.at, kept.after or false })
      end
    end
  end
  meta.fence = lease.number_after(meta.fence, now)
  meta.grant = { owner = owner, fence = meta.fence, ends = time.after(now, hold_for) }
  ledger.save(meta, now)
  return { "holding", meta.fence, written, unsettled, claimed }
end

function ledger.doubt(meta, items, at, now)
  meta.kept_until = time.after(now, USABLE_FOR)
  for _, item in ipairs(items) do
    -- Not a marker; a field is a participant, a kind and a name.
    if string.find(item.field, " message ", 1, true) then
      redis.call("HSETNX", KEYS[2], item.field, cmsgpack.pack({ fingerprint = item.fingerprint, at = at }))
    end
  end
end

function ledger.announce(shown, item, last_id, hold_for, now)
  local meta = ledger.held(shown)
  if not meta or not grant.holds(meta.grant, now) then
    return nil, FENCED
  end
  local known = entry(item.field)
  meta.grant.ends = time.after(now, hold_for)
  if known and known.message_id then
    ledger.save(meta, now)
    return nil, FENCED
  end
  meta.kept_until = time.after(now, USABLE_FOR)
  local announced = { fingerprint = item.fingerprint, at = now, after = last_id }
  redis.call("HSET", KEYS[2], item.field, cmsgpack.pack(announced))
  ledger.save(meta, now)
  return {}
end

function ledger.written(shown, field, message_id)
  if not ledger.held(shown) then
    return nil, FENCED
  end
  local known = entry(field)
  if known then
    local settled = { fingerprint = known.fingerprint, message_id = message_id }
    redis.call("HSET", KEYS[2], field, cmsgpack.pack(settled))
  end
  return {}
end

function ledger.not_sent(shown, field)
  if not ledger.held(shown) then
    return nil, FENCED
  end
  local known = entry(field)
  if known and not known.message_id then
    redis.call("HDEL", KEYS[2], field)
  end
  return {}
end

-- Rust's `end`, which is a word of Lua.
function ledger.finish(shown, now)
  local meta = ledger.held(shown)
  if meta then
    meta.grant = nil
    ledger.save(meta, now)
  end
  return {}
end

function ledger.held(shown)
  local meta = ledger.meta()
  return meta.grant and lease.same(meta.grant, shown) and meta or nil
end
