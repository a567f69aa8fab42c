-- Add a part to a recording: each once, in order, and not too much of it.
-- KEYS[1] its parts  KEYS[2] what is known of it
-- ARGV[1] number of the part, from 0  ARGV[2] the part, sealed  ARGV[3] '1' when it is the last
-- ARGV[4] seconds to live  ARGV[5] bytes of sound in it  ARGV[6] most of a recording
local held = redis.call('LLEN', KEYS[1])
local part = tonumber(ARGV[1])
if part < held then return {'had', held} end
if redis.call('HEXISTS', KEYS[2], 'ended') == 1 then return {'ended', held} end
if part > held then return {'hole', held} end
local size = redis.call('HINCRBY', KEYS[2], 'bytes', ARGV[5])
if size > tonumber(ARGV[6]) then
  redis.call('HINCRBY', KEYS[2], 'bytes', -ARGV[5])
  return {'long', held}
end
redis.call('RPUSH', KEYS[1], ARGV[3] .. ARGV[2])
if ARGV[3] == '1' then redis.call('HSET', KEYS[2], 'ended', 1) end
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return {'kept', held + 1}
