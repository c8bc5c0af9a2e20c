"""Gates: for which reasons a job may not start now, declared or set at run time, and which of them stand before a job.

A rule is one such reason with its numbers; a gate is a rule for one value: `slots/stock.import|acme` is the concurrency of
stock.import for the tenant acme. The scripts in jobs/infra/lua know the rules by name and keep the state of each gate.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from jobs.core.errors import DeclarationError
from jobs.core.patterns import matcher

SAFE = re.compile(r"[\w.@:+*-]{1,80}")
NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
BY = re.compile(r"type|tenant|queue|data(\.[A-Za-z0-9_]+)+")
# The gate counts a job from when it comes, wherever it waits.
ENTRY = {"entry": True}
NONE: tuple[str, ...] = ()


class Full(StrEnum):
    """What happens to a job that comes to a limit which is full."""

    WAIT = "wait"
    DROP = "drop"
    CANCEL_RUNNING = "cancel_running"
    KEEP_LAST = "keep_last"


class Kind(StrEnum):
    PAUSE = "pause"
    BREAKER = "breaker"
    SLOTS = "slots"
    RATE = "rate"
    DEBOUNCE = "debounce"
    OPEN = "open"


class Until(StrEnum):
    """How long a job keeps its slot: till it starts, for one attempt, or to its end."""

    STARTED = "started"
    ATTEMPT = "attempt"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Rule:
    """`n` slots, or `n` starts in `per` ms with bursts of `burst`. An empty selector fits everything."""

    name: str
    kind: Kind
    n: int = 0
    per: int = 0
    burst: int = 0
    by: str = "type"
    full: Full = Full.WAIT
    until: Until = Until.ATTEMPT
    # Which jobs it concerns. A declared rule concerns the types that declare it.
    declared: bool = True
    type: str = ""
    tenant: str = ""
    tag: str = ""
    queue: str = ""
    # Set by somebody at run time, in place of what is declared.
    set_by: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """As Redis keeps it."""
        values = {name: value for name, value in asdict(self).items() if name not in ("name", "more") and value != ""}
        return json.dumps({**values, **self.more}, sort_keys=True)

    @classmethod
    def read(cls, name: str, text: str) -> "Rule":
        values = json.loads(text)
        kind, full, until = Kind(values.pop("kind")), Full(values.pop("full")), Until(values.pop("until"))
        own = {key: values.pop(key) for key in list(values) if key in cls.__slots__}
        return cls(name=name, kind=kind, full=full, until=until, more=values, **own)

    def concerns(self, job: "Subject") -> bool:
        if self.type and not matcher(self.type)(job.type):
            return False
        wanted = (self.tenant, job.tenant), (self.queue, job.queue)
        return all(not mine or mine == its for mine, its in wanted) and (not self.tag or self.tag in job.tags)

    def gate(self, job: "Subject") -> str:
        """The name of the gate before that job."""
        if self.by in ("type", ""):
            return self.name
        return f"{self.name}|{plain(job.value(self.by))}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What gates look at of a job. `data` gives the payload; it is asked for only when a gate is by payload."""

    type: str
    tenant: str
    queue: str
    tags: tuple[str, ...]
    data: Callable[[], Mapping[str, Any]]

    def value(self, by: str) -> Any:
        if by in ("tenant", "queue"):
            return getattr(self, by)
        value: Any = self.data()
        for part in by.split(".")[1:]:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value


