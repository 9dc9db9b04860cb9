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

local function shown()
  return { owner = text(), fence = number() }
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
  local who, held, tab = text(), shown(), maybe()
  local answer = { text = text(), resumable = text() == "yes", not_found = text() == "yes" }
  return conversation.conclude(state, who, held, tab, answer, number(), now)
end

function steps.fail(state, now)
  return conversation.fail(state, text(), shown(), text(), number(), now)
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
  claim.agent_id, claim.owner, claim.write_for = maybe(), text(), number()
  return conversation.claim(state, claim, now)
end

function steps.settle(state)
  return conversation.settle(state, shown(), text())
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
  return ledger.announce(shown(), item(), maybe(), number(), now)
end

function ledger_steps.written()
  return ledger.written(shown(), text(), text())
end

function ledger_steps.not_sent()
  return ledger.not_sent(shown(), text())
end

function ledger_steps.end_injection(now)
  return ledger.finish(shown(), now)
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
  return { "no", refusal }
end
return { "ok", told }
