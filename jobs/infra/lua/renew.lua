-- A consumer says that it lives and what it holds; what it does not hold, and what the dead held, goes back to the front.
-- KEYS  1 consumers; 2 this consumer's pending messages; 3 deliveries; 4 what every consumer's pending hash begins with
-- ARGV  1 consumer; 2 lease in ms; 3 server time of the last renewal in ms (0 = none lately); 4 numbers below this one have been handed out;
--       5 C, how many numbers are given back and counted; then these; then the numbers that it holds
-- Answer: {server time in ms, messages restored}
local consumers, pending, deliveries, prefix = unpack(KEYS)
local consumer, lease, last, below, counted = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local restored = 0
local GIVEN_BACK, FAILED, DIED = 0, 1, 2
-- A full Redis refuses the first write of a script when it may take memory, and no later one. So the first takes none.
redis.call("HDEL", pending, "0")

-- The bytes of the message stay as they were; how many processes died with it is kept beside it. The first death counts for all that
-- the process had; after it only for what it had begun (a mark, "<pending hash>:<number>"), so that nothing dies of its neighbours.
local function restore(hash, number, blame)
  local kept = redis.call("HGET", hash, number)
  if not kept then
    return
  end
  local list, message = string.match(kept, "^([^\n]*)\n(.*)$")
  local wake = (string.match(list, "^(.-)\6\22") or list) .. ":wake"
  local known, begun = redis.sha1hex(message), redis.call("HDEL", deliveries, hash .. ":" .. number) == 1
  local counts = blame == FAILED or blame == DIED and (begun or not redis.call("HGET", deliveries, known))
  redis.call("HINCRBY", deliveries, known, counts and 1 or 0)
  redis.call("PEXPIRE", deliveries, 604800000)
  redis.call("RPUSH", list, message)
  redis.call("HDEL", hash, number)
  redis.call("LPUSH", wake, 1)
  redis.call("LTRIM", wake, 0, 63)
  restored = restored + 1
end

-- The oldest is restored last, so it is the first to be taken again.
local function restore_all(hash, numbers, blame)
  table.sort(numbers, function(a, b) return tonumber(a) > tonumber(b) end)
  for _, number in ipairs(numbers) do
    restore(hash, number, blame)
  end
end

restore_all(pending, { unpack(ARGV, 6, 5 + counted) }, FAILED)
local held = {}
for at = 6 + counted, #ARGV do
  held[ARGV[at]] = true
end
local forgotten = {}
for _, number in ipairs(redis.call("HKEYS", pending)) do
  if not held[number] and tonumber(number) < below then
    forgotten[#forgotten + 1] = number
  end
end
restore_all(pending, forgotten, GIVEN_BACK)
redis.call("ZADD", consumers, now + lease, consumer)
-- A lease that ends later than one that begins now is of a clock that was set back.
for _, ahead in ipairs(redis.call("ZRANGEBYSCORE", consumers, "(" .. now + lease, "+inf")) do
  redis.call("ZADD", consumers, now + lease, ahead)
end

-- After a pause of Redis or of this process, or a jump of the server's clock, by which leases run, the others get time to renew first.
if last > 0 and now - last < lease / 2 then
  for _, dead in ipairs(redis.call("ZRANGEBYSCORE", consumers, "-inf", now)) do
    restore_all(prefix .. dead, redis.call("HKEYS", prefix .. dead), DIED)
    redis.call("ZREM", consumers, dead)
  end
end
return { now, restored }
