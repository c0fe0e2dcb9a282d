-- Ends a host's session, wherever that is.
-- KEYS[1..4]  {hosts}: sessions, epochs, revoked, records
-- ARGV[1]  host
-- ARGV[2]  who revoked it, when and why, as JSON; '': it may come again
-- Returns  the session that it had, or ''
-- Invariant: its epoch grows, so that a session of it that still lives somewhere ends. Only a host that is known is marked as revoked, and the first mark
-- stays.
local host = ARGV[1]
local session = redis.call('HGET', KEYS[1], host) or ''
redis.call('HDEL', KEYS[1], host)
redis.call('HINCRBY', KEYS[2], host, 1)
if ARGV[2] ~= '' and redis.call('HEXISTS', KEYS[4], host) == 1 then
  redis.call('HSETNX', KEYS[3], host, ARGV[2])
end
return session
