-- Messages that have become due go to their ready lists, the earliest first.
-- KEYS  1 delayed set (members: the ready list, a line feed, the message)
-- ARGV  1 now in ms; 2 at most this many
-- Answer: how many were moved.
local due = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", ARGV[1], "LIMIT", 0, ARGV[2])
for _, member in ipairs(due) do
  local line = string.find(member, "\n", 1, true)
  redis.call("LPUSH", string.sub(member, 1, line - 1), string.sub(member, line + 1))
  redis.call("ZREM", KEYS[1], member)
end
return #due
