-- Releases a service that this rollout holds; does nothing when another one does.
--
-- KEYS[1]  the service's lock
-- ARGV[1]  rollout
-- Returns  1 released, 0 not held by it
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
