-- Puts a command into its host's mailbox, once, unless its attempt is over already.
-- KEYS[1]  the host's mailbox
-- KEYS[2]  the last attempt of the rollout's lane that is over on this host
-- ARGV[1]  command id
-- ARGV[2]  number of the attempt
-- ARGV[3]  the signed order as JSON
-- Returns  1: it lies there; 0: the attempt is over
-- Invariant: what was taken out is not put in again for as long as KEYS[2] lives; a repetition leaves a grant as it is.
local over = tonumber(redis.call('GET', KEYS[2]) or '0')
if tonumber(ARGV[2]) <= over then
  return 0
end
redis.call('HSETNX', KEYS[1], 'command:' .. ARGV[1], ARGV[3])
return 1
