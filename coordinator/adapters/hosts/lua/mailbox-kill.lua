-- Marks a command as one that is to be ended.
-- KEYS[1]  the host's mailbox
-- ARGV[1]  command id
-- ARGV[2]  why
-- Returns  1: it is marked; 0: the command is not there
-- Invariant: a mark lies only beside its command; who asked first has said why.
if redis.call('HEXISTS', KEYS[1], 'command:' .. ARGV[1]) == 0 then
  return 0
end
redis.call('HSETNX', KEYS[1], 'kill:' .. ARGV[1], ARGV[2])
return 1
