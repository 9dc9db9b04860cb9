-- How values lie in Redis: packed by cmsgpack, because cjson would round microseconds to 14 digits and confuse empty lists
-- with empty maps.

local VERSION = 1
-- An expiry is late rather than early.
local MARGIN = 60 * SECOND

local store = {}

function store.unpack(packed)
  local fine, value = pcall(cmsgpack.unpack, packed)
  if not fine or type(value) ~= "table" then
    error({ err = "FOREIGN a value under our key is not ours" })
  end
  return value
end

-- The same for what says by which version it was written.
function store.unpack_state(packed)
  local state = store.unpack(packed)
  if state.version ~= VERSION then
    error({ err = "FOREIGN a value under our key is of another version" })
  end
  return state
end
