"""What a check found."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self

SKEWED, FAR_APART = timedelta(seconds=1), timedelta(seconds=5)


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` say what is, `advice` what to do about it; there is none where all is well."""

    level: Level
    words: str
    advice: str = ""

    @classmethod
    def ok(cls, words: str) -> Self:
        return cls(Level.OK, words)

    @classmethod
    def warn(cls, words: str, advice: str) -> Self:
        return cls(Level.WARN, words, advice)

    @classmethod
    def fail(cls, words: str, advice: str) -> Self:
        return cls(Level.FAIL, words, advice)


def of_clocks(apart: timedelta, name: str) -> Finding:
    """How far a clock is from this host's; positive when it is ahead."""
    words = f"{name}'s clock is {abs(apart).total_seconds():.2f} s {'ahead of' if apart > timedelta(0) else 'behind'} this host's"
    if abs(apart) < SKEWED:
        return Finding.ok(words)
    advice = "Keep the clocks of all hosts by NTP: delays, schedules and countdowns are by these clocks."
    return Finding.fail(words, advice) if abs(apart) >= FAR_APART else Finding.warn(words, advice)
