--[[
  Appends an event to a rollout's inbox.

  KEYS  1 state  2 inbox
  ARGV  1 the event  2 how many events the inbox holds at most

  Returns  'posted' | 'unknown' (no such rollout) | 'full'; only 'posted' has changed anything

  Invariant: no inbox without its rollout, and none longer than its bound.
]]
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 'unknown'
end
if redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[2]) then
  return 'full'
end
redis.call('RPUSH', KEYS[2], ARGV[1])
return 'posted'
