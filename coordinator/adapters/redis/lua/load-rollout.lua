--[[
  Reads what a round of work on a rollout begins with, as it is at one moment.

  KEYS  1 state  2 inbox  3 outbox
  ARGV  1 how many events of the inbox, from its head

  Returns  {{version, rollout}, {event…}, {entry…}}, entries as 'seq effect'; nil for both of the first when there is no such rollout
]]
return {
  redis.call('HMGET', KEYS[1], 'version', 'body'),
  redis.call('LRANGE', KEYS[2], 0, tonumber(ARGV[1]) - 1),
  redis.call('ZRANGE', KEYS[3], 0, -1),
}
