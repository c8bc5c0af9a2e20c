"""The journal: an append-only Redis Stream of everything that happens, read in order from any position."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from jobs.core.positions import padded
from jobs.infra.broker import milliseconds
from jobs.infra.redis import client, journal_key, key, reader
from jobs.infra.scripts import script

# An event that is sent again after a crash is known for so long.
EMITTED_FOR = timedelta(days=1)
# Readers have been given places that are newer by so much, at the most, than the newest that rows know.
MARGIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `id` is Redis' own (`ms-seq`); `position` sorts as text."""

    id: str
    name: str
    subject: str
    tenant: str
    data: dict[str, Any]
    # What it happened in (jobs.infra.tracing); an entry that comes from the archive has none.
    trace: str = ""

    @property
    def position(self) -> str:
        return padded(self.id)

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(int(self.id.partition("-")[0]) / 1000, UTC)


def entry(id: str, fields: dict[str, str]) -> Entry:
    name, subject, tenant, trace = (fields.get(short, "") for short in "nstc")
    return Entry(id, name, subject, tenant, orjson.loads(fields.get("d") or "{}"), trace)


def append(name: str, subject: str, tenant: str, data: dict[str, Any]) -> str:
    fields = {"n": name, "s": subject, "t": tenant, "d": orjson.dumps(data).decode()}
    return str(client().xadd(journal_key(), fields))  # type: ignore[arg-type]


def emit(outgoing: Sequence[tuple[str, str, str, str, Any, str]]) -> list[str]:
    """Append events (a number of their own, name, subject, tenant, data, trace), each at most once however often it is asked.

    Answers the place of each.
    """
    args: list[Any] = [len(outgoing), milliseconds(EMITTED_FOR)]
    for number, name, subject, tenant, data, trace in outgoing:
        args += [_mark(number), name, subject, tenant, orjson.dumps(data), trace]
    return list(script("emit")(keys=[journal_key()], args=args))


def emitted(numbers: Iterable[str]) -> list[bool]:
    """Does Redis know that it has appended these events?"""
    marks = [_mark(number) for number in numbers]
    return [known is not None for known in client().mget(marks)] if marks else []


def _mark(number: str) -> str:
    return key(f"emitted:{number}")


def first_id() -> str | None:
    """The oldest entry that Redis still has; None when it has none."""
    oldest: Any = client().xrange(journal_key(), count=1)
    return str(oldest[0][0]) if oldest else None


def read(after: str, count: int = 1000, block_ms: int | None = None) -> list[Entry]:
    """Up to `count` entries after that id, oldest first; with `block_ms` it waits so long for the first."""
    asked = client() if block_ms is None else reader()
    answer = asked.xread({journal_key(): after}, count=count, block=block_ms)
    return entries(answer)


def entries(answer: Any) -> list[Entry]:
    return [entry(id, fields) for id, fields in raw(answer)]


def raw(answer: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Ids and fields of what XREAD answered."""
    streams: Iterable[Any] = answer.items() if isinstance(answer, dict) else answer or []
    return ((id, fields) for _, found in streams for id, fields in _flat(found))


def _flat(found: Any) -> Iterable[Any]:
    """RESP 3 nests the entries of a stream one list deeper than RESP 2."""
    return found[0] if found and isinstance(found[0], list) else found


def trim(before: str) -> int:
    return int(client().xtrim(journal_key(), minid=before))


def lift(known: str) -> int:
    """Have what is written lie after that place, though Redis has lost the journal and its clock is behind; answers what was moved."""
    return int(script("lift")(keys=[journal_key()], args=[*known.split("-"), milliseconds(MARGIN)]))


def published_today(tenant: str) -> int:
    """Count one more event that the tenant publishes by the API; answers how many there are today (UTC)."""
    counter = key(f"published:{datetime.now(UTC):%Y%m%d}:{tenant}")
    with client().pipeline() as pipe:
        pipe.incr(counter)
        pipe.expire(counter, EMITTED_FOR)
        return int(pipe.execute()[0])


def length() -> int:
    """How many entries Redis keeps."""
    return int(client().xlen(journal_key()))


def last_id() -> str:
    newest: Any = client().xrevrange(journal_key(), count=1)
    return str(newest[0][0]) if newest else "0-0"
