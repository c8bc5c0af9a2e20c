-- with gates
-- The safety net: places that their jobs have no right to any more are given back, and lines are looked at.
-- KEYS  1 journal
-- ARGV  1 only places taken before this many ms ago; 2 at most so many places and jobs of each gate; then the gates
-- Answer: how many places were given back.
gates.use(string.sub(KEYS[1], 1, -8))
local root, freed = string.sub(KEYS[1], 1, -8), 0
for at = 3, #ARGV do
  local gate = ARGV[at]
  local held = root .. "gate:" .. gate .. ":held"
  for _, id in ipairs(redis.call("ZRANGEBYSCORE", held, "-inf", gates.now() - ARGV[1], "LIMIT", 0, ARGV[2])) do
    if gates.owes(gate, id) then
      freed = freed + redis.call("ZREM", held, id)
    end
  end
  if redis.call("EXISTS", held) == 0 then
    redis.call("SREM", root .. "gates:held", gate)
  end
  gates.release(gate, tonumber(ARGV[2]))
end
return freed
