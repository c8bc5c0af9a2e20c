"""Who may do what in Redis: the least that each role needs. deploy/redis/users.acl is written from it; needs Redis 7 or Valkey.

The line that matters: only a worker takes from the queues of jobs; a recorder takes dead letters; web, beat and Flower add to
the queues and read. Nobody may flush, list keys, configure, watch or kill others: that is `admin`'s, whom no process uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.core.job_type import QUEUES

DEAD_LETTER = "dead_letter"
# CLIENT itself, for the name that a connection gives itself, and nothing that touches other connections.
OTHERS = ("kill", "list", "pause", "unpause", "unblock", "no-evict", "reply")
CONNECT = ("ping", "hello", "auth", "select", "quit", "client", "multi", "exec", "discard", "time", "info", "acl|whoami", "acl|dryrun")
READ = (
    *("exists", "get", "mget", "llen", "lrange", "hget", "hmget", "hgetall", "hkeys", "hlen", "zcard", "zscore", "zrange"),
    *("zrangebyscore", "xlen", "xrange", "xrevrange", "xread"),
)
SCRIPTS = ("eval", "evalsha", "script|load", "script|exists")
PUBLISH = (*SCRIPTS, "lpush", "ltrim", "zadd", "xadd", "hset", "set", "pexpire", "expire", "sadd", "srem", "smembers", "publish")
ALIVE = ("zrem", "zremrangebyscore")
# A consumer's lease: what the scripts fetch, renew and settle do with pending messages, its own and those of the dead.
LEASE = (*ALIVE, "hdel", "hincrby", "rpush")
TAKE = ("rpop", "brpop", "del")
# What the scripts do with gates: places and lines, the state of a gate, and what the hot state of a job says of them.
GATES = ("zrem", "zrank", "hdel", "hincrby", "hsetnx", "del")
GATE_KEYS = ("conveyor:gate*", "conveyor:job:*")
LISTEN = ("subscribe", "psubscribe", "unsubscribe", "punsubscribe")

JOBS = tuple(f"{queue}*" for queue in QUEUES)
OURS = (*JOBS, f"{DEAD_LETTER}*", "conveyor:*")
BINDINGS = ("_kombu.binding*",)
# Where clients in other languages look for the result of a plain task.
RESULTS = ("celery-task-meta-*",)
REPLIES = ("*.reply.celery.pidbox*",)
# Queues that kombu makes for who listens to broadcasts: a worker for control, Flower for events of workers.
BROADCASTS = ("*@*.celery.pidbox*", "celeryev*")
CONTROL = ("/{db}.celery.pidbox",)
# A pattern in PSUBSCRIBE must be allowed letter by letter.
EVENTS = ("/{db}.celeryev/*", "/{db}.celeryev/worker.*")


@dataclass(frozen=True, slots=True)
class Grant:
    """These commands on these keys, and these channels."""

    commands: tuple[str, ...]
    keys: tuple[str, ...]
    channels: tuple[str, ...] = ()
    read_only: bool = False

    def rules(self, prefix: str, database: int) -> list[str]:
        commands = [f"+{command}" for command in dict.fromkeys(self.commands)]
        if "client" in self.commands:
            commands += [f"-client|{word}" for word in OTHERS]
        keys = [f"{'%R' if self.read_only else ''}~{prefix}{key}" for key in self.keys]
        return [*commands, *keys, *(f"&{prefix}{channel.format(db=database)}" for channel in self.channels)]


ROLES: Mapping[str, tuple[Grant, ...]] = {
    "web": (
        Grant((*CONNECT, *READ, *PUBLISH), (*OURS, *BINDINGS), CONTROL),
        Grant(("hdel",), ("conveyor:paused",)),
        Grant(("zrem",), ("conveyor:delayed",)),
        Grant(("zremrangebyscore",), ("conveyor:alive:web",)),
        Grant(("hincrby",), ("conveyor:counted",)),
        Grant(GATES, GATE_KEYS),
    ),
    "worker": (
        Grant(
            (*CONNECT, *READ, *PUBLISH, *LEASE, *TAKE, *LISTEN),
            (*OURS, *BINDINGS, *REPLIES, *BROADCASTS, *RESULTS),
            (*CONTROL, *EVENTS, *RESULTS),
        ),
        Grant(GATES, GATE_KEYS),
    ),
    "beat": (
        Grant((*CONNECT, *READ, *PUBLISH, *ALIVE), (*OURS, *BINDINGS), CONTROL),
        Grant(("xtrim",), ("conveyor:journal",)),
        Grant(GATES, GATE_KEYS),
    ),
    "recorder": (
        Grant((*CONNECT, *READ, *PUBLISH, *LEASE), (*OURS, *BINDINGS)),
        Grant(TAKE, (f"{DEAD_LETTER}*",)),
        Grant(GATES, GATE_KEYS),
    ),
    "flower": (
        Grant((*CONNECT, *READ, *PUBLISH, *LEASE, *LISTEN), (*OURS, *BINDINGS, *REPLIES, *BROADCASTS), (*CONTROL, *EVENTS)),
        Grant(TAKE, REPLIES),
    ),
    "client": (
        Grant((*CONNECT, "lpush"), JOBS),
        Grant(("get",), RESULTS, read_only=True),
    ),
    "exporter": (Grant((*CONNECT, *READ), OURS, read_only=True),),
}


def acl(secrets: Mapping[str, str], prefix: str = "", database: int = 0) -> str:
    """The ACL file, which can't hold comments. `secrets`: the SHA-256 of the password of each role and of `admin`."""
    lines = ["user default off", f"user admin on #{secrets['admin']} ~* &* +@all"]
    for role, (first, *more) in ROLES.items():
        rules = " ".join(first.rules(prefix, database))
        selectors = "".join(f" ({' '.join(grant.rules(prefix, database))})" for grant in more)
        lines.append(f"user {role} on #{secrets[role]} resetchannels -@all {rules}{selectors}")
    return "\n".join(lines) + "\n"


