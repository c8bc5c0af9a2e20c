-- Append events to the journal, each at most once.
-- KEYS  1 journal
-- ARGV  1 how many; 2 for how long an event is known as sent, in ms; then for each: key of its mark, name, subject, tenant, data (JSON), trace ("" = none)
-- Answer: how many were appended; the others had been.
local appended = 0
for n = 0, tonumber(ARGV[1]) - 1 do
  local mark, name, subject, tenant, data, trace = unpack(ARGV, 3 + n * 6, 8 + n * 6)
  if redis.call("SET", mark, "1", "NX", "PX", ARGV[2]) then
    local entry = { "n", name, "s", subject, "t", tenant, "d", data }
    if trace ~= "" then
      entry[9], entry[10] = "c", trace
    end
    redis.call("XADD", KEYS[1], "*", unpack(entry))
    appended = appended + 1
  end
end
return appended
