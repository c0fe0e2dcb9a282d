-- Finds out how a request with this key stands, and begins it if it is new. Of any number that ask at once exactly one is told to begin.
--
-- KEYS[1]  keys by when they were first used
-- KEYS[2]  key -> digest of its request
-- KEYS[3]  key -> its answer
-- ARGV[1]  key
-- ARGV[2]  digest of the request
-- ARGV[3]  now, in ms
-- ARGV[4]  how long a key is kept, in ms
-- ARGV[5]  how many keys there may be
-- Returns  {'begun'}, {'running'}, {'other-request'} or {'answered', answer}
-- Invariant: what is in KEYS[2] and KEYS[3] is in KEYS[1], which says when it goes.
local function forget(keys)
  for _, key in ipairs(keys) do
    redis.call('ZREM', KEYS[1], key)
    redis.call('HDEL', KEYS[2], key)
    redis.call('HDEL', KEYS[3], key)
  end
end
forget(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[3] - ARGV[4], 'LIMIT', 0, 100))

local request = redis.call('HGET', KEYS[2], ARGV[1])
if request and request ~= ARGV[2] then return {'other-request'} end
if request then
  local answer = redis.call('HGET', KEYS[3], ARGV[1])
  return answer and {'answered', answer} or {'running'}
end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
local over = redis.call('ZCARD', KEYS[1]) - ARGV[5]
if over > 0 then forget(redis.call('ZRANGE', KEYS[1], 0, math.min(over, 100) - 1)) end
return {'begun'}
