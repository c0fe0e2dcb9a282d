-- Keeps the tail of a step's output, the last line that its host has printed, and when it did.
-- KEYS[1]  the host's tails in the rollout
-- KEYS[2]  last lines of the rollout, by host
-- KEYS[3]  hosts of the rollout by when they printed last, in microseconds of this server: coordinators' clocks differ
-- ARGV[1]  <attempt>/<step>
-- ARGV[2]  the tail as JSON
-- ARGV[3]  host
-- ARGV[4]  its last line; empty: this tail has none
-- ARGV[5]  how long all are kept, in ms
-- ARGV[6]  how many tails a host may have
-- Invariant: a host has at most ARGV[6] tails; when there are more, its earliest attempt's go.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[6]) then
  local fields = redis.call('HKEYS', KEYS[1])
  local function attempt(field)
    return tonumber(string.match(field, '^%d+'))
  end
  table.sort(fields, function(one, other) return attempt(one) < attempt(other) end)
  for _, field in ipairs(fields) do
    if attempt(field) == attempt(fields[1]) then
      redis.call('HDEL', KEYS[1], field)
    end
  end
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[3], 'GT', time[1] * 1000000 + time[2], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
if ARGV[4] ~= '' then
  redis.call('HSET', KEYS[2], ARGV[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end
