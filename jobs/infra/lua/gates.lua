-- Gates, for the scripts that begin with `-- with gates`: a job is in one line, or on its way with a place in each of its gates.
-- Keys, behind the prefix <p>conveyor: ("gates.use" is told it):
--   gates                rule -> its numbers (JSON; jobs.core.gates.Rule)                                   hash
--   gates:version        changes with the rules; a caller that has read other rules is told so             string
--   gates:lines          gates before which jobs wait       gates:held   gates in which jobs have a place   sets
--   gate:<gate>          state: tokens, at (rate); state, until, canary, ok, failed, since (breaker); job, first (debounce)   hash
--   gate:<gate>:held     id -> since when it has a place, in ms                                             sorted set
--   gate:<gate>:line     id -> its turn to go: priority, then time                                          sorted set
-- In a job's hot state: gates (names, one a line), held (ready list, line feed, message: not on the broker now), gate (in whose line).
local gates = {}
local prefix, clock = "", nil
-- A marker in the delayed set that has become due: what follows is a gate to open, or "job:" and an id.
gates.WAKE = "gates:wake"

function gates.use(text)
  prefix = text
end

function gates.now()
  if not clock then
    local time = redis.call("TIME")
    clock = time[1] * 1000 + math.floor(time[2] / 1000)
  end
  return clock
end

function gates.stale(version)
  return (redis.call("GET", prefix .. "gates:version") or "") ~= version
end

-- The rest is made when it is first asked for (see __init__.py).

local rules = {}
local DAY = 86400000

local function rule_of(gate)
  local name = string.match(gate, "^[^|]*")
  if string.sub(name, 1, 8) == "unknown/" then
    return { kind = "unknown" }
  end
  if rules[name] == nil then
    local text = redis.call("HGET", prefix .. "gates", name)
    rules[name] = text and cjson.decode(text) or false
  end
  return rules[name]
end

local function key(gate, part)
  return prefix .. "gate:" .. gate .. (part or "")
end

local function hot_of(id)
  return prefix .. "job:" .. id
end

local function each(names)
  return string.gmatch(names, "[^\n]+")
end

local function journal(event, id, tenant, fields)
  fields.at = gates.now()
  return redis.call("XADD", prefix .. "journal", "*", "n", event, "s", id, "t", tenant, "d", cjson.encode(fields))
end

local function wake_at(when, what)
  redis.call("ZADD", prefix .. "delayed", "LT", when, prefix .. gates.WAKE .. "\n" .. what)
end

local function has_place(gate, id)
  return redis.call("ZSCORE", key(gate, ":held"), id)
end

-- How many tokens a bucket has now.
local function tokens(gate, rule)
  local kept = redis.call("HMGET", key(gate), "tokens", "at")
  if not kept[1] then
    return rule.burst
  end
  return math.min(rule.burst, kept[1] + (gates.now() - kept[2]) * rule.n / rule.per)
end

local function spend(gate, rule)
  local left = tokens(gate, rule) - 1
  redis.call("HSET", key(gate), "tokens", string.format("%.9f", left), "at", gates.now())
  redis.call("PEXPIRE", key(gate), math.ceil(rule.per * (rule.burst + 1) / rule.n) + DAY)
end

-- Is the gate shut for this job? nil, or when it may open in ms (0: nobody knows), by kind of rule.
local shut = {}

function shut.open()
  return nil
end
shut.debounce = shut.open

function shut.pause()
  return 0
end

function shut.slots(gate, rule, id)
  if redis.call("ZCARD", key(gate, ":held")) < rule.n or has_place(gate, id) then
    return nil
  end
  return 0
end

function shut.rate(gate, rule, id)
  local free = tokens(gate, rule) - redis.call("ZCARD", key(gate, ":held"))
  if free >= 1 or has_place(gate, id) then
    return nil
  end
  return gates.now() + math.max(1, math.ceil((1 - free) * rule.per / rule.n))
end

-- A type is known while a worker that is there has said so lately.
function shut.unknown(gate)
  local said = redis.call("ZSCORE", prefix .. "types", string.sub(gate, 9))
  return (not said or gates.now() - said > 15000) and 0 or nil
end

