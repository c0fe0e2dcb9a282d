-- Takes a service for a rollout, or says who has it. One service is never held by two rollouts.
--
-- KEYS[1]  the service's lock
-- ARGV[1]  rollout
-- ARGV[2]  ms until an unconfirmed lock falls; '' confirms it: it stands until it is released
-- Returns  the rollout that holds it afterwards
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return holder end
if ARGV[2] == '' then
  redis.call('SET', KEYS[1], ARGV[1])
elseif not holder then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return ARGV[1]
