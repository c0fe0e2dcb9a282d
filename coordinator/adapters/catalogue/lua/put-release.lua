-- Writes a release if what is there by its version is still what the caller read, so that of two who make the same version at once one is second.
--
-- KEYS[1]  hash of the service's releases
-- ARGV[1]  version
-- ARGV[2]  the release as read; '' when there was none
-- ARGV[3]  the release
-- Returns  1 written, 0 somebody else was faster (nothing written)
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
