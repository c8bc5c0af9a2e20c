-- with gates
-- Messages that have become due by the server's clock, as for a fetch, go to their ready lists, the earliest first.
-- KEYS  1 delayed set (members: the ready list, a line feed, the message; or a marker of jobs.infra.lua.gates)
-- ARGV  1 at most this many
-- Answer: how many were moved.
local wakes = string.sub(KEYS[1], 1, -8)
gates.use(wakes)
local due = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", gates.now(), "LIMIT", 0, ARGV[1])
for _, member in ipairs(due) do
  local list, message = string.match(member, "^([^\n]*)\n(.*)$")
  redis.call("ZREM", KEYS[1], member)
  if list == wakes .. gates.WAKE then
    gates.due(message)
  else
    local wake = (string.match(list, "^(.-)\6\22") or list) .. ":wake"
    redis.call("LPUSH", list, message)
    redis.call("LPUSH", wake, 1)
    redis.call("LTRIM", wake, 0, 63)
  end
end
return #due
