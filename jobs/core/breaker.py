"""A circuit breaker as a rule over values: who keeps the circuit (a row, Redis) and reads the clock is the caller.

closed --failures in a row--> open --cooldown--> half open --canary succeeds--> closed
                               ^                     |
                               +---- canary fails ---+   (each opening lasts twice as long, up to the longest)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Phase(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is remembered: failures in a row, openings in a row, and until when nothing passes."""

    failures: int = 0
    openings: int = 0
    until: datetime | None = None

    def phase(self, now: datetime) -> Phase:
        """Half open: one may pass, the canary."""
        if self.until is None:
            return Phase.CLOSED
        return Phase.OPEN if now < self.until else Phase.HALF_OPEN


@dataclass(frozen=True, slots=True)
class Breaker:
    threshold: int = 5
    cooldown: timedelta = timedelta(seconds=30)
    longest: timedelta = timedelta(minutes=30)

    def failed(self, circuit: Circuit, now: datetime) -> Circuit:
        """The circuit after a failure. One that set out before it opened changes nothing."""
        phase = circuit.phase(now)
        if phase is Phase.OPEN:
            return circuit
        failures = circuit.failures + 1
        if phase is Phase.CLOSED and failures < self.threshold:
            return Circuit(failures)
        # The exponent is bounded so that a float never overflows: far beyond the longest in any case.
        pause = min(self.cooldown * 2 ** min(circuit.openings, 32), self.longest)
        return Circuit(failures, circuit.openings + 1, now + pause)
