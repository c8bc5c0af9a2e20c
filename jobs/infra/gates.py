"""The gateway to the gates: the rules in force, and what operators and callers say to a gate. The scripts are in lua/gates.lua."""

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from jobs.core import breaker_events, dependency  # noqa: F401 - declares what the scripts tell of breakers
from jobs.core.gates import Rule, Rules
from jobs.core.job_type import registry
from jobs.infra.redis import client, journal_key, key
from jobs.infra.scripts import script

Answer = TypeVar("Answer")
# A place is looked at when it was taken so long ago; so many of a gate, and so many gates in one call.
SETTLED = timedelta(seconds=10)
MOST = 200
UNKNOWN = "unknown/"
_known: Rules | None = None
_installed: set[str] = set()


@dataclass(frozen=True, slots=True)
class Look:
    """What a gate looks like. `place` counts those before the job in its line; None when it does not stand there."""

    gate: str
    shut: bool
    opens_at: datetime | None
    held: int
    line: int
    place: int | None
    state: dict[str, str]


def rules(*, anew: bool = False) -> Rules:
    """The rules as this process knows them. The scripts refuse a caller whose rules are old, so no other question is asked."""
    global _known
    if _known is None or anew:
        _known = _read()
    return _known


def _read() -> Rules:
    _installed.clear()
    with client().pipeline(transaction=False) as pipe:
        # After Redis has lost everything the first who looks begins anew, and everybody's rules are old.
        pipe.set(_version_key(), uuid.uuid4().hex, nx=True)
        pipe.get(_version_key())
        pipe.hgetall(_rules_key())
        _, version, texts = pipe.execute()
    return Rules(texts, version, _declared)


def _declared(type: str) -> Sequence[Rule]:
    """What a type declares; the scripts learn the numbers that they do not know yet."""
    found = registry.get(type).rules if type in registry else ()
    missing = [rule for rule in found if rule.name not in _installed]
    if missing:
        with client().pipeline(transaction=False) as pipe:
            for rule in missing:
                pipe.hsetnx(_rules_key(), rule.name, rule.text())
            pipe.execute()
        _installed.update(rule.name for rule in missing)
    return found


def under_rules(call: Callable[[Rules], Answer | None]) -> Answer:
    """Call with the rules in force; once more as often as it answers None, because they have changed."""
    answer = call(rules())
    while answer is None:
        answer = call(rules(anew=True))
    return answer


def install(set: Mapping[str, Rule], declared: Mapping[str, Rule], *, newest: bool = False) -> bool:
    """Bring the rules that were set at run time into force; answers whether anything changed. Places and lines stay as they are.

    Declared numbers that Redis knows count, unless these are the `newest`: then a deployment brings its own.
    """
    before: Any = client().hgetall(_rules_key())
    kept = {name: text for name, text in before.items() if _is_declared(name, text)}
    mine = {name: rule.text() for name, rule in declared.items()}
    after = {**mine, **kept, **(mine if newest else {}), **{name: rule.text() for name, rule in set.items()}}
    if before == after:
        return False
    with client().pipeline() as pipe:
        pipe.delete(_rules_key())
        if after:
            pipe.hset(_rules_key(), mapping=dict(after))
        pipe.set(_version_key(), uuid.uuid4().hex)
        pipe.execute()
    rules(anew=True)
    tend()
    return True


def _is_declared(name: str, text: str) -> bool:
    rule = Rule.read(name, text)
    return rule.declared and not rule.set_by


def declared() -> dict[str, Rule]:
    """The rules that the types of this process declare, by name."""
    return {rule.name: rule for job_type in registry for rule in job_type.rules}


def know(types: Sequence[str]) -> None:
    """A worker that is there knows these types: jobs of theirs that waited for one go on."""
    with client().pipeline(transaction=False) as pipe:
        pipe.zadd(key("types"), dict.fromkeys(types, time.time_ns() // 1_000_000))
        pipe.smembers(key("gates:lines"))
        *_, lines = pipe.execute()
    if mine := [gate for gate in lines if gate.startswith(UNKNOWN) and gate.removeprefix(UNKNOWN) in types]:
        tend(mine)


def dependencies() -> list[str]:
    """The names of all dependencies: declared, or needed by a job type."""
    return sorted({*dependency.dependencies, *(name for job_type in registry for name in job_type.needs)})


def in_force() -> list[Rule]:
    """The rules that the scripts act on."""
    texts: Any = client().hgetall(_rules_key())
    return [Rule.read(name, text) for name, text in texts.items()]


def tend(gates: Sequence[str] = ()) -> int:
    """Give back places that nobody has a right to, let go on what may; answers how many places."""
    names = list(gates) or awaited()
    settled = int(SETTLED.total_seconds() * 1000)
    chunks = [names[at : at + MOST] for at in range(0, len(names), MOST)]
    return sum(int(script("tend")(keys=[journal_key()], args=[settled, MOST, *chunk])) for chunk in chunks)


def look(gates: Sequence[str], job_id: str = "") -> list[Look]:
    chunks = [gates[at : at + MOST] for at in range(0, len(gates), MOST)]
    answers = [answer for chunk in chunks for answer in script("look")(keys=[journal_key()], args=[job_id, *chunk])]
    return [_look(gate, *answer) for gate, answer in zip(gates, answers, strict=True)]


def _look(gate: str, shut: int, opens: str, held: int, line: int, place: int, state: list[str]) -> Look:
    at = datetime.fromtimestamp(int(opens) / 1000, UTC) if int(opens) else None
    return Look(gate, bool(shut), at, held, line, None if place < 0 else place, dict(zip(state[::2], state[1::2], strict=True)))


def awaited() -> list[str]:
    """The gates before which jobs wait, and those in which jobs have a place."""
    with client().pipeline(transaction=False) as pipe:
        pipe.smembers(key("gates:lines"))
        pipe.smembers(key("gates:held"))
        return sorted(set().union(*pipe.execute()))


def breaker(gate: str, word: str, *about: Any) -> str:
    """Say a word of the script to a breaker."""
    return str(script("breaker")(keys=[journal_key()], args=[gate, word, *about]))


def _rules_key() -> str:
    return key("gates")


def _version_key() -> str:
    return key("gates:version")
