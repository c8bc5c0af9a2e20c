-- A message whose time has not come was in a ready list: another client wrote it. It waits in Redis, not in a worker's memory.
-- KEYS  1 this consumer's pending messages; 2 delayed set
-- ARGV  1 number of the message; 2 when it is due, in ms since 1970
-- Answer: 1, or 0 when it is due by the server's clock, which promotes it.
local time = redis.call("TIME")
if tonumber(ARGV[2]) <= time[1] * 1000 + math.floor(time[2] / 1000) then
  return 0
end
-- A full Redis refuses the first write of a script when it may take memory, and no later one. So the first takes none.
redis.call("HDEL", KEYS[1], "0")
local kept = redis.call("HGET", KEYS[1], ARGV[1])
if kept then
  redis.call("ZADD", KEYS[2], ARGV[2], kept)
  redis.call("HDEL", KEYS[1], ARGV[1])
end
return 1
