-- src/domain/tabs.rs: {active, epoch}. A seat is {role, epoch}.

local tabs = {}

function tabs.new()
  return { epoch = 0 }
end

function tabs.seat(self, tab, now)
  if not self.active and tab then
    tabs.take_over(self, tab, now)
  end
  return tabs.look(self, tab)
end

function tabs.look(self, tab)
  local role = false
  if tab then
    role = self.active == tab and "active" or "suspended"
  end
  return { role = role, epoch = self.epoch }
end

function tabs.take_over(self, tab, now)
  if self.active ~= tab then
    self.active = tab
    self.epoch = lease.number_after(self.epoch, now)
  end
  return tabs.look(self, tab)
end

function tabs.speaks(self, tab, epoch)
  return self.active == tab and self.epoch == epoch
end
