"""The recorder process: journal entries become rows. Two may run; the one that holds the projection works."""

import signal
import time
from typing import Any

import redis
import structlog
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections

from jobs.services import lifecycle

log = structlog.get_logger(__name__)
REST = 0.05


class Command(BaseCommand):
    help = "Write the journal into PostgreSQL until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._stop)
        while not self.stopping:
            self._turn()

    def _stop(self, *_: Any) -> None:
        self.stopping = True

    def _turn(self) -> None:
        try:
            if not lifecycle.record():
                time.sleep(REST)
        except (redis.RedisError, Error) as error:
            log.warning("recorder.waiting", why=str(error))
            close_old_connections()
            time.sleep(1)
