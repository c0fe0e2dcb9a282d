-- Begins a session of a host, which ends the one before it, wherever that is.
-- KEYS[1..7]  {hosts}: records, installed, first-seen, seen, sessions, epochs, revoked
-- ARGV[1]  host
-- ARGV[2]  the coordinator that holds its stream
-- ARGV[3]  now, in ms
-- ARGV[4]  labels, facts and version as JSON
-- ARGV[5]  what is installed, as JSON
-- ARGV[6]  epochs up to this one may have been given and forgotten
-- Returns  { epoch, the session that it replaces, or '' }
-- Invariant: no two sessions of a host have the same epoch, and the one that is recorded has the greatest.
local host = ARGV[1]
local replaced = redis.call('HGET', KEYS[5], host) or ''
if tonumber(redis.call('HGET', KEYS[6], host) or '0') < tonumber(ARGV[6]) then
  redis.call('HSET', KEYS[6], host, ARGV[6])
end
local epoch = redis.call('HINCRBY', KEYS[6], host, 1)
redis.call('HSET', KEYS[1], host, ARGV[4])
redis.call('HSET', KEYS[2], host, ARGV[5])
redis.call('HSETNX', KEYS[3], host, ARGV[3])
redis.call('ZADD', KEYS[4], 'GT', ARGV[3], host)
redis.call('HDEL', KEYS[7], host)
redis.call('HSET', KEYS[5], host, epoch .. ' ' .. ARGV[3] .. ' ' .. ARGV[2])
return { epoch, replaced }
