-- Put the messages of jobs on the broker: N jobs, one round trip, each at most once per turn.
-- KEYS  1 journal; then for each job: its hot state, its target (a ready list or the delayed set)
-- ARGV  1 how many jobs; 2 time to live of a hot state in ms; 3 "force" publishes also what seems published;
--       then for each job: id, tenant, turn, attempt, due in ms ("" = now), message, event data (JSON)
-- Answer: how many were published; the others had ended, or their message of this turn is out already.
local journal, jobs, ttl, force = KEYS[1], tonumber(ARGV[1]), ARGV[2], ARGV[3] == "force"
local published = 0
for n = 0, jobs - 1 do
  local hot, target = KEYS[2 + n * 2], KEYS[3 + n * 2]
  local id, tenant, turn, attempt, due, message, data = unpack(ARGV, 4 + n * 7, 10 + n * 7)
  local known = redis.call("HMGET", hot, "state", "turn")
  local state, known_turn = known[1], tonumber(known[2] or "0")
  local ended = state == "succeeded" or state == "dead" or state == "cancelled"
  local awaited = state == "retrying" or state == "waiting"
  local out = state and not awaited and known_turn >= tonumber(turn)
  if not ended and known_turn <= tonumber(turn) and (force or not out) then
    local event = "job.queued"
    if due == "" then
      local wake = (string.match(target, "^(.-)\6\22") or target) .. ":wake"
      redis.call("LPUSH", target, message)
      redis.call("LPUSH", wake, 1)
      redis.call("LTRIM", wake, 0, 63)
    else
      redis.call("ZADD", target, due, message)
      event = "job.scheduled"
    end
    -- A retry or a snooze is on its way already and stays named so until it runs.
    if not awaited then
      local position = redis.call("XADD", journal, "*", "n", event, "s", id, "t", tenant, "d", data)
      redis.call("HSET", hot, "state", due == "" and "queued" or "scheduled", "turn", turn, "attempt", attempt,
        "tenant", tenant, "position", position)
    end
    redis.call("PEXPIRE", hot, ttl)
    published = published + 1
  end
end
return published
