-- What a client tells since its last call, and whether one more of its requests may leave: the rules of log.rs and
-- share.rs, under Redis's own lock. script.rs puts the constants and the clock before it; times are microseconds.
--
-- A window is a sorted set of slots by the time at which each is free; those whose request has not gone out come
-- last, by UNSENT and the time at which they were taken. A slot is called "number:owner".

local STATE, SECONDS, MINUTES, NUMBERS, REFUSED, SEEN, ASKED = unpack(KEYS)
local owner = ARGV[1]
local cap = { second = tonumber(ARGV[2]), minute = tonumber(ARGV[3]) }
local known_epoch, known_next = ARGV[4], tonumber(ARGV[5])
local was_alone_among, asks = tonumber(ARGV[6]), tonumber(ARGV[7])
local place = 8

local function argument()
  place = place + 1
  return ARGV[place - 1]
end

local function number()
  return tonumber(argument())
end

-- A time or count that need not be there.
local function optional()
  local value = number()
  if value >= 0 then
    return value
  end
end

local function latest(one, other)
  if one and other then
    return math.max(one, other)
  end
  return one or other
end

local function round(value)
  return math.floor(value + 0.5)
end

-- The state

local function fresh(told_second, told_minute)
  redis.call('DEL', SECONDS, MINUTES, NUMBERS, REFUSED, SEEN, ASKED)
  return {
    epoch = owner .. ':' .. string.format('%.0f', now),
    born = now,
    count = 0,
    next = 0,
    told_second = told_second,
    told_minute = told_minute,
    shared_minute = UNBOUNDED,
    foreign = 0,
    in_a_row = 0,
    known_from = 0,
    doubts = false,
  }
end

local packed = redis.call('GET', STATE)
local state = packed and cmsgpack.unpack(packed) or fresh(0, 0)

-- Sends that nobody knows of may be in the windows until then.
local function forgets(from)
  state.unsure = latest(state.unsure, from + FORGOTTEN)
end

if state.last and now < state.last then
  if state.last - now <= CLOCK_STEP then
    now = state.last
  else
    -- Another clock: no time that was written down means anything.
    state = fresh(state.told_second, state.told_minute)
  end
end
if redis.call('ZCARD', MINUTES) < state.count then
  -- Part of it was evicted.
  forgets(now)
end
if known_epoch ~= '' then
  if known_epoch ~= state.epoch then
    forgets(state.born)
  elseif known_next > state.next then
    -- A replica that had not heard of all was promoted.
    state.next = known_next
    forgets(now)
  end
end
state.last = now

-- The limits that hold for this client

local function limit(window, default)
  local told, own = state['told_' .. window], cap[window]
  local known = told > 0 and told or own > 0 and own or default
  return math.max(own > 0 and math.min(known, own) or known, 1)
end

local per_second, per_minute

local function set_limits()
  per_second = limit('second', DEFAULT_SECOND)
  per_minute = limit('minute', DEFAULT_MINUTE)
end

set_limits()

-- The windows

local function name(slot)
  return string.format('%.0f', slot) .. ':' .. owner
end

local function forget_slots(names)
  for _, slot in ipairs(names) do
    redis.call('ZREM', MINUTES, slot)
    redis.call('ZREM', NUMBERS, slot)
    redis.call('ZREM', REFUSED, slot)
  end
end

local function text(at)
  return string.format('%.17g', at)
end

local function forget_seconds()
  redis.call('ZREMRANGEBYSCORE', SECONDS, '-inf', text(now))
end

local function forget_minutes()
  forget_slots(redis.call('ZRANGEBYSCORE', MINUTES, '-inf', text(now)))
end

local function end_leases()
  local taken = text(UNSENT + now - LEASE)
  redis.call('ZREMRANGEBYSCORE', SECONDS, text(UNSENT), taken)
  forget_slots(redis.call('ZRANGEBYSCORE', MINUTES, text(UNSENT), taken))
end

-- The time at which a slot is free, unless its request has not gone out.
local function known(score)
  local free_at = tonumber(score or UNSENT)
  if free_at < UNSENT then
    return free_at
  end
end

-- Returns nothing where there is room; else a table with the time at which there will be, if that is known.
local function lack(window, most)
  local surplus = redis.call('ZCARD', window) - most
  if surplus < 0 then
    return nil
  end
  local last = redis.call('ZRANGE', window, surplus, surplus, 'WITHSCORES')
  return { known(last[2]) }
end

local function count_from(first)
  local from = text(first)
  return redis.call('ZCOUNT', NUMBERS, from, '+inf') - redis.call('ZCOUNT', REFUSED, from, '+inf')
end

