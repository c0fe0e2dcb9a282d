-- Keeps how far hosts of a rollout are with what they fetch, and the sums of it: whoever watches ten thousand hosts reads one hash.
-- KEYS[1]  the rollout's fetches, by host: '<command> <epoch> <done> <total> <peers> <relay> <origin> <reused> <delta> <rate>'
-- KEYS[2]  their sums
-- ARGV[1]  how long both are kept, in ms
-- ARGV[2]  over how many ms the rate is taken
-- ARGV[3…] for each host, its name and the ten values of its line; some hundreds of hosts, so that they fit on Lua's stack
-- Returns  what is new by source, { peers, relay, origin, reused }: these bytes were counted by nobody before
-- Invariants
--   - done, total and delta are the sums over the lines.
--   - Of one command, a byte is counted once: what comes late or twice, from an earlier session, or says less than before, counts nothing. A later
--     session that says less is of an agent that began again.
local fetchesKey, sumsKey, keptMs, windowMs = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])
local FIELDS, SUMMED, SOURCES = 10, { 'done', 'total', 'delta' }, { 'peers', 'relay', 'origin', 'reused' }
local NOTHING = { epoch = 0, done = 0, total = 0, peers = 0, relay = 0, origin = 0, reused = 0, delta = 0 }

local function fetchOf(command, epoch, done, total, peers, relay, origin, reused, delta)
  return {
    command = command, epoch = tonumber(epoch), done = tonumber(done), total = tonumber(total), delta = tonumber(delta),
    peers = tonumber(peers), relay = tonumber(relay), origin = tonumber(origin), reused = tonumber(reused),
  }
end

local function fetchIn(line)
  local fetch = fetchOf(string.match(line or '', '^(%S+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)'))
  return fetch.command and fetch or NOTHING
end

local function travelled(fetch)
  return fetch.peers + fetch.relay + fetch.origin
end

local hosts = {}
for at = 3, #ARGV, FIELDS + 1 do
  hosts[#hosts + 1] = ARGV[at]
end
local known = {}
for index, line in ipairs(redis.call('HMGET', fetchesKey, unpack(hosts))) do
  known[hosts[index]] = fetchIn(line)
end

local sums = { done = 0, total = 0, delta = 0, peers = 0, relay = 0, origin = 0, reused = 0 }
local lines = {}
for at = 3, #ARGV, FIELDS + 1 do
  local host = ARGV[at]
  local before, after = known[host], fetchOf(unpack(ARGV, at + 1, at + FIELDS - 1))
  local same = before.command == after.command
  local restarted = same and after.epoch > before.epoch and travelled(after) < travelled(before)
  if after.epoch > before.epoch or (after.epoch == before.epoch and (not same or after.done >= before.done)) then
    for _, field in ipairs(SUMMED) do
      sums[field] = sums[field] + after[field] - before[field]
    end
    for _, source in ipairs(SOURCES) do
      local counted = (same and not restarted) and before[source] or 0
      sums[source] = sums[source] + math.max(0, after[source] - counted)
    end
    known[host] = after
    lines[#lines + 1] = host
    lines[#lines + 1] = table.concat(ARGV, ' ', at + 1, at + FIELDS)
  end
end
if #lines > 0 then
  redis.call('HSET', fetchesKey, unpack(lines))
end

for field, by in pairs(sums) do
  if by ~= 0 then
    redis.call('HINCRBY', sumsKey, field, string.format('%.0f', by))
  end
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local sofar = redis.call('HMGET', sumsKey, 'peers', 'relay', 'origin', 'sinceMs', 'sinceBytes')
local bytes = tonumber(sofar[1] or '0') + tonumber(sofar[2] or '0') + tonumber(sofar[3] or '0')
if not sofar[4] then
  redis.call('HSET', sumsKey, 'sinceMs', now, 'sinceBytes', 0, 'rate', 0)
elseif now - tonumber(sofar[4]) >= windowMs then
  local rate = (bytes - tonumber(sofar[5])) * 1000 / (now - tonumber(sofar[4]))
  redis.call('HSET', sumsKey, 'sinceMs', now, 'sinceBytes', string.format('%.0f', bytes), 'rate', string.format('%.0f', math.max(0, rate)))
end
redis.call('PEXPIRE', fetchesKey, keptMs)
redis.call('PEXPIRE', sumsKey, keptMs)
return { sums.peers, sums.relay, sums.origin, sums.reused }
