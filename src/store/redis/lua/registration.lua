-- src/domain/registry.rs: {version, conversation, participant, since, ends}.

local TAKEN = "RESUME_KEY_TAKEN"

local registration = {}

-- Rust's `new` and `renew`. The second result is an error.
function registration.renew(self, given, ttl, now)
  if not self or registration.is_spent(self, now) then
    self = {
      version = VERSION,
      conversation = given.conversation,
      participant = given.participant,
      since = now,
      ends = 0,
    }
  elseif self.conversation ~= given.conversation or self.participant ~= given.participant then
    return nil, TAKEN
  end
  self.ends = math.max(self.ends, time.after(now, ttl))
  return self
end

function registration.is_spent(self, now)
  return now >= self.ends
end
