-- Takes places for hosts of a service, as many as their groups have room for.
--
-- KEYS[1]  the service's places: host -> the rollout that it has it from, and its groups, separated by spaces
-- ARGV[1]  the rollout that they are for
-- ARGV[2]  how many hosts at most
-- ARGV[3]  number of groups; then, for each: its name, how many of it may be down
-- then     for each host, in the order in which they are to go: its name, its groups separated by spaces
-- Returns  the first group that was full for a host ('': none), then the hosts that have a place
-- Invariant: a group never holds more places than it has room for, unless its room has shrunk meanwhile.
local rollout, at_most, groups = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local room, next_arg = {}, 4
for _ = 1, groups do
  room[ARGV[next_arg]] = tonumber(ARGV[next_arg + 1])
  next_arg = next_arg + 2
end
local taken = {}
for i, value in ipairs(redis.call('HVALS', KEYS[1])) do
  for group in string.gmatch(string.match(value, ' .*') or '', '%S+') do taken[group] = (taken[group] or 0) + 1 end
end
local full, reserved = '', {}
for i = next_arg, #ARGV, 2 do
  if #reserved >= at_most then break end
  local host, of = ARGV[i], ARGV[i + 1]
  local place = redis.call('HGET', KEYS[1], host)
  if place then
    redis.call('HSET', KEYS[1], host, rollout .. (string.match(place, ' .*') or ''))
    reserved[#reserved + 1] = host
  else
    local fits = true
    for group in string.gmatch(of, '%S+') do
      if room[group] and (taken[group] or 0) >= room[group] then
        fits = false
        if full == '' then full = group end
      end
    end
    if fits then
      for group in string.gmatch(of, '%S+') do taken[group] = (taken[group] or 0) + 1 end
      redis.call('HSET', KEYS[1], host, rollout .. ' ' .. of)
      reserved[#reserved + 1] = host
    end
  end
end
return { full, unpack(reserved) }
