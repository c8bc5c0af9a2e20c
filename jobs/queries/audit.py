"""Looking for people's acts."""

from datetime import datetime

from django.db.models import QuerySet

from jobs.core.errors import InvalidFilter
from jobs.models import Event

PAGE = 50


def acts(
    *, actor: str = "", act: str = "", object: str = "", since: datetime | None = None, until: datetime | None = None
) -> QuerySet[Event]:
    """People's acts, the newest first; `act` and `object` by how they begin. Raises InvalidFilter."""
    if any("\x00" in word for word in (actor, act, object)):
        raise InvalidFilter("What is searched for is text, without the sign NUL.")
    rows = Event.objects.acts()
    wanted = {"data__actor": actor, "data__act__startswith": act, "data__object__startswith": object, "at__gte": since, "at__lt": until}
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def page(rows: QuerySet[Event], after: str, limit: int = PAGE) -> tuple[list[Event], str | None]:
    """The second value is the cursor of the next page. Raises InvalidFilter for one that is none."""
    if "\x00" in after:
        raise InvalidFilter("after is the `next` of an earlier page.")
    limit = max(1, min(limit, 200))
    found = list((rows.filter(position__lt=after) if after else rows)[: limit + 1])
    return found[:limit], found[limit - 1].position if len(found) > limit else None
