-- Keeps the answer to a request that was begun; does nothing when its key has gone meanwhile.
--
-- KEYS[1]  key -> digest of its request
-- KEYS[2]  key -> its answer
-- ARGV[1]  key
-- ARGV[2]  answer
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end
