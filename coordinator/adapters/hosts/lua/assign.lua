-- Moves a host's assignment of a service.
-- KEYS[1]  the service's assignments
-- ARGV[1]  host
-- ARGV[2]  generation: number of the rollout
-- ARGV[3]  generation: place in its outbox
-- ARGV[4]  the assignment as JSON, sealed: a space and the seal follow
-- Returns  1: assigned; 0: a later generation is there
-- Invariant: an assignment's generation only grows. What cannot be read stands in nobody's way.
local current = redis.call('HGET', KEYS[1], ARGV[1])
local isRead, there = pcall(cjson.decode, current and string.match(current, '^(.*) [%w_-]+$') or '')
if isRead and type(there) == 'table' and type(there.generation) == 'table' then
  local generation = there.generation
  local rollout, seq = tonumber(ARGV[2]), tonumber(ARGV[3])
  if generation[1] > rollout or (generation[1] == rollout and generation[2] > seq) then
    return 0
  end
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[4])
return 1
