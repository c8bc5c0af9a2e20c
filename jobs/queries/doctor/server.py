"""Redis: its version, the way to it, who we are there, and whether it keeps what it is given."""

import time
from datetime import timedelta

import redis
from django.conf import settings
from packaging.version import Version

from jobs.core.redis_rights import ROLES
from jobs.infra import server
from jobs.infra.redis import address
from jobs.queries.doctor.finding import Finding, of_clocks
from jobs.queries.doctor.postgresql import NEAR

OLDEST = Version("6.2")
NEARLY_FULL = 0.8


def version() -> Finding:
    info = server.info("server")
    name = "Valkey" if "valkey_version" in info else "Redis"
    words = f"{name} {info.get('valkey_version', info['redis_version'])}"
    if Version(str(info["redis_version"])) < OLDEST:
        return Finding.fail(words, f"Install Redis {OLDEST} or later, or Valkey.")
    return Finding.ok(words)


def role() -> Finding:
    if (found := str(server.info("replication")["role"])) != "master":
        return Finding.fail(f"REDIS_URL leads to a {found}", "Name the master, or the Sentinels that know it (sentinel://).")
    return Finding.ok("master")


def encryption() -> Finding:
    url = address()
    if url.tls:
        return Finding.ok("TLS, its certificate is checked")
    if url.path or all(host in NEAR for host, _ in url.hosts):
        return Finding.ok("on this host")
    return Finding.warn(
        "not encrypted, passwords neither", "Turn on TLS in Redis and write rediss:// in REDIS_URL, REDIS_CA_FILE beside it."
    )


def rights() -> Finding:
    """Whether the user of this process may do what its role needs; a user of another name is taken for all of them."""
    user = server.who()
    roles = [user] if user in ROLES else [role for role in ROLES if role != "exporter"]
    try:
        lacks = sorted({lack for role in roles for lack in server.lacking(user, role)})
    except redis.ResponseError as error:
        return Finding.warn(f"the rights of {user!r} can't be checked: {error}", "Redis 7 and the right +acl|dryrun are needed for it.")
    if lacks:
        return Finding.fail(f"{user!r} may not {'; '.join(lacks[:5])}", "Write the users anew: manage.py redis_users FILE.")
    if user == "default" and settings.ENV.CONVEYOR_ENV == "production":
        return Finding.warn("every process is the user 'default', who may do everything", "deploy/redis/README.md gives each role its own.")
    return Finding.ok(f"{user!r} may do what it needs")


def eviction() -> Finding:
    policy = str(server.info("memory")["maxmemory_policy"])
    if policy != "noeviction":
        return Finding.fail(f"maxmemory-policy is {policy}: Redis throws jobs away when it is full", "maxmemory-policy noeviction")
    return Finding.ok("noeviction")


def memory() -> Finding:
    info = server.info("memory")
    used, most = int(info["used_memory"]), int(info["maxmemory"])
    words = f"{used / 1e6:.0f} MB used of {f'{most / 1e6:.0f} MB' if most else 'what the host has'}"
    if most and used >= most:
        return Finding.fail(f"{words}: Redis refuses to take more", "Raise maxmemory, or find what fills it: queues, the journal.")
    if most and used > most * NEARLY_FULL:
        return Finding.warn(words, "Raise maxmemory, or find what fills it: queues, the journal.")
    return Finding.ok(words)


def persistence() -> Finding:
    info = server.info("persistence")
    if info.get("aof_last_write_status", "ok") != "ok" or info.get("rdb_last_bgsave_status", "ok") != "ok":
        return Finding.fail("the last write to disk failed", "Look at Redis' log: is its disk full?")
    if not int(info["aof_enabled"]):
        words = "without append-only file: a restart forgets what is in flight, and reconciliation may run it again"
        return Finding.warn(words, "appendonly yes, appendfsync everysec")
    return Finding.ok("append-only file")


def clock() -> Finding:
    before = time.time()
    there = server.time()
    return of_clocks(timedelta(seconds=there - (before + time.time()) / 2), "Redis")


def sentinels() -> Finding:
    if not address().master:
        return Finding.ok("not used")
    silent = server.silent_sentinels()
    if silent:
        return Finding.warn(f"no answer from {', '.join(silent)}", "Start it again: without a majority there is no failover.")
    return Finding.ok(f"all {len(address().hosts)} answer")
