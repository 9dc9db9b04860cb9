-- src/domain/mirror/feed.rs: {version, owner, feed, heard, ends}.

local feed = {}

function feed.begin(before, owner, hold_for, now)
  if before and before.owner ~= owner and feed.lasts(before, now) then
    return nil
  end
  local next = before and before.feed + 1 or 0
  return {
    version = VERSION,
    owner = owner,
    feed = math.max(next, math.floor(now / MILLISECOND)),
    heard = now,
    ends = time.after(now, hold_for),
  }
end

function feed.hear(self, owner, number, hold_for, now)
  local lasts = self.owner == owner and self.feed == number and feed.lasts(self, now)
  if lasts then
    self.heard = now
    self.ends = time.after(now, hold_for)
  end
  return lasts
end

function feed.lasts(self, now)
  return now < self.ends
end
