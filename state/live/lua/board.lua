-- Read a restaurant's active orders and the place in the log they stand at, in one moment.
-- KEYS[1] head  KEYS[2] active orders  ARGV[1] prefix of the orders' keys
-- Returns {head, order, ...}, or nothing when live state is missing or incomplete.
local head = redis.call('GET', KEYS[1])
if not head then return false end
local found = {head}
for _, id in ipairs(redis.call('SMEMBERS', KEYS[2])) do
    local order = redis.call('GET', ARGV[1] .. id)
    if not order then return false end
    found[#found + 1] = order
end
return found
