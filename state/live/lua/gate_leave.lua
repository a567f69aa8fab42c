-- Give back a provider's slot, and tell what came of the call.
-- KEYS[1] state (hash)  KEYS[2] slots (sorted set)
-- ARGV[1] lease  ARGV[2] good, bad, spent or none  ARGV[3] bad ones in a row that open it
-- ARGV[4] ms it stays open  ARGV[5] ms that a provider is left alone whose quota is spent
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] == 'good' then
    redis.call('HDEL', KEYS[1], 'fails', 'open', 'probe') -- a rest is sat out all the same
elseif ARGV[2] == 'spent' then
    redis.call('HSET', KEYS[1], 'rest', now + ARGV[5])
elseif ARGV[2] == 'bad' then
    local half = redis.call('HDEL', KEYS[1], 'probe')
    local fails = redis.call('HINCRBY', KEYS[1], 'fails', 1)
    if half == 1 or fails >= tonumber(ARGV[3]) then
        redis.call('HSET', KEYS[1], 'open', now + ARGV[4])
    end
else
    redis.call('HDEL', KEYS[1], 'probe')
end
redis.call('PEXPIRE', KEYS[1], 7200000)
return redis.status_reply('OK')
