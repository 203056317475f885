-- Take all places of a call, or none of them.
--
-- KEYS, three a place: the log (a sorted set of "units:permit" by time), the sum of its units, and
-- who waits there (a hash of "since:units:until" by holder).
-- ARGV: length of the window, holder, permit, since when the call has waited (or empty: `age`),
-- age, lease, then three a place: the limit, units, units kept for calls of the holder before it.
-- Times are milliseconds of the server's clock, the same for every client.
--
-- A permit that is in a log already took all its places: the client had no answer and asks again.
--
-- Returns now, then for each place that has no room its number and the time of the unit that has
-- to leave the window first; -1 where nobody can say.

local window, holder, permit = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local lease = tonumber(ARGV[6])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local since = math.min(tonumber(ARGV[4]) or now - tonumber(ARGV[5]), now)

local function text(number)
  return string.format('%.0f', number)
end

local function units_of(member)
  return tonumber(string.match(member, '^%d+'))
end

local function sum(members)
  local units = 0
  for _, member in ipairs(members) do
    units = units + units_of(member)
  end
  return units
end

-- What lies in the window. A clock that was set back leaves entries of the future: they count as
-- taken now, so that they are gone after one window.
local function used_in(log, total)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', log, '(' .. text(now), '+inf')) do
    redis.call('ZADD', log, 'XX', text(now), member)
  end
  local first = '(' .. text(now - window)
  local used = tonumber(redis.call('GET', total))
  if not used or redis.call('ZCARD', log) == 0 then -- one of them was evicted
    used = sum(redis.call('ZRANGE', log, 0, -1))
  end
  local expired = redis.call('ZRANGEBYSCORE', log, '-inf', first)
  if #expired > 0 then
    redis.call('ZREMRANGEBYSCORE', log, '-inf', first)
  end
  used = used - sum(expired)
  redis.call('SET', total, text(used), 'PX', text(2 * window))
  return used
end

local function kept_elsewhere(line)
  local kept = 0
  local entries = redis.call('HGETALL', line)
  for i = 1, #entries, 2 do
    local at, units, ends = string.match(entries[i + 1], '^(%d+):(%d+):(%d+)$')
    at, ends = math.min(tonumber(at), now), tonumber(ends)
    if ends < now or ends > now + lease then -- a process that was killed
      redis.call('HDEL', line, entries[i])
    elseif entries[i] ~= holder and (at < since or (at == since and entries[i] < holder)) then
      kept = kept + tonumber(units)
    end
  end
  return kept
end

local function leaves_first(log, over)
  local start, passed = 0, 0
  while over > 0 do
    local page = redis.call('ZRANGE', log, text(start), text(start + 99), 'WITHSCORES')
    if #page == 0 then
      return '-1'
    end
    for i = 1, #page, 2 do
      passed = passed + units_of(page[i])
      if passed >= over then
        return page[i + 1]
      end
    end
    start = start + 100
  end
  return '-1'
end

local places = #KEYS / 3
for i = 1, places do
  if redis.call('ZSCORE', KEYS[3 * i - 2], text(tonumber(ARGV[3 * i + 5])) .. ':' .. permit) then
    return { text(now) }
  end
end
local totals = {}
local reply = { text(now) }
for i = 1, places do
  local log, total, line = KEYS[3 * i - 2], KEYS[3 * i - 1], KEYS[3 * i]
  local limit, units = tonumber(ARGV[3 * i + 4]), tonumber(ARGV[3 * i + 5])
  local need = units + tonumber(ARGV[3 * i + 6]) + kept_elsewhere(line)
  totals[i] = used_in(log, total)
  if totals[i] + need > limit then
    reply[#reply + 1] = text(i - 1)
    reply[#reply + 1] = leaves_first(log, totals[i] + math.min(need, limit) - limit)
  end
end
if #reply > 1 then
  return reply
end
for i = 1, places do
  local units = tonumber(ARGV[3 * i + 5])
  redis.call('ZADD', KEYS[3 * i - 2], text(now), text(units) .. ':' .. permit)
  redis.call('PEXPIRE', KEYS[3 * i - 2], text(2 * window))
  redis.call('SET', KEYS[3 * i - 1], text(totals[i] + units), 'PX', text(2 * window))
end
return reply
