-- Append events to the journal, each at most once.
-- KEYS  1 journal
-- ARGV  1 how many; 2 for how long an event is known as sent, in ms; then for each: key of its mark, name, subject, tenant, data (JSON), trace ("" = none)
-- Answer: the place of each, of those that had been appended before as well.
local places = {}
for n = 1, tonumber(ARGV[1]) do
  local mark, name, subject, tenant, data, trace = unpack(ARGV, n * 6 - 3, n * 6 + 2)
  local place = redis.call("GET", mark)
  if not place then
    local entry = { "n", name, "s", subject, "t", tenant, "d", data }
    if trace ~= "" then
      entry[9], entry[10] = "c", trace
    end
    place = redis.call("XADD", KEYS[1], "*", unpack(entry))
    redis.call("SET", mark, place, "PX", ARGV[2])
  end
  places[n] = place
end
return places