-- A canary is a job, or a call with its deadline: "call:<ms>:<who>".
local function is_underway(canary)
  local deadline = string.match(canary, "^call:(%d+):")
  if deadline then
    return gates.now() < tonumber(deadline)
  end
  local state = redis.call("HGET", hot_of(canary), "state")
  return state == "queued" or state == "running"
end

-- A breaker that is open becomes half open when its time is over, for one job at a time: the canary.
function shut.breaker(gate, rule, id)
  local known = redis.call("HMGET", key(gate), "state", "until", "canary")
  if not known[1] or known[1] == "closed" or known[3] == id then
    return nil
  end
  if known[1] == "open" then
    local opens = tonumber(known[2] or "0")
    return (opens == 0 or gates.now() < opens) and opens or nil
  end
  return known[3] and is_underway(known[3]) and 0 or nil
end

local function shut_for(gate, id)
  local rule = rule_of(gate)
  return rule and shut[rule.kind](gate, rule, id)
end

-- A rate that counts who comes, not who starts, has been asked when the job came.
local function first_shut(id, names)
  for gate in each(names) do
    local rule = rule_of(gate)
    local opens = rule and not (rule.entry and rule.kind == "rate") and shut[rule.kind](gate, rule, id)
    if opens then
      return gate, opens
    end
  end
end

local function take(id, names)
  for gate in each(names) do
    local rule = rule_of(gate)
    if rule and rule.kind == "breaker" then
      if (redis.call("HGET", key(gate), "state") or "closed") ~= "closed" then
        redis.call("HSET", key(gate), "state", "half_open", "canary", id)
      end
    elseif rule and (rule.kind == "slots" or rule.kind == "rate" and not rule.entry) then
      redis.call("ZADD", key(gate, ":held"), "NX", gates.now(), id)
      redis.call("SADD", prefix .. "gates:held", gate)
    end
  end
end

local function leave_line(id, gate)
  redis.call("ZREM", key(gate, ":line"), id)
end

-- The job waits before this gate, in its order: by priority, then by when it first came.
local function stand(id, gate, opens, tenant, fields)
  local hot = hot_of(id)
  redis.call("ZADD", key(gate, ":line"), redis.call("HGET", hot, "line"), id)
  redis.call("SADD", prefix .. "gates:lines", gate)
  redis.call("HSET", hot, "gate", gate)
  if opens > 0 then
    wake_at(opens, gate)
  end
  if fields then
    fields.gate = gate
    redis.call("HSET", hot, "state", "waiting", "position", journal("job.held", id, tenant, fields))
  end
end

-- Its message goes to the ready list, with a place in each gate.
local function send(id, known)
  local target, message = string.match(known.held, "^([^\n]*)\n(.*)$")
  local wake = (string.match(target, "^(.-)\6\22") or target) .. ":wake"
  take(id, known.gates)
  redis.call("LPUSH", target, message)
  redis.call("LPUSH", wake, 1)
  redis.call("LTRIM", wake, 0, 63)
  local position = journal("job.queued", id, known.tenant, { turn = tonumber(known.turn), attempt = tonumber(known.attempt) })
  redis.call("HSET", hot_of(id), "state", "queued", "position", position)
  redis.call("HDEL", hot_of(id), "held", "gate", "wake")
end

local NAMES = { "state", "turn", "attempt", "tenant", "gates", "held", "gate", "wake" }
local function read(id)
  local values, known = redis.call("HMGET", hot_of(id), unpack(NAMES)), {}
  for at, name in ipairs(NAMES) do
    known[name] = values[at] or nil
  end
  return known
end

-- Set below: cancels the jobs of a line, or those in a gate that have not started, for a newer one.
local supersede