def plain(value: Any) -> str:
    """A value as part of a name in Redis: itself when it is short and plain, else its digest."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return text if SAFE.fullmatch(text) else "sha1:" + hashlib.sha1(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Limits:
    """At most `concurrent` at once and `rate` starts `per` period, in the whole cluster, for each value of `by`.

    `by` is "type" (all jobs of the limit together), "tenant", or a path in the payload, like "data.sku". `burst` is how many
    may start at one moment after a quiet time: in any time t at most `burst + rate * t / per` jobs start. Types that give a
    limit the same `name` share it. `when_full` is "wait", "drop" (the newest), "cancel_running" or "keep_last".
    """

    concurrent: int | None = None
    rate: int | None = None
    per: timedelta = timedelta(seconds=1)
    burst: int | None = None
    by: str = "type"
    when_full: Full | str = Full.WAIT
    name: str = ""

    def __post_init__(self) -> None:
        if self.concurrent is None and self.rate is None:
            raise DeclarationError("Limits needs concurrent=... or rate=... .")
        for name in ("concurrent", "rate", "burst"):
            value = getattr(self, name)
            if value is not None and not 1 <= value <= 1_000_000:
                raise DeclarationError(f"Limits({name}=...) is from 1 to 1,000,000, not {value!r}.")
        _check(self.by, self.per, self.name)
        if self.when_full not in set(Full):
            raise DeclarationError(f"Limits(when_full=...) is one of {', '.join(Full)}; not {self.when_full!r}.")

    def rules(self, type: str) -> list[Rule]:
        name, full, made = self.name or type, Full(self.when_full), []
        if self.concurrent is not None:
            made.append(Rule(f"slots/{name}", Kind.SLOTS, n=self.concurrent, by=self.by, full=full))
        if self.rate is not None:
            burst = self.burst or usual_burst(self.rate)
            made.append(Rule(f"rate/{name}", Kind.RATE, n=self.rate, per=_ms(self.per), burst=burst, by=self.by, full=full))
        return made


@dataclass(frozen=True, slots=True)
class Unique:
    """At most one job for each value of `by`, until it has started, is done, or for a period; a newer one is dropped.

    The newer job ends as cancelled and its error names the limit. With `keep="last"` it takes the place of the older
    one instead, unless that one runs already.
    """

    until: Until | str = Until.DONE
    for_: timedelta | None = None
    by: str = "type"
    keep: str = "first"

    def __post_init__(self) -> None:
        _check(self.by, self.for_ or timedelta(seconds=1), "")
        if self.until not in (Until.STARTED, Until.DONE):
            raise DeclarationError(f'Unique(until=...) is "started" or "done"; not {self.until!r}.')
        if self.keep not in ("first", "last"):
            raise DeclarationError(f'Unique(keep=...) is "first" or "last"; not {self.keep!r}.')

    def rules(self, type: str) -> list[Rule]:
        full = Full.DROP if self.keep == "first" else Full.KEEP_LAST
        if self.for_ is not None:
            return [Rule(f"unique/{type}", Kind.RATE, n=1, per=_ms(self.for_), burst=1, by=self.by, full=full, more=ENTRY)]
        return [Rule(f"unique/{type}", Kind.SLOTS, n=1, by=self.by, full=full, until=Until(self.until), more=ENTRY)]


@dataclass(frozen=True, slots=True)
class Debounce:
    """Start only when none has come for `quiet`, and then the newest alone; `at_most` after the first in any case."""

    quiet: timedelta
    at_most: timedelta | None = None
    by: str = "type"

    def __post_init__(self) -> None:
        _check(self.by, self.quiet, "")

    def rules(self, type: str) -> list[Rule]:
        more = {"quiet": _ms(self.quiet), "most": _ms(self.at_most or self.quiet * 10)}
        return [Rule(f"debounce/{type}", Kind.DEBOUNCE, by=self.by, more=more)]


@dataclass(frozen=True, slots=True)
class Throttle:
    """Start at once, then at most once `per` period; of those that come meanwhile only the newest starts."""

    per: timedelta
    by: str = "type"

    def __post_init__(self) -> None:
        _check(self.by, self.per, "")

    def rules(self, type: str) -> list[Rule]:
        return [Rule(f"throttle/{type}", Kind.RATE, n=1, per=_ms(self.per), burst=1, by=self.by, full=Full.KEEP_LAST)]


Declared = Limits | Unique | Debounce | Throttle
# The order in which gates are asked: who may come at all, what stops everything, and last what the next moment may open.
ORDER = ("unique", "pause", "breaker", "debounce", "throttle", "slots", "rate", "window")


class Rules:
    """The rules in force: those that types declare, and those that were set at run time (`texts`, by name)."""

    def __init__(self, texts: Mapping[str, str], version: str, declared: Callable[[str], Iterable[Rule]]) -> None:
        self.version = version
        found = [Rule.read(name, text) for name, text in texts.items()]
        self._free = [rule for rule in found if not rule.declared and not rule.name.startswith("window/")]
        self._weighted = {rule.name for rule in found if rule.name.startswith("window/")}
        self._declared = declared
        self._of_type: dict[str, tuple[Rule, ...]] = {}

    def gates(self, job: Subject) -> tuple[str, ...]:
        """The names of the gates before that job, in the order in which they are asked."""
        mine = self._of_type.get(job.type)
        if mine is None:
            mine = self._of_type[job.type] = tuple(self._declared(job.type))
        if not mine and not self._free:
            return NONE
        rules = [*mine, *(rule for rule in self._free if rule.concerns(job))]
        return tuple(self._gate(rule, job) for rule in sorted(rules, key=_place))

    def _gate(self, rule: Rule, job: Subject) -> str:
        if rule.name != "window":
            return rule.gate(job)
        own = f"window/{job.tenant}"
        return f"{own}|{job.queue}" if own in self._weighted else f"window|{job.tenant}/{job.queue}"


def _place(rule: Rule) -> int:
    return ORDER.index(rule.name.partition("/")[0])


def usual_burst(rate: int) -> int:
    return max(1, rate // 10)


def _check(by: str, period: timedelta, name: str) -> None:
    if not BY.fullmatch(by):
        raise DeclarationError(f'by is "type", "tenant", "queue" or a path in the payload like "data.sku"; not {by!r}.')
    if not timedelta(0) < period <= timedelta(days=31):
        raise DeclarationError(f"A period is above zero and at most 31 days; not {period!r}.")
    if name and not NAME.fullmatch(name):
        raise DeclarationError(f"A limit is named in lower case, like 'label-printer'; not {name!r}.")


def _ms(period: timedelta) -> int:
    return max(1, int(period.total_seconds() * 1000))
