"""What a person may do on the site, beside what everybody may."""

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


# A group of the site: who is in it, of the staff or not, looks after the webhooks of their tenant. An operator does so anyhow.
WEBHOOKS = "webhooks"
