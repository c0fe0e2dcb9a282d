-- Frees a host's place, unless it has it from another rollout: that one has taken it over, and counts on it.
--
-- KEYS[1]  the service's places: host -> the rollout that it has it from, and its groups, separated by spaces
-- ARGV[1]  the host
-- ARGV[2]  the rollout
-- Returns  1 freed, 0 it has none, or not from this one
local place = redis.call('HGET', KEYS[1], ARGV[1])
if not place or string.match(place, '^%S*') ~= ARGV[2] then return 0 end
return redis.call('HDEL', KEYS[1], ARGV[1])
