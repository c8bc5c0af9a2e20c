-- with gates
-- Somebody wants a job to stop. What does not run is cancelled at once; what runs is told.
-- KEYS  1 hot state; 2 journal
-- ARGV  1 id; 2 tenant; 3 turn that the row knows; 4 now in ms; 5 time to live in ms; 6 "waiting" leaves one that runs alone
-- Answer: "cancelled" | "requested" | "running": it was left alone | the state in which it had ended already.
local known = redis.call("HMGET", KEYS[1], "state", "turn", "cancel", "gates", "gate")
local state, turn = known[1], known[2] or ARGV[3]
if state == "succeeded" or state == "dead" or state == "cancelled" then
  return state
end
local event, answer = "job.cancelled", "cancelled"
if state == "running" and ARGV[6] == "waiting" then
  return state
end
if state == "running" then
  event, answer = "job.cancel_requested", "requested"
end
if answer == "requested" and known[3] then
  return answer
end
local position = redis.call("XADD", KEYS[2], "*", "n", event, "s", ARGV[1], "t", ARGV[2],
  "d", '{"turn":' .. turn .. ',"at":' .. ARGV[4] .. "}")
redis.call("HSET", KEYS[1], "turn", turn, "cancel", ARGV[4], "tenant", ARGV[2], "position", position)
if answer == "cancelled" then
  redis.call("HSET", KEYS[1], "state", "cancelled")
end
redis.call("PEXPIRE", KEYS[1], ARGV[5])
if answer == "cancelled" and known[4] then
  gates.use(string.sub(KEYS[2], 1, -8))
  gates.forget(ARGV[1], known[4], known[5] or nil)
end
return answer
