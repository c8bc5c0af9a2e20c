-- with gates
-- Put the messages of jobs on the broker: N jobs, one round trip, each at most once per turn.
-- KEYS  1 journal; 2 delayed set; then for each job: its hot state, its ready list
-- ARGV  1 how many jobs; 2 time to live of a hot state in ms; 3 "force" publishes also what seems published; 4 version of the rules;
--       then for each job: id, tenant, turn, attempt, due in ms ("" = now), message, event data (JSON), gates (one a line; "" = none), priority
-- Answer: how many were published, the others had ended, or their message of this turn is out already; -1 when the rules are others now.
local journal, delayed, jobs, ttl, force = KEYS[1], KEYS[2], tonumber(ARGV[1]), ARGV[2], ARGV[3] == "force"
gates.use(string.sub(journal, 1, -8))
if gates.stale(ARGV[4]) then
  return -1
end
local published = 0
for n = 0, jobs - 1 do
  local hot, target = KEYS[3 + n * 2], KEYS[4 + n * 2]
  local id, tenant, turn, attempt, due, message, data, names, priority = unpack(ARGV, 5 + n * 9, 13 + n * 9)
  local known = redis.call("HMGET", hot, "state", "turn", "gate")
  local state, known_turn = known[1], tonumber(known[2] or "0")
  local ended = state == "succeeded" or state == "dead" or state == "cancelled"
  local awaited = state == "retrying" or state == "waiting"
  local out = state and (not awaited or known[3]) and known_turn >= tonumber(turn)
  if not ended and known_turn <= tonumber(turn) and (force or not out) then
    if names ~= "" then
      gates.admit({ id = id, tenant = tenant, turn = turn, attempt = attempt, due = tonumber(due) or 0, gates = names,
        held = target .. "\n" .. message, priority = tonumber(priority) }, not awaited)
    else
      local event = "job.queued"
      if due == "" then
        redis.call("LPUSH", target, message)
      else
        redis.call("ZADD", delayed, due, target .. "\n" .. message)
        event = "job.scheduled"
      end
      -- A consumer that sleeps looks again after 250 ms at the latest: what is due before wakes it as well.
      if due == "" or tonumber(due) < redis.call("TIME")[1] * 1000 + 1250 then
        local wake = (string.match(target, "^(.-)\6\22") or target) .. ":wake"
        redis.call("LPUSH", wake, 1)
        redis.call("LTRIM", wake, 0, 63)
      end
      -- A retry or a snooze is on its way already and stays named so until it runs.
      if not awaited then
        local position = redis.call("XADD", journal, "*", "n", event, "s", id, "t", tenant, "d", data)
        redis.call("HSET", hot, "state", due == "" and "queued" or "scheduled", "turn", turn, "attempt", attempt,
          "tenant", tenant, "position", position)
      end
    end
    redis.call("PEXPIRE", hot, ttl)
    published = published + 1
  end
end
return published
