-- Writes what was heard of somebody, unless so many others are remembered.
--
-- KEYS[1]  hash of those that were heard
-- ARGV[1]  the name
-- ARGV[2]  the sealed record
-- ARGV[3]  how many there may be
-- Returns  1 written, 0 not
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) and redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1
