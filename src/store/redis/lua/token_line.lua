-- src/domain/token_line.rs: {version, ends, newest, issued, used, last, before, kept_until, revoked}; `last` and `before` are
-- Rust's `first_used`. A refusal is its name.

local FIRST = 1
local LINE_LIFE = 12 * HOUR
local GRACE = 10 * SECOND
local YOUNG = 60 * SECOND

local token_line = {}

function token_line.begin(now, show_for)
  local ends = time.after(now, LINE_LIFE)
  return {
    version = VERSION,
    ends = ends,
    newest = FIRST,
    issued = now,
    used = 0,
    last = now,
    before = now,
    kept_until = math.min(time.after(now, show_for), ends),
    revoked = false,
  }
end

-- Why it is not good, if it is not; `use_generation` in Rust.
function token_line.show(self, now, generation)
  if self.revoked then
    return "revoked"
  end
  if now >= self.ends then
    return "over"
  end
  if not token_line.is_good(self, now, generation) then
    self.revoked = true
    return "reused"
  end
  if generation > self.used then
    self.last, self.before = now, self.last
    self.used = generation
  end
  return nil
end

function token_line.refresh(self, now, generation, show_for)
  local refusal = token_line.show(self, now, generation)
  if refusal then
    return { "refused", refusal }
  end
  if generation == self.newest then
    if now < time.after(self.issued, YOUNG) then
      return { "keep" }
    end
    self.newest = self.newest + 1
  end
  local next = generation + 1
  if next == self.newest then
    self.issued = now
  end
  self.kept_until = math.max(self.kept_until, math.min(time.after(now, show_for), self.ends))
  return { "next", next, time.left(now, self.ends) }
end

function token_line.is_good(self, now, generation)
  if generation < FIRST or generation > self.newest then
    return false
  end
  local behind = self.used - generation
  if behind <= 0 then
    return true
  end
  local successor_shown = behind == 1 and self.last or self.before
  return behind <= 2 and now < time.after(successor_shown, GRACE)
end

function token_line.is_spent(self, now)
  return now >= self.kept_until
end