-- The gate may have opened: let those who wait before it go on, in their order, at most so many; the rest with the next fetch.
function gates.release(gate, most)
  local line = key(gate, ":line")
  for _ = 1, most do
    local id = redis.call("ZRANGE", line, 0, 0)[1]
    if not id then
      redis.call("SREM", prefix .. "gates:lines", gate)
      return
    end
    local known = read(id)
    if known.gate ~= gate or not known.held then
      redis.call("ZREM", line, id)
    else
      local opens = shut_for(gate, id)
      if opens then
        if opens > 0 then
          wake_at(opens, gate)
        end
        return
      end
      local other, when = first_shut(id, known.gates)
      redis.call("ZREM", line, id)
      if other then
        if rule_of(other).full == "keep_last" then
          supersede(other, ":line", id)
        end
        stand(id, other, when, known.tenant)
      else
        send(id, known)
      end
    end
  end
  if redis.call("EXISTS", line) == 1 then
    wake_at(gates.now(), gate)
  end
end

-- A marker in the delayed set has become due.
function gates.due(what)
  local id = string.match(what, "^job:(.*)$")
  if not id then
    return gates.release(what, 50)
  end
  local known = read(id)
  if not known.held or known.gate or not known.wake then
    return
  end
  if tonumber(known.wake) > gates.now() + 1 then
    return wake_at(known.wake, what)
  end
  local gate, opens = first_shut(id, known.gates)
  if gate then
    stand(id, gate, opens, known.tenant, { turn = tonumber(known.turn), attempt = tonumber(known.attempt) })
  else
    send(id, known)
  end
end

-- A dependency has answered, or has not. `id`: for whom. Answers "closed", "opened" by this failure, or "open" (it was, or the canary failed).
function gates.heard(gate, id, good)
  local rule = rule_of(gate)
  local known = redis.call("HMGET", key(gate), "state", "canary", "since")
  if known[1] and known[1] ~= "closed" then
    if known[2] ~= id then
      return "open"
    end
    if good then
      redis.call("DEL", key(gate))
      journal("breaker.closed", gate, "default", { by = "canary " .. id })
      gates.release(gate, 50)
      return "closed"
    end
    redis.call("HDEL", key(gate), "canary")
    redis.call("HSET", key(gate), "state", "open", "until", gates.now() + rule.rest)
    wake_at(gates.now() + rule.rest, gate)
    return "open"
  end
  if not rule then
    return "closed"
  end
  if not known[3] or gates.now() - known[3] > rule.per then
    redis.call("HSET", key(gate), "state", "closed", "since", gates.now(), "ok", 0, "failed", 0)
    redis.call("PEXPIRE", key(gate), rule.per + DAY)
  end
  local count = redis.call("HINCRBY", key(gate), good and "ok" or "failed", 1)
  local answered = tonumber(redis.call("HGET", key(gate), "ok"))
  if good or count < rule.n or count < rule.ratio * (count + answered) then
    return "closed"
  end
  gates.open(gate, gates.now() + rule.rest, "failures", count .. " of " .. count + answered .. " calls failed")
  return "opened"
end

-- `opens`: when it is half open, in ms; 0: when somebody closes it.
function gates.open(gate, opens, by, why)
  redis.call("DEL", key(gate))
  redis.call("HSET", key(gate), "state", "open", "until", opens, "by", by, "why", why, "at", gates.now())
  journal("breaker.opened", gate, "default", { by = by, why = why })
  if opens > 0 then
    wake_at(opens, gate)
  end
end

function gates.close(gate, by)
  redis.call("DEL", key(gate))
  journal("breaker.closed", gate, "default", { by = by })
  gates.release(gate, 50)
end

-- May somebody who is no job call the dependency now? Answers nil, or when it may open.
function gates.call(gate, id)
  local opens = shut_for(gate, id)
  if not opens then
    take(id, gate)
  end
  return opens
end

-- The job gives its places back. `ended`: it will not run again; else what it keeps to its end stays. `good`: it has succeeded.
function gates.leave(id, names, ended, good)
  for gate in each(names) do
    local rule, freed = rule_of(gate), false
    if rule and rule.kind == "breaker" then
      if good then
        gates.heard(gate, id, true)
      elseif redis.call("HGET", key(gate), "canary") == id then
        redis.call("HDEL", key(gate), "canary")
        freed = true
      end
    elseif ended or not rule or not rule.entry then
      freed = redis.call("ZREM", key(gate, ":held"), id) == 1
    end
    if freed then
      gates.release(gate, 20)
    end
  end
end

