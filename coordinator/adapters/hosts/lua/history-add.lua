-- Adds an entry to a host's history, once.
-- KEYS[1]  entries by their ids
-- KEYS[2]  ids by when it happened
-- ARGV[1]  id of the entry
-- ARGV[2]  when it happened, in ms
-- ARGV[3]  the entry as JSON
-- ARGV[4]  how many entries a host may have
-- ARGV[5]  how long they are kept after the last one, in ms
-- Returns  1: added; 0: it was there
-- Invariant: both keys hold the same ids, the latest ARGV[4] of them; an entry that is added again after it fell out falls out again.
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[3]) == 0 then
  return 0
end
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if surplus > 0 then
  local oldest = redis.call('ZRANGE', KEYS[2], 0, surplus - 1)
  redis.call('HDEL', KEYS[1], unpack(oldest))
  redis.call('ZREM', KEYS[2], unpack(oldest))
end
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return 1
