-- Moves an entry that was begun into the record. It is in one of the two at any time, and never in both.
--
-- KEYS[1]  entries that were begun
-- KEYS[2]  the record
-- ARGV[1]  id of the entry
-- ARGV[2]  the whole entry as JSON
-- ARGV[3]  how many entries there may be (a few more for a while)
-- Returns  1 moved, 0 not there: it was moved before
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'entry', ARGV[2])
return 1
