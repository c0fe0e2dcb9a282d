-- Keeps the output of a step that failed, unless the rollout has enough of them.
-- KEYS[1]  what is kept of the rollout
-- ARGV[1]  <host>/<attempt>/<step>
-- ARGV[2]  the output, packed
-- ARGV[3]  how many there may be
-- ARGV[4]  how long all are kept, in ms
-- Returns  1: kept; 0: there are enough
-- Invariant: there are at most ARGV[3]; the first ones stay, because what went wrong first is most worth reading.
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
