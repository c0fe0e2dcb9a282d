-- Lets a machine in on one use of a join token: both are written, or neither, and only over what the caller has seen.
--
-- KEYS[1]  join tokens
-- KEYS[2]  identities
-- ARGV[1]  the token's id
-- ARGV[2]  the token as the caller read it
-- ARGV[3]  the token with one use less
-- ARGV[4]  the machine
-- ARGV[5]  its identity as the caller read it; empty: it had none
-- ARGV[6]  its identity from now on
-- Returns  1 admitted, 0 one of the two has changed since
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
if (redis.call('HGET', KEYS[2], ARGV[4]) or '') ~= ARGV[5] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('HSET', KEYS[2], ARGV[4], ARGV[6])
return 1
