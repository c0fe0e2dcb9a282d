-- Takes an attempt's command out of its host's mailbox for good, and those of the lane's earlier attempts with it.
-- KEYS[1]  the host's mailbox
-- KEYS[2]  the last attempt of the rollout's lane that is over on this host
-- ARGV[1]  what the command ids of the rollout's lane on this host begin with, up to the number
-- ARGV[2]  number of the attempt
-- ARGV[3]  how long KEYS[2] is to be remembered, in ms
-- Returns  1: something was there; 0: nothing was
-- Invariant: KEYS[2] only grows while it lives, and no command up to it lies in the mailbox.
local over = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[2]))
redis.call('SET', KEYS[2], over, 'PX', ARGV[3])
local taken = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  for _, beginning in ipairs({ 'command:' .. ARGV[1], 'grant:' .. ARGV[1], 'kill:' .. ARGV[1] }) do
    local attempt = string.sub(field, 1, #beginning) == beginning and tonumber(string.sub(field, #beginning + 1))
    if attempt and attempt <= over then
      taken = redis.call('HDEL', KEYS[1], field)
    end
  end
end
return taken
