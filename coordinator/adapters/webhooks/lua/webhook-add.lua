-- Adds a webhook, unless there is one of its name or there are as many as there may be.
--
-- KEYS[1]  webhooks
-- ARGV[1]  its name
-- ARGV[2]  the webhook as JSON
-- ARGV[3]  how many there may be
-- Returns  'added', 'exists' or 'limit'
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'exists' end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'limit' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 'added'
