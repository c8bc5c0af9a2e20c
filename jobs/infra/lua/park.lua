-- with gates
-- A worker has the message of a job whose type it does not know.
-- KEYS  1 hot state; 2 journal
-- ARGV  1 id; 2 tenant; 3 turn; 4 attempt; 5 priority; 6 gate; 7 what is put behind it (ready list, line feed, next turn's message)
-- Answer: 1, or 0 when the message does not count any more.
local known = redis.call("HMGET", KEYS[1], "state", "turn", "gates")
local state, turn = known[1], tonumber(known[2] or "0")
if state == "succeeded" or state == "dead" or state == "cancelled" or state == "running" or turn > tonumber(ARGV[3]) then
  return 0
end
gates.use(string.sub(KEYS[2], 1, -8))
local names = ARGV[6] .. (known[3] and known[3] ~= "" and "\n" .. known[3] or "")
gates.leave(ARGV[1], known[3] or "", false)
gates.park({ id = ARGV[1], tenant = ARGV[2], turn = ARGV[3], attempt = ARGV[4], priority = tonumber(ARGV[5]), gates = names, held = ARGV[7] }, ARGV[6])
redis.call("PEXPIRE", KEYS[1], 604800000)
return 1
