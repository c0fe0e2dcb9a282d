-- Appends an entry to the record, unless the same was recorded before. The record never grows beyond its bound: the oldest go first.
--
-- KEYS[1]  the record
-- KEYS[2]  what the entry is known by
-- ARGV[1]  the entry as JSON
-- ARGV[2]  how many entries there may be (a few more for a while)
-- ARGV[3]  ms for which a second entry that is known by the same is kept out; 0: it is known by nothing
-- Returns  1 appended, 0 recorded before
if ARGV[3] ~= '0' and not redis.call('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3]) then return 0 end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'entry', ARGV[1])
return 1
