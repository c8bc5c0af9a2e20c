"""What a person may do on the operators' pages."""

from enum import IntEnum


class Role(IntEnum):
    """Each may do what the one before may. A group of the site is named after each (`group`)."""

    # Looks at everything but what jobs carry: payloads, results, logs.
    VIEWER = 1
    # Sees payloads; retries, cancels, pauses, steers.
    OPERATOR = 2
    # Deletes, purges, and says what raises an alert.
    ADMIN = 3

    @property
    def group(self) -> str:
        return f"ops {self.name.lower()}"
