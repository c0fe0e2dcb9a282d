-- Writes one field of a hash if it is still what the caller read; so that two people who apply at once lose nothing.
--
-- KEYS[1]  hash
-- ARGV[1]  field
-- ARGV[2]  its value as read; '' when it was not there
-- ARGV[3]  its new value
-- Returns  1 written, 0 somebody else was faster (nothing written)
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
