"""When a failed job is tried again: exponential backoff with jitter, capped."""

from dataclasses import dataclass, field
from datetime import timedelta

from jobs.core.errors import DeclarationError

MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Backoff:
    """A retry policy: `min(first * factor^(attempt-1) + up to jitter, ceiling)`.

    `give_up_on` names the exceptions for which another try is pointless: the job is dead at once (`not_retryable`).
    """

    max_attempts: int = 3
    first: timedelta = timedelta(seconds=1)
    factor: float = 2.0
    jitter: timedelta = timedelta(milliseconds=500)
    ceiling: timedelta = timedelta(seconds=30)
    give_up_on: tuple[type[BaseException], ...] = field(default=())

    def __post_init__(self) -> None:
        if not 1 <= self.max_attempts <= MAX_ATTEMPTS:
            raise DeclarationError(f"Backoff(max_attempts=...) is from 1 to {MAX_ATTEMPTS}, not {self.max_attempts!r}.")
        if self.first <= timedelta(0) or self.ceiling < self.first:
            raise DeclarationError("Backoff needs 0 < first <= ceiling.")
        if self.factor < 1:
            raise DeclarationError(f"Backoff(factor=...) is 1 or more, not {self.factor!r}.")
        for wrong in (e for e in self.give_up_on if not (isinstance(e, type) and issubclass(e, BaseException))):
            raise DeclarationError(f"Backoff(give_up_on=...) takes exception classes, not {wrong!r}.")

    def delay(self, attempt: int, dice: float) -> timedelta:
        """How long to wait after attempt number `attempt` (from 1) failed; `dice` is uniform in [0, 1)."""
        # The exponent is bounded so that a float never overflows: far beyond the ceiling in any case.
        grown = self.first * min(self.factor ** min(attempt - 1, 64), self.ceiling / self.first)
        return min(grown + self.jitter * dice, self.ceiling)
