-- with gates
-- A job that has not started gets a message of its own turn anew: at another place in line, or now instead of later.
-- The old message is worth nothing from then on: whoever claims it is told that it is superseded.
-- KEYS  1 hot state; 2 journal; 3 target (a ready list or the delayed set)
-- ARGV  1 id; 2 tenant; 3 turn that is expected; 4 attempt; 5 due in ms ("" = now); 6 message of the next turn; 7 event data (JSON); 8 time to live in ms; 9 priority
-- Answer: 1 moved | 0 it runs, has ended, or has another turn by now.
local hot, journal, target = KEYS[1], KEYS[2], KEYS[3]
local id, tenant, expected, attempt, due, message, data, ttl, priority = unpack(ARGV)
local known = redis.call("HMGET", hot, "state", "turn", "gates", "line")
local state = known[1]
if state == "running" or state == "succeeded" or state == "dead" or state == "cancelled" then
  return 0
end
if state and known[2] ~= expected then
  return 0
end
local turn = tonumber(expected) + 1
if known[3] then
  gates.use(string.sub(journal, 1, -8))
  gates.move({ id = id, tenant = tenant, turn = tostring(turn), attempt = attempt, due = tonumber(due) or 0, gates = known[3],
    held = due == "" and target .. "\n" .. message or message, priority = tonumber(priority) })
  redis.call("PEXPIRE", hot, ttl)
  return 1
end
if due == "" then
  local wake = (string.match(target, "^(.-)\6\22") or target) .. ":wake"
  redis.call("LPUSH", target, message)
  redis.call("LPUSH", wake, 1)
  redis.call("LTRIM", wake, 0, 63)
else
  redis.call("ZADD", target, due, message)
end
if due == "" or not (state == "retrying" or state == "waiting") then
  local name = due == "" and "job.queued" or "job.scheduled"
  state = due == "" and "queued" or "scheduled"
  local position = redis.call("XADD", journal, "*", "n", name, "s", id, "t", tenant, "d", data)
  redis.call("HSET", hot, "position", position)
end
redis.call("HSET", hot, "state", state, "turn", turn, "attempt", attempt, "tenant", tenant)
redis.call("PEXPIRE", hot, ttl)
return 1
