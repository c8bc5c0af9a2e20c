"""Dependencies that jobs need, and when their breaker opens."""

from dataclasses import dataclass
from datetime import timedelta

from jobs.core.errors import ConveyorError, DeclarationError
from jobs.core.gates import NAME, Kind, Rule
from jobs.core.outcomes import Snooze


@dataclass(frozen=True, slots=True)
class Dependency:
    """Its breaker opens when, of the calls `within` a period, at least `failures` and the share `ratio` have failed.

    After `rest` one job at a time tries whether it is back.
    """

    name: str
    failures: int = 5
    ratio: float = 0.5
    within: timedelta = timedelta(seconds=30)
    rest: timedelta = timedelta(seconds=15)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise DeclarationError(f"A dependency is named in lower case, like 'smtp'; not {self.name!r}.")
        if self.failures < 1 or not 0 < self.ratio <= 1 or self.within <= timedelta(0) or self.rest <= timedelta(0):
            raise DeclarationError(f"{self.name}: failures is 1 or more, ratio above 0 and up to 1, within and rest above zero.")

    @property
    def gate(self) -> str:
        return gate_of(self.name)

    def rule(self) -> Rule:
        more = {"ratio": self.ratio, "rest": int(self.rest.total_seconds() * 1000)}
        return Rule(self.gate, Kind.BREAKER, n=self.failures, per=int(self.within.total_seconds() * 1000), more=more)


class DependencyAway(ConveyorError, Snooze):
    """The breaker of a dependency is open. Raised out of a job it is a snooze: later, no attempt burnt."""

    code = "dependency_away"

    def __init__(self, name: str, for_: timedelta) -> None:
        Snooze.__init__(self, for_, f"the breaker of {name} is open")
        self.name = name


dependencies: dict[str, Dependency] = {}


def declare(dependency: Dependency) -> Dependency:
    """Make it known. A name that `needs=` mentions without a declaration has the usual numbers."""
    known = dependencies.setdefault(dependency.name, dependency)
    if known != dependency:
        raise DeclarationError(f"The dependency {dependency.name!r} is declared twice, with other numbers.")
    return known


def needed(name: str) -> Dependency:
    return dependencies.get(name) or Dependency(name)


def gate_of(name: str) -> str:
    return f"breaker/{name}"
