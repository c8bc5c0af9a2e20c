-- A running job says how far it is, and hears whether it should stop.
-- KEYS  1 hot state; 2 journal
-- ARGV  1 id; 2 tenant; 3 claim; 4 progress (JSON); 5 event data (JSON); 6 time to live in ms
-- Answer: "" go on | "cancel" stop, it is wished | "lost" stop, another attempt counts now.
local known = redis.call("HMGET", KEYS[1], "state", "claim", "cancel")
if known[1] and (known[1] ~= "running" or known[2] ~= ARGV[3]) then
  return "lost"
end
local position = redis.call("XADD", KEYS[2], "*", "n", "job.progressed", "s", ARGV[1], "t", ARGV[2], "d", ARGV[5])
redis.call("HSET", KEYS[1], "progress", ARGV[4], "position", position)
redis.call("PEXPIRE", KEYS[1], ARGV[6])
return known[3] and "cancel" or ""
