--[[
  Puts the archive of a rollout that is at rest in the place of its keys.

  KEYS  1 archive  2 state  3 inbox  4 outbox  5… the other keys that it lives in
  ARGV  1 the version that the archive was made of  2 the archive

  Returns  1 archived, 0 it has moved since, or is not at rest; nothing is changed

  Invariant: a rollout exists either as its keys or as its archive, whole, at any time.
]]
local state = redis.call('HMGET', KEYS[2], 'version', 'ended')
local isAtRest = state[1] == ARGV[1] and state[2] == '1' and redis.call('LLEN', KEYS[3]) == 0 and redis.call('ZCARD', KEYS[4]) == 0
if not isAtRest then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
for i = 2, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
return 1
