-- Writes a record over the one that the caller has seen, and over no other.
--
-- KEYS[1]  hash of the records
-- ARGV[1]  the field
-- ARGV[2]  the record as the caller read it; empty: there was none
-- ARGV[3]  the record from now on
-- Returns  1 written, 0 it has changed since
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
