-- src/domain/handshake.rs: {id, opened, phase, confirmation, recorder, tabs, attempts, earlier_attempts,
-- credit_until}.
-- A phase has a `name` and the fields of its variant; `answer` and `error` are opaque texts. Sets are tables of `true`.

local USABLE_FOR = 24 * HOUR
local NOT_FOUND_TTL = 5 * SECOND
local UNCONCLUDED_FOR = HOUR
local CREDIT_GRACE = 30 * SECOND
local MAX_TABS = 32
local MAX_ATTEMPTS = 64

local function size(set)
  local count = 0
  for _ in pairs(set) do
    count = count + 1
  end
  return count
end

local handshake = {}

function handshake.open(id, now, granted, before)
  return {
    id = id,
    opened = now,
    phase = { name = "leading", grant = granted },
    tabs = {},
    attempts = {},
    earlier_attempts = before and before.attempts or {},
  }
end

function handshake.admit(self, tab, attempt)
  if tab and size(self.tabs) < MAX_TABS then
    self.tabs[tab] = true
  end
  if attempt and size(self.attempts) < MAX_ATTEMPTS then
    self.attempts[attempt] = true
  end
end

function handshake.is_second_drop(self, tab, attempt)
  return self.confirmation and tab and self.tabs[tab] and handshake.is_new(self, attempt)
end

function handshake.hold_back(self, back_at)
  self.credit_until = self.credit_until or time.after(back_at, CREDIT_GRACE)
end

function handshake.lead(self, granted, attempt, now)
  self.phase = { name = "leading", grant = granted }
  if self.credit_until and now <= self.credit_until then
    return self.opened
  end
  if handshake.is_new(self, attempt) then
    self.opened = now
    self.credit_until = nil
  end
  return now
end

function handshake.is_new(self, attempt)
  return size(self.attempts) < MAX_ATTEMPTS
    and attempt
    and not self.attempts[attempt]
    and not self.earlier_attempts[attempt]
end

-- An answer is {text, resumable, not_found}.
function handshake.conclude(self, answer, replay_ttl, now)
  if answer.not_found then
    replay_ttl = math.min(replay_ttl, NOT_FOUND_TTL)
  end
  local replay_until = time.after(now, replay_ttl)
  self.phase = {
    name = "concluded",
    answer = answer.text,
    resumable = answer.resumable,
    replay_until = replay_until,
    usable_until = answer.resumable and time.after(now, USABLE_FOR) or replay_until,
  }
end

function handshake.answer(self)
  return self.phase.name == "concluded" and self.phase.answer or nil
end

function handshake.is_resumable(self)
  return self.phase.name == "concluded" and self.phase.resumable
end

-- From when nobody can refer to it; `is_spent` in Rust.
function handshake.spent_at(self)
  local phase = self.phase
  if phase.name == "concluded" then
    return phase.usable_until
  end
  local last_awaited = phase.name == "leading" and phase.grant.ends or self.opened
  return time.after(math.max(self.credit_until or 0, last_awaited), UNCONCLUDED_FOR)
end
