-- Writes signs of life of many hosts.
-- KEYS[1..4]  {hosts}: epochs, seen, loads, installed
-- ARGV  five for each host: host; epoch of the session that speaks; now, in ms; its load as JSON; what is installed as JSON.
--       An empty load or installed: as before
-- Invariant: what an earlier session said never replaces what a later one did.
for first = 1, #ARGV, 5 do
  local host, epoch, now, load, installed = unpack(ARGV, first, first + 4)
  if redis.call('HGET', KEYS[1], host) == epoch then
    redis.call('ZADD', KEYS[2], 'GT', now, host)
    if load ~= '' then
      redis.call('HSET', KEYS[3], host, load)
    end
    if installed ~= '' then
      redis.call('HSET', KEYS[4], host, installed)
    end
  end
end