-- The job is cancelled where it stands, before it has run; `error` says why.
local function dismiss(id, known, error)
  local position = journal("job.cancelled", id, known.tenant, { turn = tonumber(known.turn), error = error })
  redis.call("HSET", hot_of(id), "state", "cancelled", "turn", known.turn, "tenant", known.tenant, "position", position,
    "error", cjson.encode(error))
  redis.call("PEXPIRE", hot_of(id), 3600000)
  gates.forget(id, known.gates, known.gate)
end

-- The job has ended where it stood: out of its line and of its gates.
function gates.forget(id, names, gate)
  if gate then
    leave_line(id, gate)
  end
  redis.call("HDEL", hot_of(id), "held", "gate", "wake")
  gates.leave(id, names or "", true)
end

local function superseded(by, gate)
  return { type = "Superseded", message = "The newer job " .. by .. " takes its place: " .. gate .. ".", gate = gate, by = by }
end

function supersede(gate, part, by)
  for _, id in ipairs(redis.call("ZRANGE", key(gate, part), 0, -1)) do
    local known = read(id)
    if id ~= by and known.state and known.state ~= "running" then
      dismiss(id, known, superseded(by, gate))
    end
  end
end

local function stop_running(gate, but)
  for _, id in ipairs(redis.call("ZRANGE", key(gate, ":held"), 0, -1)) do
    local known = read(id)
    if id ~= but and known.state == "running" and not redis.call("HGET", hot_of(id), "cancel") then
      local position = journal("job.cancel_requested", id, known.tenant, { turn = tonumber(known.turn) })
      redis.call("HSET", hot_of(id), "cancel", gates.now(), "position", position)
    end
  end
end

-- A new job has come to a full limit. Answers whether it may still wait.
local function insist(id, gate, known)
  local full = (rule_of(gate) or {}).full or "wait"
  if full == "drop" then
    dismiss(id, known, { type = "Dropped", message = "Another job has its place: " .. gate .. ".", gate = gate })
    return false
  end
  if full ~= "wait" then
    supersede(gate, ":line", id)
    supersede(gate, ":held", id)
    if full == "cancel_running" then
      stop_running(gate, id)
    end
  end
  return true
end

-- Of those that come one after another only the last counts: when it may start, in ms.
local function debounce(id, gate, rule)
  local now, before = gates.now(), redis.call("HMGET", key(gate), "job", "first")
  local first = now
  if before[1] and before[1] ~= id then
    local known = read(before[1])
    if known.held then
      first = tonumber(before[2])
      dismiss(before[1], known, superseded(id, gate))
    end
  end
  redis.call("HSET", key(gate), "job", id, "first", first)
  redis.call("PEXPIRE", key(gate), rule.most + DAY)
  return math.min(now + rule.quiet, first + rule.most)
end

local function latest(due, id, names)
  for gate in each(names) do
    local rule = rule_of(gate)
    if rule and rule.kind == "debounce" then
      due = math.max(due, debounce(id, gate, rule))
    end
  end
  return due
end

-- A job comes to the gates that count it from now on, wherever it will wait. Answers whether it may stay.
local function enter(job, first)
  for gate in each(job.gates) do
    local rule = rule_of(gate)
    if rule and rule.entry then
      local full = shut[rule.kind](gate, rule, job.id)
      if full and first then
        if not insist(job.id, gate, job) then
          return false
        end
        full = shut[rule.kind](gate, rule, job.id)
      end
      if not full and rule.kind == "rate" then
        spend(gate, rule)
      elseif not full then
        take(job.id, gate)
      end
    end
  end
  return true
end

