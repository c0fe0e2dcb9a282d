--[[
  Says since when the server that answers has been the one that coordinators know; the first to find another one begins an era.

  KEYS  1 the era
  ARGV  1 id of the server that answers

  Returns  {era, age}: when it began, in ms of this server's clock, 0 for the first one ever; and how long ago that is, in ms

  Invariant: an era only grows, and there is one for each server that follows another. What a fail-over has forgotten came before it.
]]
local known, era = unpack(redis.call('HMGET', KEYS[1], 'server', 'era'))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
era = tonumber(era or 0)
if known ~= ARGV[1] then
  if known then
    era = math.max(era + 1, now)
  end
  redis.call('HSET', KEYS[1], 'server', ARGV[1], 'era', era)
end
return { era, now - era }
