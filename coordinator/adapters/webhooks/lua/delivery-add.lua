-- Puts a delivery in, once: the same message to the same webhook again changes nothing.
--
-- KEYS[1]  the delivery
-- KEYS[2]  deliveries of its webhook, by their place
-- KEYS[3]  deliveries that wait
-- KEYS[4]  webhooks
-- KEYS[5]  the last place that was given; no two are the same, so that pages have no gaps
-- ARGV[1]  the delivery as JSON
-- ARGV[2]  its id
-- ARGV[3]  now, in ms
-- ARGV[4]  how long it is kept, in ms
-- ARGV[5]  how many deliveries a webhook may have
-- ARGV[6]  the webhook's name
-- Returns  1 put in, 0 there already, or its webhook has gone
if redis.call('HEXISTS', KEYS[4], ARGV[6]) == 0 then return 0 end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[5]), ARGV[2])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -ARGV[5] - 1)
return 1
