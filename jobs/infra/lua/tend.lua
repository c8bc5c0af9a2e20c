-- with gates
-- The safety net: places that their jobs have no right to any more are given back, and lines are looked at.
-- KEYS  1 journal
-- ARGV  1 only places taken before this many ms ago; 2 at most so many places and jobs of each gate; then the gates ("" = all that have places or lines)
-- Answer: how many places were given back.
gates.use(string.sub(KEYS[1], 1, -8))
local root, freed, seen = string.sub(KEYS[1], 1, -8), 0, {}
local chosen = { unpack(ARGV, 3) }
if #chosen == 0 then
  for _, part in ipairs({ "gates:held", "gates:lines" }) do
    for _, gate in ipairs(redis.call("SMEMBERS", root .. part)) do
      chosen[#chosen + 1] = gate
    end
  end
end
for _, gate in ipairs(chosen) do
  local held = root .. "gate:" .. gate .. ":held"
  if not seen[gate] then
    seen[gate] = true
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
end
return freed
