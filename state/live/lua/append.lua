-- Append events to a restaurant's log, once and without gaps, whoever calls how often.
-- KEYS[1] head  KEYS[2] log (stream)  KEYS[3] active orders (set)  KEYS[4] completed orders (list)
-- ARGV[1] channel  ARGV[2] entries to keep  ARGV[3] seconds to live  ARGV[4] completed to keep
-- then for each event, oldest first:
--   seq, entry, snapshot key or '', snapshot, its seconds to live, order id or '', 1 if active
-- Returns {'ok', head}, {'hole', head} when events before ours are missing,
-- or {'cold'} when the log is not here at all.
-- The four keys live and end together: renewed whenever one of them may be new.
local head = tonumber(redis.call('GET', KEYS[1]))
local renew = not head
for i = 5, #ARGV, 7 do
    local seq = tonumber(ARGV[i])
    if not head and seq > 1 then return {'cold'} end
    head = head or 0
    if seq > head + 1 then return {'hole', head} end
    if seq == head + 1 then
        local order = ARGV[i + 5]
        if ARGV[i + 2] ~= '' then
            redis.call('SET', ARGV[i + 2], ARGV[i + 3], 'EX', ARGV[i + 4])
        end
        if order ~= '' and ARGV[i + 6] == '1' then
            renew = redis.call('SADD', KEYS[3], order) == 1 or renew
        elseif order ~= '' and redis.call('SREM', KEYS[3], order) == 1 then
            renew = true
            redis.call('LPUSH', KEYS[4], order)
            redis.call('LTRIM', KEYS[4], 0, ARGV[4] - 1)
        end
        redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], seq .. '-0', 'e', ARGV[i + 1])
        redis.call('SPUBLISH', ARGV[1], ARGV[i + 1])
        head = seq
        redis.call('SET', KEYS[1], head, 'KEEPTTL')
    end
end
if renew then
    for k = 1, 4 do redis.call('EXPIRE', KEYS[k], ARGV[3]) end
end
return {'ok', head or 0}
