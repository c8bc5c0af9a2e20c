-- with gates
-- A consumer settles what it has done and takes what is next; no message is ever in a socket alone.
-- KEYS  1 consumers (sorted set, score = end of the lease in ms); 2 this consumer's pending messages (hash: number -> ready list, line feed, message);
--       3 deliveries (hash: SHA-1 of a restored message -> how many processes died with it; what has begun since, see renew.lua); 4 delayed set;
--       5 paused queues (hash: list of the queue -> who and why); then Q wake lists; then the ready lists in the order in which they are served
-- ARGV  1 consumer ("" = messages are gone when taken); 2 lease in ms; 3 at most this many messages; 4 number of the first;
--       5 Q; 6 at most this many promoted; then the numbers of pending messages that are done
-- Answer: {ms until the next delayed message is due (-1 = none), then for each message: ready list, message, deliveries ("" = its first)}
local consumers, pending, deliveries, delayed = unpack(KEYS, 1, 4)
local consumer, wanted, number, wakes = ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- A full Redis refuses the first write of a script when it may take memory, and no later one. So the first takes none.
redis.call("HDEL", pending, "0")
local restored_any = redis.call("HLEN", deliveries) > 0
for at = 7, restored_any and #ARGV or 0 do
  local kept = redis.call("HGET", pending, ARGV[at])
  if kept then
    redis.call("HDEL", deliveries, redis.sha1hex(string.match(kept, "^[^\n]*\n(.*)$")), pending .. ":" .. ARGV[at])
  end
end
if #ARGV > 6 then
  redis.call("HDEL", pending, unpack(ARGV, 7))
end
if consumer ~= "" then
  redis.call("ZADD", consumers, now + ARGV[2], consumer)
end

local root = string.sub(delayed, 1, -8)
gates.use(root)
for _, member in ipairs(redis.call("ZRANGEBYSCORE", delayed, "-inf", now, "LIMIT", 0, ARGV[6])) do
  local list, message = string.match(member, "^([^\n]*)\n(.*)$")
  if list == root .. gates.WAKE then
    redis.call("ZREM", delayed, member)
    gates.due(message)
  else
    local wake = (string.match(list, "^(.-)\6\22") or list) .. ":wake"
    redis.call("LPUSH", list, message)
    redis.call("LPUSH", wake, 1)
    redis.call("LTRIM", wake, 0, 63)
    redis.call("ZREM", delayed, member)
  end
end
local upcoming = redis.call("ZRANGE", delayed, 0, 0, "WITHSCORES")[2]

local answer = { upcoming and math.max(0, math.ceil(upcoming - now)) or -1 }
local held = {}
for _, list in ipairs(redis.call("HKEYS", KEYS[5])) do
  held[list] = true
end
for at = 6 + wakes, #KEYS do
  if wanted == 0 then
    break
  end
  local paused = held[string.match(KEYS[at], "^(.-)\6\22") or KEYS[at]]
  local taken = {}
  for _, message in ipairs(not paused and redis.call("RPOP", KEYS[at], wanted) or {}) do
    local times = restored_any and redis.call("HGET", deliveries, redis.sha1hex(message)) or ""
    taken[#taken + 1], taken[#taken + 2] = number, KEYS[at] .. "\n" .. message
    number, wanted = number + 1, wanted - 1
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = KEYS[at], message, times
  end
  if consumer ~= "" and #taken > 0 then
    redis.call("HSET", pending, unpack(taken))
  end
end
-- Every list was empty or is paused, so every token is stale.
if #answer == 1 and wanted > 0 then
  redis.call("DEL", unpack(KEYS, 6, 5 + wakes))
end
return answer
