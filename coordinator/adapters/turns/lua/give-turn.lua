-- Gives a turn back; does nothing when it has fallen to somebody else.
--
-- KEYS[1]  the turn
-- ARGV[1]  token of who had it
-- Returns  1 given back, 0 it was not his
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
