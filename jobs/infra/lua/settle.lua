-- A consumer is done with messages; one of them may become a dead letter in the same step.
-- KEYS  1 this consumer's pending messages; 2 deliveries; 3 dead-letter list; 4 its wake list
-- ARGV  1 dead letter (a message; "" = none); then the numbers of the messages that are done
-- Answer: how many were still pending.
local restored_any = redis.call("HLEN", KEYS[2]) > 0
for at = 2, restored_any and #ARGV or 0 do
  local kept = redis.call("HGET", KEYS[1], ARGV[at])
  if kept then
    redis.call("HDEL", KEYS[2], redis.sha1hex(string.match(kept, "^[^\n]*\n(.*)$")), KEYS[1] .. ":" .. ARGV[at])
  end
end
local known = #ARGV > 1 and redis.call("HDEL", KEYS[1], unpack(ARGV, 2)) or 0
if ARGV[1] ~= "" and known > 0 then
  redis.call("LPUSH", KEYS[3], ARGV[1])
  redis.call("LPUSH", KEYS[4], 1)
  redis.call("LTRIM", KEYS[4], 0, 63)
end
return known
