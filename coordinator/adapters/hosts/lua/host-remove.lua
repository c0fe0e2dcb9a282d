-- Forgets a host that was revoked.
-- KEYS[1..6]  {hosts}: records, installed, loads, first-seen, seen, revoked
-- ARGV[1]  host
-- Returns  'removed'; 'back': it has joined anew, and has had a session since it was revoked; 'unknown': there is no such host
-- Invariant: its epoch stays, so that none of its sessions to come is taken for an earlier one.
local host = ARGV[1]
if redis.call('HEXISTS', KEYS[1], host) == 0 then
  return 'unknown'
end
if redis.call('HEXISTS', KEYS[6], host) == 0 then
  return 'back'
end
for _, key in ipairs({ KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[6] }) do
  redis.call('HDEL', key, host)
end
redis.call('ZREM', KEYS[5], host)
return 'removed'
