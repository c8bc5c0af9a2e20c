"""How long what lies on the shelf has been there: first in, first out, so what is left came last.

Source: FIFO layers as in IAS 2, paragraph 27: "the items remaining in inventory at the end of the period are those most recently
purchased or produced".
"""

from collections.abc import Iterable
from dataclasses import dataclass

# Up to so many days, and what is older.
LIMITS = (30, 90, 180)
LABELS = ("up to 30 days", "31 to 90 days", "91 to 180 days", "over 180 days")


@dataclass(frozen=True, slots=True)
class Arrival:
    days: int
    units: int


def bucket_of(days: int) -> int:
    """Which of the LABELS an age belongs to."""
    return next((n for n, limit in enumerate(LIMITS) if days <= limit), len(LIMITS))


def layers(on_hand: int, arrivals: Iterable[Arrival]) -> list[int]:
    """Units by age, under LABELS, of what is on hand; arrivals come the newest first. What no arrival explains is the oldest."""
    found, left = [0] * len(LABELS), on_hand
    for arrival in arrivals:
        units = min(left, arrival.units)
        found[bucket_of(arrival.days)] += units
        left -= units
        if not left:
            break
    found[-1] += left
    return found
