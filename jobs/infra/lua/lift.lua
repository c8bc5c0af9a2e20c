-- A journal that Redis has lost begins anew by its clock. Where that is behind, what is written now lies before places that readers have been given,
-- and they would never be told of it. The entries get new places, in their order, a margin after the newest place that is known.
-- KEYS  1 journal
-- ARGV  1 milliseconds, 2 sequence of the newest place that is known; 3 margin in ms
-- Answer: how many entries were lifted; what is written next follows them.
local last = redis.call("XREVRANGE", KEYS[1], "+", "-", "COUNT", 1)[1]
if not last then
  return 0
end
local milliseconds, sequence = string.match(last[1], "(%d+)-(%d+)")
local ahead = tonumber(milliseconds) - tonumber(ARGV[1])
if ahead > 0 or (ahead == 0 and tonumber(sequence) >= tonumber(ARGV[2])) then
  return 0
end
local place = string.format("%.0f-", tonumber(ARGV[1]) + tonumber(ARGV[3]))
local entries = redis.call("XRANGE", KEYS[1], "-", "+")
for n, entry in ipairs(entries) do
  redis.call("XADD", KEYS[1], place .. n, unpack(entry[2]))
end
redis.call("XTRIM", KEYS[1], "MINID", place .. 0)
return #entries
