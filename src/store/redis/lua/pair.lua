-- src/domain/pair.rs: {handshakes, newest, tabs, seats_until, fence, confirmed}. What Rust returns as an error is a second
-- result here, the error's name.

local MAX_HANDSHAKES = 128

local NOT_FOUND = "HANDSHAKE_NOT_FOUND"
local SUPERSEDED = "HANDSHAKE_SUPERSEDED"
local NOTHING_TO_TAKE_OVER = "NOTHING_TO_TAKE_OVER"
local FENCED = "FENCED"

local pair = {}

function pair.new()
  return { handshakes = {}, tabs = tabs.new(), fence = 0 }
end

function pair.join(self, join, now)
  pair.forget(self, now)
  tabs.seat(self.tabs, join.tab, now)
  local current = pair.joinable(self)
  if not current then
    return pair.open(self, join, now)
  end
  local phase = current.phase
  if phase.name == "leading" then
    if grant.holds(phase.grant, now) then
      handshake.admit(current, join.tab, join.attempt)
      return { "wait", phase.grant.fence, grant.left(phase.grant, now) }
    end
    handshake.hold_back(current, phase.grant.ends)
    return pair.lead(self, join, now)
  end
  if phase.name == "failed" then
    if join.waited_on == phase.fence then
      return { "failed", phase.error }
    end
    return pair.lead(self, join, now)
  end
  if now >= phase.replay_until or handshake.is_second_drop(current, join.tab, join.attempt) then
    return pair.open(self, join, now)
  end
  handshake.admit(current, join.tab, join.attempt)
  return { "replay", unpack(pair.seen(current, tabs.look(self.tabs, join.tab))) }
end

function pair.conclude(self, shown, tab, answer, replay_ttl, now)
  local current = pair.led_by(self, shown)
  if not current then
    return nil, FENCED
  end
  handshake.conclude(current, answer, replay_ttl, now)
  return pair.seen(current, tabs.look(self.tabs, tab))
end

function pair.fail(self, shown, failure, back_in, now)
  local current = pair.led_by(self, shown)
  if not current then
    return nil, FENCED
  end
  current.phase = { name = "failed", fence = shown.fence, error = failure }
  handshake.hold_back(current, time.after(now, back_in))
  return {}
end

function pair.take_over(self, tab, now)
  pair.forget(self, now)
  if not pair.joinable(self) then
    return nil, NOTHING_TO_TAKE_OVER
  end
  for index = #self.handshakes, 1, -1 do
    local known = self.handshakes[index]
    if handshake.answer(known) then
      handshake.admit(known, tab, nil)
      return pair.seen(known, tabs.take_over(self.tabs, tab, now))
    end
  end
  return nil, NOTHING_TO_TAKE_OVER
end

function pair.view(self, id, tab, now)
  local found, refusal = pair.usable(self, id, now)
  if not found then
    return nil, refusal
  end
  handshake.admit(found, tab, nil)
  return pair.seen(found, tabs.seat(self.tabs, tab, now))
end

function pair.usable(self, id, now)
  pair.forget(self, now)
  local index = pair.position(self, id)
  if not index then
    return nil, NOT_FOUND
  end
  local confirmed = pair.position(self, self.confirmed)
  if confirmed and index < confirmed then
    return nil, SUPERSEDED
  end
  if not handshake.is_resumable(self.handshakes[index]) then
    return nil, NOT_FOUND
  end
  return self.handshakes[index]
end

function pair.confirmed(self, id)
  if (pair.position(self, id) or 0) > (pair.position(self, self.confirmed) or 0) then
    self.confirmed = id
  end
end

function pair.seat(self, tab, now)
  self.seats_until = time.after(now, USABLE_FOR)
  return tabs.seat(self.tabs, tab, now)
end

function pair.spent_at(self)
  local spent_at = self.seats_until or 0
  for _, each in ipairs(self.handshakes) do
    spent_at = math.max(spent_at, handshake.spent_at(each))
  end
  return spent_at
end

-- Nothing, Judged, Resumable, Confirmed: 0 to 3.
function pair.worth(self)
  -- A heartbeat gives seats only where the session can be resumed.
  local worth = self.seats_until and 2 or 0
  for _, each in ipairs(self.handshakes) do
    if each.confirmation then
      worth = math.max(worth, 3)
    elseif handshake.is_resumable(each) then
      worth = math.max(worth, 2)
    elseif each.phase.name == "leading" then
      worth = math.max(worth, 1)
    end
  end
  return worth
end

function pair.open(self, join, now)
  local kept = self.handshakes
  if #kept >= MAX_HANDSHAKES then
    local oldest = 1
    while kept[oldest] and kept[oldest].confirmation do
      oldest = oldest + 1
    end
    table.remove(kept, kept[oldest] and oldest or 1)
  end
  local granted = pair.grant(self, join, now)
  local opened = handshake.open(join.new_id, now, granted, kept[#kept])
  handshake.admit(opened, join.tab, join.attempt)
  table.insert(kept, opened)
  self.newest = join.new_id
  return { "lead", join.new_id, granted.fence, now, now }
end

function pair.lead(self, join, now)
  local granted = pair.grant(self, join, now)
  local current = pair.joinable(self)
  local arrived = handshake.lead(current, granted, join.attempt, now)
  handshake.admit(current, join.tab, join.attempt)
  return { "lead", current.id, granted.fence, arrived, now }
end

function pair.grant(self, join, now)
  self.fence = lease.number_after(self.fence, now)
  return { owner = join.owner, fence = self.fence, ends = time.after(now, join.lease_for) }
end

function pair.joinable(self)
  local last = self.handshakes[#self.handshakes]
  return last and last.id == self.newest and last or nil
end

function pair.forget(self, now)
  local kept = {}
  for _, each in ipairs(self.handshakes) do
    if now < handshake.spent_at(each) then
      table.insert(kept, each)
    end
  end
  self.handshakes = kept
end

function pair.led_by(self, shown)
  local last = self.handshakes[#self.handshakes]
  return last and last.phase.name == "leading" and lease.same(last.phase.grant, shown) and last or nil
end

-- The handshakes whose confirmations this recorder is given.
function pair.record(self, recorder)
  local given = {}
  for _, each in ipairs(self.handshakes) do
    if each.confirmation then
      each.recorder = each.recorder or recorder
      if each.recorder == recorder then
        table.insert(given, each)
      end
    end
  end
  return given
end

-- A view: answer, handshake, role, epoch.
function pair.seen(found, seat)
  local id = handshake.is_resumable(found) and found.id
  return { handshake.answer(found), id, seat.role, seat.epoch }
end

-- Rust's `find` and the `position` closures.
function pair.position(self, id)
  for index, each in ipairs(self.handshakes) do
    if each.id == id then
      return index
    end
  end
  return nil
end
