"""How fast a waiting room lets people in: as fast as holds are answered, and no more than there are seats for."""

from dataclasses import dataclass

# A hold should be answered within so many seconds; above that fewer are let in.
GOOD_LATENCY = 1.0
SLOWEST, FASTEST, FIRST = 0.2, 50.0, 5.0
# Up faster than the load grows by itself, down at once: as TCP does (additive increase, multiplicative decrease).
MORE, LESS = 0.5, 0.5
SEATS_EACH = 2.0


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate`: people a second. `owed`: the part of a person that time has brought and nobody was let in for."""

    rate: float = FIRST
    owed: float = 0.0


def adapt(pace: Pace, latency: float | None, seconds: float) -> Pace:
    """The pace after so many seconds in which holds took `latency`; None: there were none."""
    if latency is None or latency <= GOOD_LATENCY:
        rate = min(FASTEST, pace.rate + MORE * seconds)
    else:
        rate = max(SLOWEST, pace.rate * LESS ** min(seconds, 2.0))
    return Pace(rate, min(pace.owed + rate * seconds, 2 * FASTEST))


def let_in(pace: Pace, waiting: int, inside: int, free: int) -> tuple[int, Pace]:
    """How many are let in now. Inside are never more than could share what is free; with nothing free nobody is let in for it."""
    room = max(0, round(free / SEATS_EACH + 0.49) - inside) if free else 0
    count = min(int(pace.owed), waiting, room)
    return count, Pace(pace.rate, pace.owed - count if count < waiting else 0.0)


def estimate(ahead: int, let_in_lately: int, seconds: float) -> float | None:
    """Seconds until it is their turn, as fast as it went lately; None where nobody was let in."""
    return ahead * seconds / let_in_lately if let_in_lately else None
