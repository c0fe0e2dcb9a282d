--[[
  Makes a staged rollout exist.

  KEYS  1 state  2 feed  3 tasks  4… the other keys that staging wrote
  ARGV  1 token: names this creation  2 the rollout  3 how many rows were staged  4 how many changes the feed keeps  5… changes

  Returns  'published'
           'exists'      another creation has this id; nothing is changed
           'incomplete'  staged rows have expired; nothing is changed

  Invariants
    - Nobody sees a rollout without all of its rows.
    - Staged keys expire until this has run, and never afterwards.
]]
local stateKey, feedKey, tasksKey = KEYS[1], KEYS[2], KEYS[3]
local token, body, rows, feedLength = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local creation = redis.call('HGET', stateKey, 'creation')
if creation then
  return creation == token and 'published' or 'exists'
end
if redis.call('HLEN', tasksKey) ~= rows then
  return 'incomplete'
end
for i = 3, #KEYS do
  redis.call('PERSIST', KEYS[i])
end
redis.call('HSET', stateKey, 'version', 1, 'token', '', 'ended', '0', 'seq', 0, 'creation', token, 'body', body)
for i = 5, #ARGV do
  redis.call('XADD', feedKey, 'MAXLEN', '~', feedLength, '*', 'change', ARGV[i])
end
return 'published'
