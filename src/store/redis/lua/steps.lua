-- One call is one step: ARGV is the step's name, the clock and the step's arguments. The reply is "ok" and what the step
-- tells, or "no" and why not.

local at = 2

-- The next argument.
local function text()
  at = at + 1
  return ARGV[at]
end

-- An argument that may be absent: "" if it is, else "+" and the text.
local function maybe()
  local given = text()
  return given ~= "" and string.sub(given, 2) or nil
end

local function number()
  return tonumber(text())
end

local lost = false

-- A lease, and whether its fence is beyond the newest one that is known: then it was given out before the store lost data.
local function shown(newest)
  local told = { owner = text(), fence = number() }
  lost = told.fence > newest
  return told
end

-- Of a pair that is not kept in a conversation that is, nobody knows: it may have had to make room.
local function newest_lead(state, who)
  local known = state.pairs[who]
  return known and known.fence or (next(state.pairs) and math.huge or 0)
end

local function item()
  return { field = text(), fingerprint = text() }
end

local steps = {}

function steps.join(state, now)
  local who = text()
  local join = { tab = maybe(), attempt = maybe() }
  local waited_on = maybe()
  join.waited_on = waited_on and tonumber(waited_on)
  join.new_id, join.owner, join.lease_for = text(), text(), number()
  return conversation.join(state, who, join, now)
end

function steps.conclude(state, now)
  local who = text()
  local held, tab = shown(newest_lead(state, who)), maybe()
  local answer = { text = text(), resumable = text() == "yes", not_found = text() == "yes" }
  return conversation.conclude(state, who, held, tab, answer, number(), now)
end

function steps.fail(state, now)
  local who = text()
  return conversation.fail(state, who, shown(newest_lead(state, who)), text(), number(), now)
end

function steps.take_over(state, now)
  return conversation.take_over(state, text(), text(), now)
end

function steps.view(state, now)
  return conversation.view(state, text(), text(), maybe(), now)
end

function steps.remember(state, now)
  return conversation.remember(state, text(), { reading = text(), fresh_for = number(), tab = maybe() }, now)
end

function steps.confirmation(state, now)
  local confirmation, refusal = conversation.confirmation(state, text(), text(), now)
  return { confirmation and counter.told(confirmation) }, refusal
end

function steps.claim(state, now)
  local claim = { claimant = { participant = text(), handshake = text() }, metadata = number(), read_at = number() }
  local counted_at = maybe()
  claim.counted_at = counted_at and tonumber(counted_at)
  claim.agent_id = maybe()
  local as_of = maybe()
  claim.as_of = as_of and tonumber(as_of)
  claim.owner, claim.write_for = text(), number()
  return conversation.claim(state, claim, now)
end

function steps.settle(state)
  return conversation.settle(state, shown(state.counter.fence), text())
end

function steps.record(state)
  return conversation.record(state, text())
end

function steps.begin_injection(state, now)
  local injection = { handshake = text(), participant = text(), tab = maybe(), epoch = number() }
  injection.owner, injection.hold_for, injection.items = text(), number(), {}
  for _ = 1, number() do
    table.insert(injection.items, item())
  end
  return conversation.begin_injection(state, injection, now)
end

-- Steps of the ledger alone, for which the conversation need not be read.
local ledger_steps = {}

function ledger_steps.announce(now)
  return ledger.announce(shown(ledger.meta().fence), item(), maybe(), number(), now)
end

function ledger_steps.written()
  return ledger.written(shown(ledger.meta().fence), text(), text())
end

function ledger_steps.not_sent()
  return ledger.not_sent(shown(ledger.meta().fence), text())
end

function ledger_steps.end_injection(now)
  return ledger.finish(shown(ledger.meta().fence), now)
end

local name, now = ARGV[1], time.now(ARGV[2])
local told, refusal
if ledger_steps[name] then
  told, refusal = ledger_steps[name](now)
else
  local state, before = store.load()
  told, refusal = steps[name](state, now)
  store.save(state, before, now)
end
if refusal then
  return { "no", lost and refusal == FENCED and "LOST" or refusal }
end
return { "ok", told }