-- As lack, of what the service took from the slot `first` on.
local function lack_of_taken(most, first)
  local surplus = count_from(first) - most
  if surplus < 0 then
    return nil
  end
  local slots = redis.call('ZRANGE', MINUTES, 0, -1, 'WITHSCORES')
  for at = 1, #slots, 2 do
    local slot = slots[at]
    if tonumber(slot:match('^%d+')) >= first and not redis.call('ZSCORE', REFUSED, slot) then
      if surplus == 0 then
        return { known(slots[at + 1]) }
      end
      surplus = surplus - 1
    end
  end
  return {}
end

local function oldest()
  local slot = redis.call('ZRANGE', NUMBERS, 0, 0)[1]
  return slot and tonumber(slot:match('^%d+')) or state.next
end

local function put(slot, second_free, minute_free)
  redis.call('ZADD', SECONDS, text(second_free), slot)
  redis.call('ZADD', MINUTES, text(minute_free), slot)
  redis.call('ZADD', NUMBERS, slot:match('^%d+'), slot)
end

-- The share: see share.rs

local function gap(part)
  local pace = part.is_searching and SEARCH_PACE or PACE
  local of_second = 1 / (pace * part.size * per_second)
  local of_minute = MINUTE_PACE * 60 / (part.size * per_minute)
  return round(math.min(of_second, of_minute) * 1e6)
end

local function grow(part)
  local counted = math.min(math.max(now - part.grown_at, 0), gap(part) + SECOND)
  part.grown_at = math.max(part.grown_at, now)
  local minutes = counted / MINUTE
  if part.is_searching and part.size < HALFWAY then
    part.size = part.size * 2 ^ (counted / DOUBLING)
  elseif part.is_searching then
    part.size = part.size + SEARCH_GROWTH * minutes
  elseif part.is_new then
    part.size = part.size + (NEW_GROWTH + NEW_GROWTH_OF_SQUARE * part.size * part.size) * minutes
  else
    local doublings = math.min(math.max(now - part.calm_since, 0) / MINUTE, MOST_DOUBLINGS)
    part.size = part.size + GROWTH * 2 ^ doublings * minutes
  end
end

local function new_part(was_told)
  return {
    size = math.max(FIRST, 1 / per_minute),
    is_searching = true,
    was_told = was_told,
    began = now,
    is_new = true,
    from_slot = state.next,
    grown_at = now,
    calm_since = now,
    next = now,
  }
end

-- Returns until when nothing may leave; else how many may in a minute, if that is settled.
local function most()
  local part = state.part
  if not part then
    return nil, nil
  end
  grow(part)
  if part.size >= 1 then
    state.doubts = state.doubts or part.was_told
    state.refused_at = nil
    state.part = nil
    return nil, nil
  end
  if part.next > now then
    return part.next, nil
  end
  if not part.is_searching then
    return nil, math.max(math.floor(part.size * per_minute), 1)
  end
end

local function left_of_second()
  local is_odd = math.floor(state.next / math.max(per_second, 1)) % 2 == 1
  return not state.part and per_second >= 5 and is_odd and 1 or 0
end

local function patience()
  local part = state.part
  local seconds = 0
  if part and part.is_searching and state.in_a_row > 4 then
    seconds = math.min(2 ^ (state.in_a_row - 4), 8)
  elseif part and not part.is_searching and state.in_a_row > 1 then
    seconds = 4 ^ (state.in_a_row - 1)
  end
  return math.min(seconds * SECOND, LONGEST_PATIENCE)
end

local function cut(taken, wait, at)
  local part = state.part
  if not part then
    local is_second = state.refused_at and at - state.refused_at <= 2 * MINUTE
    state.refused_at = at
    if is_second then
      state.part = new_part(false)
    end
    state.in_a_row = is_second and 1 or 0
    return
  end
  part.is_new = part.is_new and at - part.began <= MINUTE
  local had = part.size * per_minute
  local kept = taken * (1 - CUT - CUT_OF_SHARE * taken / per_minute)
  local is_known = taken >= had / 2
  local size
  if part.is_searching and state.in_a_row == 1 then
    if is_known then
      part.is_searching = false
    end
    local is_of_minute = wait and wait > MINUTES_WAIT
    size = is_known and is_of_minute and math.min(had, kept) or had
  elseif part.is_searching then
    size = math.max(had * SEARCH_CUT, math.min(had, FIRST * per_minute))
  elseif is_known and state.in_a_row == 1 then
    size = math.min(had, kept)
  elseif state.in_a_row == 2 then
    size = had * SECOND_CUT
  else
    size = had
  end
  part.size = math.max(math.max(size, 1) / per_minute, LEAST)
end

