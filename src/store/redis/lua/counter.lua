-- src/domain/counter.rs: {written, open, quiet_until, forgotten_at, kept_until, fence}. A claimant is {participant, handshake}; a confirmation is
-- {count, time, agent_id, as_of}.

local MAX_COUNT = 2147483647

local counter = {}

function counter.new()
  return { written = 0, fence = 0 }
end

local function same_claimant(a, b)
  return a.participant == b.participant and a.handshake == b.handshake
end

function counter.judge(self, claim)
  local open = self.open
  if not open or same_claimant(open.claimant, claim.claimant) or claim.read_at < open.grant.ends then
    return nil
  end
  self.open = nil
  if claim.metadata < open.confirmation.count then
    return nil
  end
  self.written = math.max(self.written, open.confirmation.count)
  return open
end

function counter.claim(self, claim, now)
  local open = self.open
  if open then
    local same = same_claimant(open.claimant, claim.claimant)
    if grant.holds(open.grant, now) and (open.in_flight or not same) then
      return { "busy", grant.left(open.grant, now) }
    end
    if not same then
      return { "read_again" }
    end
    return counter.reserve(self, claim, open.confirmation, open.grant.ends, false, now)
  end
  if self.quiet_until and now < self.quiet_until then
    return { "busy", time.left(now, self.quiet_until) }
  end
  local forgotten = counter.misses(self, claim, now)
  if forgotten and not self.forgotten_at then
    self.forgotten_at = now
    self.quiet_until = time.after(now, claim.write_for)
    return { "busy", claim.write_for }
  end
  local confirmation = {
    count = math.min(math.max(claim.metadata, self.written) + 1, MAX_COUNT),
    time = now - now % MILLISECOND,
    agent_id = claim.agent_id,
    as_of = claim.as_of,
  }
  return counter.reserve(self, claim, confirmation, nil, forgotten, now)
end

function counter.misses(self, claim, now)
  return claim.metadata > self.written and claim.counted_at and now < time.after(claim.counted_at, USABLE_FOR)
end

-- The reservation that became a confirmation, if one did; the second result is an error.
function counter.settle(self, shown, written)
  local open = self.open
  if not open or not lease.same(open.grant, shown) then
    return nil, FENCED
  end
  if written == "yes" or written == "yes_in_doubt" then
    self.written = math.max(self.written, open.confirmation.count)
    self.quiet_until = written == "yes_in_doubt" and open.grant.ends or open.in_doubt_until
    self.open = nil
    return open
  end
  if written == "no" and not open.in_doubt_until then
    self.open = nil
  else
    open.in_flight = false
  end
  return nil
end

function counter.reserve(self, claim, confirmation, in_doubt_until, forgotten, now)
  self.kept_until = time.after(now, USABLE_FOR)
  self.fence = lease.number_after(self.fence, now)
  self.open = {
    claimant = claim.claimant,
    confirmation = confirmation,
    grant = { owner = claim.owner, fence = self.fence, ends = time.after(now, claim.write_for) },
    in_flight = true,
    in_doubt_until = in_doubt_until,
  }
  return { "write", self.fence, counter.told(confirmation), forgotten and "yes" or "no" }
end

-- A confirmation as it is replied.
function counter.told(confirmation)
  return { confirmation.count, confirmation.time, confirmation.agent_id or false, confirmation.as_of or false }
end
