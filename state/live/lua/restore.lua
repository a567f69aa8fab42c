-- Put a restaurant's live state back as Postgres has it, unless what is here is newer.
-- KEYS[1] head  KEYS[2] log (stream)  KEYS[3] active orders (set)
-- ARGV[1] channel  ARGV[2] head seq  ARGV[3] seconds to live  ARGV[4] number of orders
-- then for each order: id, key, snapshot; then for each entry, oldest first: seq, entry.
-- The last entry is published too: nodes that missed some find the hole before it and fill it.
local head = tonumber(redis.call('GET', KEYS[1]))
if head and head > tonumber(ARGV[2]) then return 0 end
redis.call('DEL', KEYS[2], KEYS[3])
local entries = 5 + tonumber(ARGV[4]) * 3
for i = 5, entries - 1, 3 do
    redis.call('SADD', KEYS[3], ARGV[i])
    redis.call('SET', ARGV[i + 1], ARGV[i + 2], 'EX', ARGV[3])
end
for i = entries, #ARGV, 2 do
    redis.call('XADD', KEYS[2], ARGV[i] .. '-0', 'e', ARGV[i + 1])
end
redis.call('SET', KEYS[1], ARGV[2])
for k = 1, 3 do redis.call('EXPIRE', KEYS[k], ARGV[3]) end
if entries < #ARGV then redis.call('SPUBLISH', ARGV[1], ARGV[#ARGV]) end
return 1
