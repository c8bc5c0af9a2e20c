-- with gates
-- What callers and operators say to a breaker.
-- KEYS  1 journal
-- ARGV  1 gate; 2 word; then for "call" and "ok" and "fail": whose call, and the numbers of the breaker, if the scripts do not know any; for "open": how long in ms ("0" = until somebody closes it), who, why; for "close": who
-- Answer: of "call": "" go on, or when it may open in ms (0: nobody knows); of "ok" and "fail": "closed", "opened" by this failure, or "open"; else "".
gates.use(string.sub(KEYS[1], 1, -8))
local gate, word = ARGV[1], ARGV[2]
if word == "call" or word == "ok" or word == "fail" then
  redis.call("HSETNX", string.sub(KEYS[1], 1, -8) .. "gates", gate, ARGV[4])
end
if word == "call" then
  local opens = gates.call(gate, ARGV[3])
  return opens and tostring(opens) or ""
end
if word == "ok" or word == "fail" then
  return gates.heard(gate, ARGV[3], word == "ok")
end
if word == "open" then
  local lasting = tonumber(ARGV[3])
  gates.open(gate, lasting > 0 and gates.now() + lasting or 0, ARGV[4], ARGV[5])
else
  gates.close(gate, ARGV[3])
end
return ""
