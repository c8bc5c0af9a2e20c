-- Whose messages have consumers taken and not settled? Changes nothing.
-- KEYS  1 consumers; 2 what every consumer's pending hash begins with
-- Answer: the ids of their tasks.
local ids = {}
for _, consumer in ipairs(redis.call("ZRANGE", KEYS[1], 0, -1)) do
  local kept = redis.call("HGETALL", KEYS[2] .. consumer)
  for at = 2, #kept, 2 do
    ids[#ids + 1] = string.match(kept[at], '"id": ?"([%w-]+)"')
  end
end
return ids
