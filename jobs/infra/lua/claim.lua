-- with gates
-- A worker takes a job's message: may it run?
-- KEYS  1 hot state; 2 journal
-- ARGV  1 id; 2 tenant; 3 turn; 4 attempt; 5 "1" when the message was delivered before; 6 worker; 7 now in ms; 8 time to live in ms; 9 rescues allowed;
--       10 version of the rules; 11 gates (one a line; "" = none); with gates: 12 what is put back behind one (ready list, line feed, next turn's message); 13 priority
-- Answer: {"stale"}: the rules are others now, nothing was done | {"go", claim, 1 when it was rescued now, else 0} | {"lost", claim, the same}: rescued too often, report it dead | {"drop", why} | {"repair", turn, attempt, due in ms}: the turn ended but its successor's message may be missing.
local hot, journal = KEYS[1], KEYS[2]
local id, tenant, turn, attempt, redelivered, worker, now, ttl, allowed, version, names = unpack(ARGV, 1, 11)
gates.use(string.sub(journal, 1, -8))
if gates.stale(version) then
  return {"stale"}
end
local known = redis.call("HMGET", hot, "state", "turn", "claim", "cancel", "attempt", "due", "rescues", "gates")
local state, known_turn = known[1], tonumber(known[2] or "0")
if state == "succeeded" or state == "dead" or state == "cancelled" then
  return {"drop", state}
end
if tonumber(turn) < known_turn then
  if (state == "retrying" or state == "waiting") and redelivered == "1" then
    return {"repair", known[2], known[5], known[6] or "0"}
  end
  return {"drop", "superseded"}
end
local rescued = false
if state == "running" and tonumber(turn) == known_turn then
  -- A message comes again only when whoever held it is gone; any other copy is a duplicate.
  if redelivered ~= "1" then
    return {"drop", "running"}
  end
  rescued = true
end
if known[4] then
  local position = redis.call("XADD", journal, "*", "n", "job.cancelled", "s", id, "t", tenant,
    "d", '{"turn":' .. turn .. ',"at":' .. now .. "}")
  redis.call("HSET", hot, "state", "cancelled", "position", position)
  redis.call("PEXPIRE", hot, ttl)
  if known[8] then
    gates.forget(id, known[8])
  end
  return {"drop", "cancelled"}
end
local rescues = tonumber(known[7] or "0")
if rescued then
  rescues = rescues + 1
  redis.call("XADD", journal, "*", "n", "job.rescued", "s", id, "t", tenant,
    "d", '{"turn":' .. turn .. ',"attempt":' .. attempt .. ',"rescues":' .. rescues .. ',"at":' .. now .. "}")
end
if names ~= "" or known[8] then
  local gate, opens = gates.pass(id, names, rescued)
  redis.call("HSET", hot, "gates", names, "rescues", rescues)
  if gate then
    gates.put_back({ id = id, tenant = tenant, turn = turn, attempt = attempt, gates = names, held = ARGV[12], priority = tonumber(ARGV[13]) },
      gate, opens)
    redis.call("PEXPIRE", hot, ttl)
    return {"drop", "held"}
  end
end
local claim = turn .. "." .. rescues
local position = redis.call("XADD", journal, "*", "n", "job.started", "s", id, "t", tenant,
  "d", '{"turn":' .. turn .. ',"attempt":' .. attempt .. ',"worker":' .. cjson.encode(worker) .. ',"at":' .. now .. "}")
redis.call("HSET", hot, "state", "running", "turn", turn, "attempt", attempt, "claim", claim, "worker", worker,
  "tenant", tenant, "rescues", rescues, "started", now, "position", position)
redis.call("PEXPIRE", hot, ttl)
return {rescues > tonumber(allowed) and "lost" or "go", claim, rescued and 1 or 0}
