--[[
  Puts a rollout into the indices, last in their order.

  KEYS  1 active  2 all  3 those of its service  4 created: how many there have ever been
        5 those of its service that are not archived
  ARGV  1 its id  2 its version: what `unindex-rollouts` must have seen to take it out

  Invariant: an id has one place, the same in both orders, however often this runs.
]]
local activeKey, allKey, serviceKey, createdKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local id, version = ARGV[1], ARGV[2]

if not redis.call('ZSCORE', allKey, id) then
  local place = redis.call('INCR', createdKey)
  redis.call('ZADD', allKey, place, id)
  redis.call('ZADD', serviceKey, place, id)
  redis.call('ZADD', KEYS[5], place, id)
end
redis.call('ZADD', activeKey, 'GT', version, id)
