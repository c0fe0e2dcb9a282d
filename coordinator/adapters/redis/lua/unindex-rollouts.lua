--[[
  Takes rollouts that have been seen at rest out of the active ones.

  KEYS  1 active
  ARGV  (id, version at which it was seen at rest)…

  Invariant: one that is about to move again is left alone. It has announced itself here with its next version before it moves
  (`reopens` in save-rollout), so nobody can have seen it at rest at that version or a later one.
]]
for i = 1, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) <= tonumber(ARGV[i + 1]) then
    redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