-- A job with gates is published: to its ready list, to a line, or to wait for its time. `fresh`: it is not on its way already.
-- job: id, tenant, turn, attempt, due (ms, 0 = now), gates, held (ready list, line feed, message), priority
function gates.admit(job, fresh)
  local first = fresh and job.turn == "1"
  local id, hot = job.id, hot_of(job.id)
  local fields = { turn = tonumber(job.turn), attempt = tonumber(job.attempt) }
  local before = redis.call("HMGET", hot, "gate", "line")
  if before[1] then
    leave_line(id, before[1])
    redis.call("HDEL", hot, "gate")
  end
  local line = before[2] or string.format("%.0f", (10 - job.priority) * 4398046511104 + gates.now())
  redis.call("HSET", hot, "turn", job.turn, "attempt", job.attempt, "tenant", job.tenant, "gates", job.gates, "line", line)
  if fresh and not enter(job, first) then
    return
  end
  local due = first and latest(job.due, id, job.gates) or job.due
  if due > 0 then
    redis.call("HSET", hot, "held", job.held, "wake", due)
    wake_at(due, "job:" .. id)
    if fresh then
      fields.due = due
      redis.call("HSET", hot, "state", "scheduled", "position", journal("job.scheduled", id, job.tenant, fields))
    end
    return
  end
  local gate, opens = first_shut(id, job.gates)
  if gate and first then
    if not insist(id, gate, job) then
      return
    end
    gate, opens = first_shut(id, job.gates)
  end
  if gate then
    redis.call("HSET", hot, "held", job.held)
    stand(id, gate, opens, job.tenant, fields)
  else
    send(id, job)
  end
end

-- A job that has not started gets another place in its line, or starts at another time; its next message comes with it.
function gates.move(job)
  redis.call("HDEL", hot_of(job.id), "line", "wake")
  if job.due > 0 then
    gates.leave(job.id, job.gates, false)
  end
  gates.admit(job, job.due > 0)
end

-- A worker is about to start the job. Answers nil, or the gate that stands in its way: shut since, or new.
-- `again`: it had started before, and its worker died.
function gates.pass(id, names, again)
  for gate in each(names) do
    local rule = rule_of(gate)
    local started = again and rule and rule["until"] == "started"
    if rule and not (rule.entry and rule.kind == "rate") and not started then
      local opens = shut[rule.kind](gate, rule, id)
      if opens then
        return gate, opens
      end
    end
  end
  take(id, names)
  for gate in each(names) do
    local rule = rule_of(gate)
    if rule and rule.kind == "rate" and not rule.entry then
      redis.call("ZREM", key(gate, ":held"), id)
      spend(gate, rule)
    elseif rule and rule["until"] == "started" and redis.call("ZREM", key(gate, ":held"), id) == 1 then
      gates.release(gate, 2)
    end
  end
end

-- A job that a worker was about to start goes back behind a gate, with its next message. job: as for `admit`, turn the present one.
function gates.put_back(job, gate, opens)
  local hot, turn = hot_of(job.id), tonumber(job.turn)
  gates.leave(job.id, job.gates, false)
  local line = redis.call("HGET", hot, "line") or string.format("%.0f", (10 - job.priority) * 4398046511104 + gates.now())
  redis.call("HSET", hot, "turn", turn + 1, "attempt", job.attempt, "tenant", job.tenant, "gates", job.gates, "held", job.held, "line", line)
  redis.call("HDEL", hot, "wake")
  stand(job.id, gate, opens, job.tenant, { turn = turn, next_turn = turn + 1, attempt = tonumber(job.attempt) })
end

function gates.look(gate, id)
  local opens, line = shut_for(gate, id), key(gate, ":line")
  local rank = redis.call("ZRANK", line, id)
  return { opens and 1 or 0, string.format("%.0f", opens or 0), redis.call("ZCARD", key(gate, ":held")), redis.call("ZCARD", line),
    rank or -1, redis.call("HGETALL", key(gate)) }
end

-- A worker does not know the type of a job. Another may: then it comes back in a moment.
function gates.park(job, gate)
  local opens = shut_for(gate, job.id)
  if opens then
    gates.put_back(job, gate, opens)
  else
    local turn = tonumber(job.turn)
    job.turn, job.due = tostring(turn + 1), gates.now() + 1000
    gates.admit(job, true)
  end
end

-- Has it a place that it has no right to any more? For sweeping after faults.
function gates.owes(gate, id)
  local rule, state = rule_of(gate), redis.call("HGET", hot_of(id), "state")
  if not rule or not state or state == "succeeded" or state == "dead" or state == "cancelled" then
    return true
  end
  if rule.entry then
    return rule["until"] == "started" and state == "running"
  end
  if rule.kind == "rate" or rule["until"] == "started" then
    return state ~= "queued"
  end
  return state ~= "queued" and state ~= "running"
end
