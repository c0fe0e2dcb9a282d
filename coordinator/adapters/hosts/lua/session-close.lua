-- Ends a session of a host.
-- KEYS[1]  {hosts}: sessions
-- ARGV[1]  host
-- ARGV[2]  epoch of the session
-- Returns  1: it was the host's session; 0: a later one has begun, or it was over
-- Invariant: a session is ended by nobody but itself.
local session = redis.call('HGET', KEYS[1], ARGV[1])
if session and string.match(session, '^%d+') == ARGV[2] then
  return redis.call('HDEL', KEYS[1], ARGV[1])
end
return 0