local function refused(slot, wait, random)
  if redis.call('ZSCORE', NUMBERS, name(slot)) then
    redis.call('ZADD', REFUSED, text(slot), name(slot))
  end
  forget_minutes()
  if slot >= state.known_from then
    state.in_a_row = state.in_a_row + 1
    local taken = count_from(state.part and state.part.from_slot or 0)
    state.known_from = state.next
    cut(taken, wait, now)
  end
  state.doubts = false
  wait = math.max(wait or NO_WAIT_TOLD, patience())
  local spread = state.part and math.min(gap(state.part), LONGEST_SPREAD) or NO_WAIT_TOLD
  if state.in_a_row > 1 then
    spread = math.max(spread, wait / 2)
  end
  local back = round(now + wait + spread * random)
  local part = state.part
  if part then
    part.was_told = false
    part.next, part.grown_at, part.calm_since = back, back, back
  end
  state.held = latest(state.held, back)
  return state.held
end

-- What the service told

local function believes_what_is_told()
  return not state.part and not state.doubts
end

local function learn(told_second, told_minute, remaining, reset, oldest_slot, at)
  state.told_second = told_second or state.told_second
  state.told_minute = told_minute or state.told_minute
  set_limits()
  if not (told_minute and remaining) then
    return
  end
  if remaining > 0 then
    state.left_told = at
  elseif not state.left_told or at - state.left_told > MINUTE then
    return
  end
  local used = math.max(told_minute - remaining, 0)
  local foreign = math.max(used - math.max(state.next - oldest_slot, 0), 0)
  state.shared_minute = math.max(told_minute, foreign)
  state.foreign = foreign
  state.foreign_until = foreign > 0 and at + math.min(reset or MINUTE, MINUTE) or nil
end

local function lack_by_others()
  if state.foreign_until and state.foreign_until <= now or not believes_what_is_told() then
    state.foreign, state.foreign_until = 0, nil
  end
  local lacks = lack(MINUTES, state.shared_minute - state.foreign)
  if not lacks then
    return nil
  end
  if redis.call('ZCARD', MINUTES) < state.foreign then
    state.known_from = state.next
    state.part = new_part(true)
    return nil
  end
  if lacks[1] and state.foreign_until then
    return { math.min(lacks[1], state.foreign_until) }
  end
  return { lacks[1] or state.foreign_until }
end

-- What a client tells

local back

local tells = {}

function tells.sent()
  local slot, at = name(number()), now - number()
  put(slot, at + SECOND + GUARD, at + MINUTE + GUARD)
end

function tells.abandoned()
  local slot, at = name(number()), now - number()
  redis.call('ZADD', SECONDS, 'XX', text(at + SECOND + GUARD), slot)
  redis.call('ZADD', MINUTES, 'XX', text(at + MINUTE + GUARD), slot)
end

function tells.unused()
  local slot = name(number())
  redis.call('ZREM', SECONDS, slot)
  forget_slots({ slot })
end

function tells.over()
  local id, at, status, oldest_slot = number(), now - number(), number(), number()
  local slot = name(id)
  local in_second = tonumber(redis.call('ZSCORE', SECONDS, slot) or 0)
  if in_second >= UNSENT then
    redis.call('ZADD', SECONDS, text(at + SECOND), slot)
  end
  local in_minute = tonumber(redis.call('ZSCORE', MINUTES, slot) or 0)
  if in_minute > at + MINUTE then
    redis.call('ZADD', MINUTES, text(at + MINUTE), slot)
  end
  if status > 0 and status ~= 429 then
    state.in_a_row = 0
  end
  local told_second, told_minute, remaining, reset = optional(), optional(), optional(), optional()
  if status > 0 then
    learn(told_second, told_minute, remaining, reset, oldest_slot, at)
  end
end

function tells.refused()
  local slot, wait, random = number(), optional(), number()
  back = refused(slot, wait, random)
end

local dropped = {}

-- Before it tells which slots it keeps: those that it does not name were given back meanwhile.
function tells.anew()
  for _, slot in ipairs(redis.call('ZRANGEBYSCORE', MINUTES, text(UNSENT), '+inf')) do
    if slot:match(':(%d+)$') == owner then
      redis.call('ZREM', SECONDS, slot)
      forget_slots({ slot })
      dropped[slot] = true
    end
  end
end

-- A slot, free after these times, or not sent yet: what the store may not know.
function tells.kept()
  local id, second_free, minute_free = number(), optional(), optional()
  local slot = name(id)
  local score = redis.call('ZSCORE', MINUTES, slot)
  if score and tonumber(score) < UNSENT then
    return
  end
  if id < ALONE then
    state.next = math.max(state.next, id + 1)
    if minute_free and minute_free > SECOND and not dropped[slot] then
      -- It was lost, and so may others be.
      forgets(now)
    end
  end
  put(
    slot,
    second_free and now + second_free or UNSENT + now,
    minute_free and now + minute_free or UNSENT + now
  )
