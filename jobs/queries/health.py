"""How the parts of the installation are: which is down, and how far the recorder is behind."""

from dataclasses import dataclass
from datetime import timedelta

import redis
from django.db import Error, connection

from jobs.core.positions import entry_id
from jobs.infra import alive, journal
from jobs.infra.redis import client
from jobs.models import Projection

BEHIND = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Health:
    """`lag` is how far behind the journal's end the rows are, in time of the journal; None when it can't be told."""

    postgresql: bool
    redis: bool
    workers: bool
    recorder: bool
    lag: timedelta | None

    @property
    def parts(self) -> dict[str, bool]:
        return {"postgresql": self.postgresql, "redis": self.redis, "workers": self.workers, "recorder": self.recorder}


def health() -> Health:
    """Asks each part; raises nothing."""
    postgresql, redis_up = _postgresql(), _redis()
    behind = lag() if postgresql and redis_up else None
    recorder = redis_up and bool(alive.lately(alive.RECORDER)) and (behind is None or behind < BEHIND)
    return Health(postgresql, redis_up, redis_up and bool(alive.lately(alive.WORKER)), recorder, behind)


def _postgresql() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(client().ping())
    except redis.RedisError:
        return False


def lag() -> timedelta:
    """How far the rows are behind the journal's end. Raises redis.RedisError, django.db.Error."""
    recorded = Projection.objects.filter(name=Projection.RECORDER).values_list("position", flat=True).first()
    written = journal.last_id()
    if written == "0-0" or (recorded and entry_id(recorded) == written):
        return timedelta(0)
    return max(timedelta(0), timedelta(milliseconds=_moment(written) - _moment(entry_id(recorded or "0-0"))))


def _moment(id: str) -> int:
    return int(id.partition("-")[0])
