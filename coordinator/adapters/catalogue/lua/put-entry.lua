-- Writes a service's next entry if the current one is still what the caller read, and forgets the oldest; so that two people who apply at once
-- lose nothing, and the history has exactly what was applied.
--
-- KEYS[1]  hash of the current entries
-- KEYS[2]  hash of all kept entries of this service
-- ARGV[1]  service
-- ARGV[2]  its current entry as read; '' when there was none
-- ARGV[3]  the next entry, sealed as the current one
-- ARGV[4]  its number
-- ARGV[5]  the next entry, sealed as the one of this number
-- ARGV[6]  the number that is no longer kept
-- Returns  1 written, 0 somebody else was faster (nothing written)
local current = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if current ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[5])
redis.call('HDEL', KEYS[2], ARGV[6])
return 1