# What follows the key in the shortest call of a command; those that are not here need nothing.
FOLLOWS = {
    **dict.fromkeys(("hget", "hmget", "hdel", "zscore", "lpush", "rpush", "set", "sadd", "srem", "zrem", "zrank"), "1"),
    **dict.fromkeys(
        ("lrange", "ltrim", "hset", "hsetnx", "zadd", "zrange", "zrangebyscore", "zremrangebyscore", "xrange", "xrevrange"), "1 1"
    ),
    **dict.fromkeys(("pexpire", "expire", "brpop", "publish"), "1"),
    "hincrby": "1 1",
    "xadd": "* 1 1",
    "xtrim": "MAXLEN 1",
}
SPECIAL = {"xread": ("xread", "STREAMS", "{}", "0"), "eval": ("eval", "return 1", "1", "{}"), "evalsha": ("evalsha", "0" * 40, "1", "{}")}


def calls(role: str, prefix: str, database: int) -> list[tuple[str, ...]]:
    """For each right of a role one call that it must be allowed: (command, key or channel, ...)."""
    keyless = {*CONNECT, "script|load", "script|exists", *LISTEN, "publish"}
    made: list[tuple[str, ...]] = []
    for grant in ROLES[role]:
        keys = [prefix + pattern.replace("*", "x") for pattern in grant.keys]
        made += [_call(command, key) for command in grant.commands if command not in keyless for key in keys]
        made += [("publish", prefix + channel.format(db=database).replace("*", "x"), "1") for channel in grant.channels]
    return made


def _call(command: str, key: str) -> tuple[str, ...]:
    if command in SPECIAL:
        return tuple(part.format(key) for part in SPECIAL[command])
    return (command, key, *FOLLOWS.get(command, "").split())
