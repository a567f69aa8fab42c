-- Ask whether a provider may be called now: by its circuit breaker, its slots and its rate.
-- KEYS[1] state (hash)  KEYS[2] slots (sorted set: lease -> end)  KEYS[3] rate (hash)
-- ARGV[1] lease  ARGV[2] its ms  ARGV[3] slots there are  ARGV[4] calls a second  ARGV[5] at once
-- Returns {'go', 0}, {'wait', ms} when it is only busy, or {'shut', ms} when it is not to be called.
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local state = redis.call('HMGET', KEYS[1], 'rest', 'open', 'probe')
local rest, open, probe = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
if rest and now < rest then return {'shut', rest - now} end
if open and now < open then return {'shut', open - now} end
-- Half open: one call finds out for all.
if open and probe and now < probe then return {'shut', probe - now} end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[3]) then return {'wait', 50} end
local rate, burst = tonumber(ARGV[4]), tonumber(ARGV[5])
local held = redis.call('HMGET', KEYS[3], 'tokens', 'at')
local at = tonumber(held[2]) or now
local tokens = math.min(burst, (tonumber(held[1]) or burst) + math.max(0, now - at) * rate / 1000)
if tokens < 1 then return {'wait', math.ceil((1 - tokens) * 1000 / rate)} end
redis.call('HSET', KEYS[3], 'tokens', tostring(tokens - 1), 'at', now)
redis.call('PEXPIRE', KEYS[3], 60000)
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[2], 600000)
if open then redis.call('HSET', KEYS[1], 'probe', now + ARGV[2]) end
return {'go', 0}
