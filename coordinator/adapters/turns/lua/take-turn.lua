-- Takes a turn, or keeps it for longer, or says that somebody else has it. Two never have it at once.
--
-- KEYS[1]  the turn
-- ARGV[1]  token of who wants it
-- ARGV[2]  ms until it falls
-- ARGV[3]  '1' takes it where nobody has it; '0' only keeps it
-- Returns  1 it is his, 0 it is not
local holder = redis.call('GET', KEYS[1])
if holder ~= ARGV[1] and (holder or ARGV[3] == '0') then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