end

function tells.limits()
  local told_second, told_minute, held = optional(), optional(), optional()
  state.told_second = state.told_second > 0 and state.told_second or told_second or 0
  state.told_minute = state.told_minute > 0 and state.told_minute or told_minute or 0
  set_limits()
  if held then
    state.held = latest(state.held, now + held)
  end
end

while place <= #ARGV do
  tells[argument()]()
end

-- Who else there is

local gone = redis.call('ZRANGEBYSCORE', SEEN, '-inf', text(now - MINUTE))
for _, client in ipairs(gone) do
  redis.call('ZREM', SEEN, client)
  redis.call('HDEL', ASKED, client)
end
redis.call('ZADD', SEEN, text(now), owner)
local clients = math.max(redis.call('ZCARD', SEEN), was_alone_among)
local rank = 0
for _, client in ipairs(redis.call('ZRANGE', SEEN, 0, -1)) do
  if client < owner then
    rank = rank + 1
  end
end
if was_alone_among > 1 then
  -- The others may be away yet.
  state.unsure = latest(state.unsure, now + RETURN)
end
if state.unsure and state.unsure <= now then
  state.unsure = nil
end

-- One more request

local function take()
  if state.held then
    if state.held > now then
      return nil, state.held
    end
    state.held = nil
  end
  local not_before, most_of_minute = most()
  if not_before then
    return nil, not_before
  end
  local from = state.part and state.part.from_slot or 0
  forget_seconds()
  forget_minutes()
  local lacks = {
    lack(SECONDS, per_second - left_of_second()) or false,
    lack(MINUTES, per_minute) or false,
    most_of_minute and lack_of_taken(most_of_minute, from) or false,
    lack_by_others() or false,
  }
  local lacking, till
  for _, lacked in ipairs(lacks) do
    if lacked then
      lacking = true
      till = latest(till, lacked[1])
    end
  end
  if lacking then
    return nil, till or now + ASKS_AGAIN
  end
  if state.part then
    state.part.next = now + gap(state.part)
  end
  local slot = state.next
  state.next = slot + 1
  put(name(slot), UNSENT + now, UNSENT + now)
  redis.call('HSET', ASKED, owner, string.format('%.0f %.0f', asks, slot))
  return slot, nil
end

local kind, value = 'told', 0
if state.unsure and asks > 0 then
  kind, value = 'unsure', state.unsure - now
elseif asks > 0 then
  local before, had = (redis.call('HGET', ASKED, owner) or ''):match('^(%d+) (%d+)$')
  local held = had and redis.call('ZSCORE', MINUTES, name(tonumber(had)))
  if tonumber(before) == asks and held and tonumber(held) >= UNSENT then
    -- The answer was lost.
    kind, value = 'slot', tonumber(had)
  else
    end_leases()
    local slot, till = take()
    kind, value = slot and 'slot' or 'wait', slot or till - now
  end
end

state.count = redis.call('ZCARD', MINUTES)
redis.call('SET', STATE, cmsgpack.pack(state))
for _, key in ipairs(KEYS) do
  redis.call('PEXPIRE', key, KEPT)
end

-- What form.rs reads: numbers, and nanoseconds from now.

local function whole(count)
  return struct.pack('<I8', count)
end

local function flag(is)
  return whole(is and 1 or 0)
end

local function time(at)
  return struct.pack('<i8', at and round((at - now) * 1000) or NEVER)
end

local form = {
  whole(state.next),
  whole(state.told_second),
  whole(state.told_minute),
  whole(state.shared_minute),
  whole(state.foreign),
  time(state.foreign_until),
  time(state.left_told),
  time(state.held),
  time(state.refused_at),
  whole(state.in_a_row),
  whole(state.known_from),
  flag(state.doubts),
  flag(state.part),
}
local part = state.part
if part then
  for _, field in ipairs({
    struct.pack('<d', part.size),
    flag(part.is_searching),
    flag(part.was_told),
    flag(part.is_new),
    whole(part.from_slot),
    time(part.began),
    time(part.grown_at),
    time(part.calm_since),
    time(part.next),
  }) do
    form[#form + 1] = field
  end
end

return {
  kind,
  string.format('%.0f', math.ceil(value)),
  state.epoch,
  clients,
  rank,
  string.format('%.0f', now),
  state.count,
  string.format('%.0f', oldest()),
  back and string.format('%.0f', math.ceil(back - now)) or '-1',
  table.concat(form),
}
