-- Changes a schedule, if it still has the version that the caller read.
--
-- KEYS[1]  hash of the schedules
-- ARGV[1]  its name
-- ARGV[2]  the version that it must have
-- ARGV[3]  the schedule as JSON, with the next version
-- Returns  1 changed, 0 somebody else was faster, or it has been removed
local current = redis.call('HGET', KEYS[1], ARGV[1])
if not current or cjson.decode(current).version ~= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
