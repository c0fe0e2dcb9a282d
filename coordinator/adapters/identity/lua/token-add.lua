-- Adds a token, unless there are as many as there may be, or one of its id.
--
-- KEYS[1]  tokens
-- ARGV[1]  its id
-- ARGV[2]  the sealed token
-- ARGV[3]  how many there may be
-- Returns  1 added, 0 not
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
return redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
