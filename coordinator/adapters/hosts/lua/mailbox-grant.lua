-- Marks a command as granted in a session.
-- KEYS[1]  the host's mailbox
-- ARGV[1]  command id
-- ARGV[2]  epoch of the session
-- Returns  1: it is granted; 0: the command is not there
-- Invariant: a grant lies only beside its command, and its epoch only grows.
if redis.call('HEXISTS', KEYS[1], 'command:' .. ARGV[1]) == 0 then
  return 0
end
local grant = 'grant:' .. ARGV[1]
if tonumber(redis.call('HGET', KEYS[1], grant) or '0') < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], grant, ARGV[2])
end
return 1
