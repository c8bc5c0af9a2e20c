"""Where Redis is: what REDIS_URL says, for one server or for the Sentinels that know which server is the master."""

from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, unquote, urlsplit

PORT, SENTINEL_PORT = 6379, 26379
# Scheme: whether it speaks TLS.
SCHEMES = {"redis": False, "rediss": True, "unix": False, "sentinel": False, "sentinels": True}


@dataclass(frozen=True, slots=True)
class RedisUrl:
    """`hosts` are Sentinels where `master` is set, the server itself where it is not; `path` is a socket in the file system."""

    tls: bool
    hosts: tuple[tuple[str, int], ...] = ()
    user: str = ""
    password: str = ""
    database: int = 0
    master: str = ""
    path: str = ""


def parse(url: str) -> RedisUrl:
    """Raises ValueError with a sentence that names what is wrong, and never the password."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"must start with {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    sentinels = parts.scheme.startswith("sentinel")
    options = _options(parts.query, {"master"} if sentinels else {"db"} if parts.scheme == "unix" else set())
    if sentinels and not options.get("master"):
        raise ValueError("must name the master that the Sentinels watch: sentinel://host:26379,host:26379/0?master=NAME")
    login, _, where = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    known = RedisUrl(tls=SCHEMES[parts.scheme], user=unquote(user), password=unquote(password))
    if parts.scheme == "unix":
        return replace(known, path=unquote(parts.path), database=_number(options.get("db", "0")))
    hosts = tuple(_host(text, SENTINEL_PORT if sentinels else PORT) for text in where.split(","))
    if len(hosts) > 1 and not sentinels:
        raise ValueError("names more than one server: only Sentinels may be several (sentinel://)")
    return replace(known, hosts=hosts, database=_number(parts.path.strip("/") or "0"), master=options.get("master", ""))


def _options(query: str, known: set[str]) -> dict[str, str]:
    options = dict(parse_qsl(query))
    if unknown := sorted(set(options) - known):
        raise ValueError(f"has the unknown option {unknown[0]}; certificates are named by REDIS_CA_FILE and REDIS_CERT_FILE")
    return options


def _host(text: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        return parts.hostname or "localhost", parts.port or port
    except ValueError:
        raise ValueError(f"has no valid host and port: {text!r}") from None


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"must name the database by its number, not {text!r}")
    return int(text)
