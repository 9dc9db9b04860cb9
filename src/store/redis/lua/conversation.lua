-- src/domain/conversation.rs: {version, pairs, counter, glimpse}. The ledger lies beside it.

local MAX_PAIRS = 64

local NOT_CONFIRMED = "NOT_CONFIRMED"
local NOT_SPEAKING = "SUPERSEDED"

function conversation.new()
  return { version = VERSION, pairs = {}, counter = counter.new() }
end

function conversation.join(self, who, join, now)
  if self.glimpse and now >= self.glimpse.ends then
    self.glimpse = nil
  end
  local joined = pair.join(conversation.pair_or_new(self, who, now), join, now)
  if joined[1] == "lead" then
    table.insert(joined, self.glimpse and self.glimpse.reading or false)
  end
  return joined
end

function conversation.conclude(self, who, shown, tab, answer, replay_ttl, now)
  if not self.pairs[who] then
    return nil, FENCED
  end
  return pair.conclude(self.pairs[who], shown, tab, answer, replay_ttl, now)
end

function conversation.fail(self, who, shown, failure, back_in, now)
  if not self.pairs[who] then
    return nil, FENCED
  end
  return pair.fail(self.pairs[who], shown, failure, back_in, now)
end

function conversation.take_over(self, who, tab, now)
  if not self.pairs[who] then
    return nil, NOTHING_TO_TAKE_OVER
  end
  return pair.take_over(self.pairs[who], tab, now)
end

function conversation.view(self, who, id, tab, now)
  if not self.pairs[who] then
    return nil, NOT_FOUND
  end
  return pair.view(self.pairs[who], id, tab, now)
end

function conversation.remember(self, who, glimpse, now)
  self.glimpse = { reading = glimpse.reading, ends = time.after(now, glimpse.fresh_for) }
  local seat = { role = false, epoch = 0 }
  if glimpse.tab then
    seat = pair.seat(conversation.pair_or_new(self, who, now), glimpse.tab, now)
  elseif self.pairs[who] then
    seat = tabs.look(self.pairs[who].tabs, nil)
  end
  return { seat.role, seat.epoch }
end

-- The confirmation, or `false` for none yet; the second result is an error.
function conversation.confirmation(self, who, id, now)
  if not self.pairs[who] then
    return nil, NOT_FOUND
  end
  local usable, refusal = pair.usable(self.pairs[who], id, now)
  if not usable then
    return nil, refusal
  end
  return usable.confirmation or false
end

function conversation.claim(self, claim, now)
  local who, id = claim.claimant.participant, claim.claimant.handshake
  local confirmation, refusal = conversation.confirmation(self, who, id, now)
  if refusal then
    return nil, refusal
  end
  if not confirmation then
    conversation.confirm(self, counter.judge(self.counter, claim))
  end
  confirmation, refusal = conversation.confirmation(self, who, id, now)
  if refusal then
    return nil, refusal
  end
  if confirmation then
    return { "already", counter.told(confirmation) }
  end
  return counter.claim(self.counter, claim, now)
end

function conversation.settle(self, shown, written)
  local settled, refusal = counter.settle(self.counter, shown, written)
  if refusal then
    return nil, refusal
  end
  conversation.confirm(self, settled)
  return {}
end

-- Each is told as participant, handshake and confirmation, in no order of participants.
function conversation.record(self, recorder)
  local given = {}
  for who, each in pairs(self.pairs) do
    for _, found in ipairs(pair.record(each, recorder)) do
      table.insert(given, { who, found.id, counter.told(found.confirmation) })
    end
  end
  return given
end

function conversation.begin_injection(self, injection, now)
  local confirmation, refusal = conversation.confirmation(self, injection.participant, injection.handshake, now)
  if refusal then
    return nil, refusal
  end
  if not confirmation then
    return nil, NOT_CONFIRMED
  end
  local speakers = self.pairs[injection.participant].tabs
  if injection.tab and not tabs.speaks(speakers, injection.tab, injection.epoch) then
    return nil, NOT_SPEAKING
  end
  return ledger.begin(injection.items, injection.owner, injection.hold_for, self.counter.forgotten_at, now)
end

function conversation.spent_at(self)
  local spent_at = math.max(self.glimpse and self.glimpse.ends or 0, self.counter.kept_until or 0)
  for _, each in pairs(self.pairs) do
    spent_at = math.max(spent_at, pair.spent_at(each))
  end
  return spent_at
end

-- `reserved` is what the counter confirmed, if it did.
function conversation.confirm(self, reserved)
  local found = reserved and self.pairs[reserved.claimant.participant]
  local index = found and pair.position(found, reserved.claimant.handshake)
  if index then
    found.handshakes[index].confirmation = reserved.confirmation
    pair.confirmed(found, reserved.claimant.handshake)
  end
end

function conversation.make_room(self, now)
  for who, each in pairs(self.pairs) do
    if now >= pair.spent_at(each) then
      self.pairs[who] = nil
    end
  end
  if size(self.pairs) < MAX_PAIRS then
    return
  end
  local least, least_worth
  for who, each in pairs(self.pairs) do
    local worth = pair.worth(each)
    -- Among equals the first by name, as in Rust.
    if not least or worth < least_worth or (worth == least_worth and who < least) then
      least, least_worth = who, worth
    end
  end
  self.pairs[least] = nil
end

function conversation.pair_or_new(self, who, now)
  if not self.pairs[who] then
    if size(self.pairs) >= MAX_PAIRS then
      conversation.make_room(self, now)
    end
    self.pairs[who] = pair.new()
  end
  return self.pairs[who]
end
