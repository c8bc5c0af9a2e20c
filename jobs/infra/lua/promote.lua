-- Messages that have become due go to their ready lists, the earliest first.
-- KEYS  1 delayed set (members: the ready list, a line feed, the message)
-- ARGV  1 now in ms; 2 at most this many
-- Answer: how many were moved.
local due = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", ARGV[1], "LIMIT", 0, ARGV[2])
for _, member in ipairs(due) do
  local list, message = string.match(member, "^([^\n]*)\n(.*)$")
  local wake = (string.match(list, "^(.-)\6\22") or list) .. ":wake"
  redis.call("LPUSH", list, message)
  redis.call("LPUSH", wake, 1)
  redis.call("LTRIM", wake, 0, 63)
  redis.call("ZREM", KEYS[1], member)
end
return #due
