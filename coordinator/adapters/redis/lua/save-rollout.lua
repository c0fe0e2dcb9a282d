--[[
  Saves one round of work on a rollout, whole or not at all.

  KEYS  1 state  2 tasks  3 due  4 inbox  5 outbox  6 feed  7… the queues
  ARGV  1 the version that was loaded
        2 token: names this save
        3 '1' when the rollout has ended
        4 '1' when the rollout is known to be in the index of active ones
        5 the rollout
        6 how many events at the inbox's head are taken in
        7 how many changes the feed keeps
        then lists, each after its length:
          hosts whose rows changed; (host, row)…; (due time, host)…; for each queue (place, host)…; effects; changes

  Returns  {'saved', entry…}  what is to be performed, in order, each 'seq effect'
           {'conflict'}       another version is there, or no such rollout; nothing is changed
           {'reopens'}        the rollout had ended and is not in the index; nothing is changed

  Invariants
    - version grows by one with every save, and only the save that saw the version before it gets through.
    - A save that is sent again because its answer was lost is known by its token and answered as before.
    - A row is in exactly the queues, and has exactly the due time, that were given with it.
    - seq is never given twice.
    - An ended rollout moves again only once it is in the index: a crash in between leaves it there for nothing, never missing.
]]
local stateKey, tasksKey, dueKey, inboxKey, outboxKey, feedKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local expected, token, ended, indexed, body, consumed, feedLength = tonumber(ARGV[1]), ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), ARGV[7]

-- Lua's stack holds some 8,000 values. Even, so that pairs stay together.
local CHUNK = 2000

local at = 7
local function take()
  at = at + 1
  return ARGV[at]
end

local function takeList()
  local list = {}
  for i = 1, tonumber(take()) do
    list[i] = take()
  end
  return list
end

local function inChunks(command, key, list)
  for from = 1, #list, CHUNK do
    redis.call(command, key, unpack(list, from, math.min(from + CHUNK - 1, #list)))
  end
end

local function saved()
  local reply = redis.call('ZRANGE', outboxKey, 0, -1)
  table.insert(reply, 1, 'saved')
  return reply
end

local state = redis.call('HMGET', stateKey, 'version', 'token', 'ended')
local version = tonumber(state[1] or -1)
if version == expected + 1 and state[2] == token then
  return saved()
end
if version ~= expected then
  return { 'conflict' }
end
if state[3] == '1' and ended ~= '1' and indexed ~= '1' then
  return { 'reopens' }
end

redis.call('HSET', stateKey, 'version', expected + 1, 'token', token, 'ended', ended, 'body', body)

local hosts = takeList()
inChunks('HSET', tasksKey, takeList())
inChunks('ZREM', dueKey, hosts)
inChunks('ZADD', dueKey, takeList())
for i = 7, #KEYS do
  inChunks('ZREM', KEYS[i], hosts)
  inChunks('ZADD', KEYS[i], takeList())
end

if consumed > 0 then
  redis.call('LTRIM', inboxKey, consumed, -1)
end
for _, effect in ipairs(takeList()) do
  local seq = redis.call('HINCRBY', stateKey, 'seq', 1)
  redis.call('ZADD', outboxKey, seq, string.format('%d %s', seq, effect))
end
local changes = takeList()
for _, change in ipairs(changes) do
  redis.call('XADD', feedKey, 'MAXLEN', '~', feedLength, '*', 'change', change)
end
if #changes > 0 then
  redis.call('PUBLISH', feedKey, '')
end
return saved()
