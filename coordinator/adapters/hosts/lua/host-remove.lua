-- Forgets a host that is not here.
-- KEYS[1..7]  {hosts}: records, installed, loads, first-seen, seen, sessions, epochs
-- ARGV[1]  host
-- ARGV[2]  the last moment, in ms, at which one that is not here any more has shown life
-- Returns  'removed'; 'here': it has a session and has shown life since; 'unknown': there is no such host
-- Invariant: its epoch stays and grows, so that a session of it that still lives somewhere ends, and none to come is taken for an earlier one.
local host = ARGV[1]
if redis.call('HEXISTS', KEYS[1], host) == 0 then
  return 'unknown'
end
if redis.call('HEXISTS', KEYS[6], host) == 1 and tonumber(redis.call('ZSCORE', KEYS[5], host) or '0') > tonumber(ARGV[2]) then
  return 'here'
end
for _, key in ipairs({ KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6] }) do
  redis.call('HDEL', key, host)
end
redis.call('ZREM', KEYS[5], host)
redis.call('HINCRBY', KEYS[7], host, 1)
return 'removed'
