-- with gates
-- A worker says how an attempt ended; the only way out of a running job. Fenced: a lost attempt changes nothing.
-- KEYS  1 hot state; 2 journal; 3 dead-letter list
-- ARGV  1 id; 2 tenant; 3 claim ("turn.rescues"; "turn.*" from the process that owns the worker child); 4 event name; 5 new state; 6 event data (JSON); 7 time to live in ms;
--       8 next turn ("" = none); 9 next attempt; 10 due in ms; 11 dead letter (a message; "" = none); 12 trace ("" = none);
--       then pairs of fields for the hot state (result, error, ...)
-- Answer: the entry's position, or "" when the attempt is no longer the one that counts.
local hot, journal = KEYS[1], KEYS[2]
local id, tenant, claim, event, state, data, ttl, next_turn, next_attempt, due, letter, trace = unpack(ARGV, 1, 12)
local known = redis.call("HMGET", hot, "state", "turn", "claim", "gates", "due")
local turn = string.match(claim, "^(%d+)%.")
if known[1] then
  local ended = known[1] == "succeeded" or known[1] == "dead" or known[1] == "cancelled"
  -- Without a claim (Redis forgot, and the job was published anew) the outcome of the same turn still counts.
  local ours = known[2] == turn and (known[1] ~= "running" or known[3] == claim or string.sub(claim, -1) == "*")
  if ended or not ours then
    return ""
  end
end
local entry = { "n", event, "s", id, "t", tenant, "d", data }
if trace ~= "" then
  entry[9], entry[10] = "c", trace
end
local position = redis.call("XADD", journal, "*", unpack(entry))
if next_turn ~= "" then
  redis.call("HSET", hot, "attempt", next_attempt, "due", due)
  turn = next_turn
elseif known[5] then
  -- A turn that was moved forward has left its message behind: what is known of the end outlives it, or it would run again.
  ttl = math.max(ttl, known[5] - redis.call("TIME")[1] * 1000 + ttl)
end
redis.call("HSET", hot, "state", state, "turn", turn, "tenant", tenant, "position", position, unpack(ARGV, 13))
redis.call("PEXPIRE", hot, ttl)
if letter ~= "" then
  redis.call("LPUSH", KEYS[3], letter)
end
if known[4] then
  gates.use(string.sub(journal, 1, -8))
  gates.leave(id, known[4], next_turn == "", state == "succeeded")
end
return position
