"""How limits, breakers, pauses and lines stand, for pages, the API and the command line."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from jobs.core import dependency
from jobs.core.errors import NotFound
from jobs.core.gates import Kind, Rule, Until, plain
from jobs.infra import gates
from jobs.infra.gates import Look
from jobs.models import Limit, Pause


@dataclass(frozen=True, slots=True)
class Said:
    """A gate in words. `opens_with`: what opens it, (kind, name) as the pages and the API call it."""

    name: str
    detail: str
    opens_with: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class LimitView:
    """One rule with numbers: its gates together. `set`: the row that somebody has set, if any."""

    rule: Rule
    name: str
    held: int
    line: int
    gates: list[Look] = field(default_factory=list)
    set: Limit | None = None

    @property
    def words(self) -> str:
        return in_words(self.rule)

    @property
    def kind(self) -> str:
        """What its gates are called: slots, rate, window, unique, throttle, debounce."""
        return self.rule.name.partition("/")[0]

    @property
    def may_be_set(self) -> bool:
        """Whether its numbers can be set at run time: those of `Limits` can."""
        return self.kind in ("slots", "rate")


@dataclass(frozen=True, slots=True)
class BreakerView:
    name: str
    state: str
    opens_at: datetime | None
    line: int
    ok: int
    failed: int
    by: str
    why: str
    since: datetime | None
    rule: Rule
    canary: str = ""

    @property
    def words(self) -> str:
        """Its numbers as people say them."""
        return f"{self.failures} failures and {self.ratio:.0%} within {self.within:g} s, rests {self.rest:g} s"

    @property
    def failures(self) -> int:
        return self.rule.n

    @property
    def ratio(self) -> float:
        return float(self.rule.more["ratio"])

    @property
    def percent(self) -> int:
        return round(self.ratio * 100)

    @property
    def within(self) -> float:
        """In seconds, as `rest`."""
        return self.rule.per / 1000

    @property
    def rest(self) -> float:
        return float(self.rule.more["rest"]) / 1000


def in_words(rule: Rule) -> str:
    """The numbers of a rule as people say them."""
    each = "" if rule.by in ("type", "") else f" for each {rule.by.removeprefix('data.')}"
    if rule.kind is Kind.SLOTS and rule.until is Until.STARTED and rule.name.partition("/")[0] == "window":
        return f"{rule.n:,} messages of a tenant in each queue"
    if rule.kind is Kind.SLOTS:
        return f"{rule.n:,} at once{each}" + ("" if rule.until is Until.ATTEMPT else f", until {rule.until}")
    if rule.kind is Kind.RATE:
        per = timedelta(milliseconds=rule.per)
        burst = f", bursts of {rule.burst:,}" if rule.burst > 1 else ""
        return f"{rule.n:,} start{'' if rule.n == 1 else 's'} in {per.total_seconds():g} s{each}{burst}"
    if rule.kind is Kind.DEBOUNCE:
        return f"when none has come for {rule.more['quiet'] / 1000:g} s{each}"
    return "lifted" if rule.kind is Kind.OPEN else str(rule.kind)


def jobs(count: int, one: str, many: str) -> str:
    """So many jobs, with the verb that fits: `1 job waits`, `2 jobs wait`."""
    return f"{count:,} job {one}" if count == 1 else f"{count:,} jobs {many}"


def describe(look: Look, *, opens: bool = True) -> Said:
    """The gate in words, and what opens it; without `opens` not for which value of the payload."""
    kind, _, name = look.gate.partition("|")[0].partition("/")
    value = look.gate.partition("|")[2]
    of = f" for {value}" if value and opens else ""
    behind = f" {jobs(look.place, 'stands', 'stand')} before it." if look.place else " It is the next." if look.place == 0 else ""
    if kind == "pause":
        what, _, named = name.partition(":")
        row = next((row for row in Pause.objects.filter(kind=what) if plain(row.name) == named), None)
        reason = f" by {row.by}: {row.why or 'no reason was given'}" if row else ""
        named = row.name if row else named
        return Said(f"paused_{what}", f"The {what} {named} was paused{reason}.", ("pause", f"{what}:{named}"))
    if kind == "breaker":
        state = look.state.get("state", "closed").replace("_", " ")
        why = f", opened by {look.state['by']}: {look.state['why']}" if look.state.get("why") else ""
        return Said("breaker", f"The breaker of {name} is {state}{why}.{behind}", ("breaker", name))
    if kind == "window":
        whose, _, queue = value.rpartition("/")
        tenant = whose or name
        return Said("tenant_window", f"The tenant {tenant} has its share of the queue {queue or value}.{behind}", ("limit", look.gate))
    if kind == "unknown":
        return Said("unknown_type", f"No worker that is there knows the type {name}.{behind}")
    words = {"slots": "concurrency", "rate": "rate", "unique": "unique", "throttle": "throttle", "debounce": "debounce"}
    full = f"The limit {name}{of} is full: {jobs(look.held, 'has', 'have')} a place.{behind}"
    return Said(words.get(kind, kind), full, ("limit", name))


def limits() -> list[LimitView]:
    """Every limit in force, by name: declared and set."""
    set = {row.name: row for row in Limit.objects.all()}
    looks = defaultdict(list)
    for look in gates.look(gates.awaited()):
        looks[look.gate.partition("|")[0]].append(look)
    found = []
    for rule in _numbers():
        kind, _, name = rule.name.partition("/")
        mine = looks[rule.name]
        row = set.get(name) if kind in ("slots", "rate") else None
        found.append(LimitView(rule, name or kind, sum(x.held for x in mine), sum(x.line for x in mine), mine, row))
    return found


def _numbers() -> list[Rule]:
    found = gates.declared() | {rule.name: rule for rule in gates.in_force()}
    return [rule for name, rule in sorted(found.items(), key=lambda pair: pair[0].partition("/")[2]) if _is_a_limit(name)]


def _is_a_limit(name: str) -> bool:
    return name.partition("/")[0] not in ("pause", "breaker", "unknown")


def one_breaker(name: str) -> BreakerView:
    """The breaker of that dependency. Raises NotFound."""
    found = next((view for view in all_breakers() if view.name == name), None)
    if found is None:
        raise NotFound(f"There is no dependency {name!r}.")
    return found


def all_breakers() -> list[BreakerView]:
    """The breakers of all dependencies that types declare or need."""
    names = gates.dependencies()
    looks = gates.look([dependency.gate_of(name) for name in names])
    known = {rule.name: rule for rule in gates.in_force()} if names else {}
    return [_breaker(name, look, known.get(look.gate)) for name, look in zip(names, looks, strict=True)]


def _breaker(name: str, look: Look, rule: Rule | None) -> BreakerView:
    kept = look.state
    since = datetime.fromtimestamp(int(kept["at"]) / 1000, UTC) if kept.get("at") else None
    until = int(kept.get("until") or 0)
    opens = datetime.fromtimestamp(until / 1000, UTC) if until and kept.get("state") == "open" else None
    counts = int(kept.get("ok") or 0), int(kept.get("failed") or 0)
    about = kept.get("by", ""), kept.get("why", "")
    rule, canary = rule or dependency.needed(name).rule(), kept.get("canary", "")
    return BreakerView(name, kept.get("state", "closed"), opens, look.line, *counts, *about, since, rule, canary)


def unknown_types() -> dict[str, int]:
    """The types that jobs wait for and no worker that is there knows, and how many wait."""
    found = [look for look in gates.look([gate for gate in gates.awaited() if gate.startswith(gates.UNKNOWN)]) if look.line]
    return {look.gate.removeprefix(gates.UNKNOWN): look.line for look in found}


def pauses() -> list[Pause]:
    """What is paused, but for breakers."""
    return list(Pause.objects.exclude(kind=Pause.Kind.BREAKER))
