"""The recorder process: journal entries and dead letters become rows. Two may run; the one that holds the projection works."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections, connection
from kombu.exceptions import OperationalError

from jobs.infra import alive, memory, pools
from jobs.queries.events import PAGE
from jobs.services import audit, lifecycle
from jobs.subscribers import FOLLOWERS, dead_letters

log = structlog.get_logger(__name__)
# Seconds between two looks, unless there was more to see. A transaction costs the same with few entries as with many, and a job
# that starts and ends between two looks is one change of its row.
REST = 0.05
BUSY, FULL = 100, 1000


class Command(BaseCommand):
    help = "Write the journal into PostgreSQL until stopped."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stopping = False
        memory.settle()
        self._note_settings()
        for sign in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sign, self._stop)
        letters = threading.Thread(target=self._letters, name="dead letters")
        letters.start()
        followers = threading.Thread(target=self._followers, name="followers")
        followers.start()
        threading.Thread(target=self._signs_of_life, name="signs of life", daemon=True).start()
        while not self.stopping:
            self._turn()
        letters.join()
        followers.join()

    def _stop(self, *_: Any) -> None:
        self.stopping = True

    def _note_settings(self) -> None:
        try:
            audit.note_settings()
        except (redis.RedisError, Error, ObjectDoesNotExist) as error:
            # A store that is away, or no default tenant yet: the journal is what matters.
            log.warning("recorder.settings_not_noted", why=str(error))
            close_old_connections()

    def _signs_of_life(self) -> None:
        while not self.stopping:
            try:
                # Two may run and one stands by; it is as alive as the other, and the lag tells whether anybody works.
                alive.tell(alive.RECORDER, f"{socket.gethostname()}:{os.getpid()}", {"pools": pools.of_this_process()})
            except redis.RedisError as error:
                log.warning("recorder.no_sign_of_life", why=str(error))
            time.sleep(alive.EVERY.total_seconds())

    def _turn(self) -> None:
        try:
            found = lifecycle.record(FULL)
            if found < FULL:
                time.sleep(REST if found < BUSY else 2 * REST)
        except (redis.RedisError, Error) as error:
            log.warning("recorder.waiting", why=str(error))
            close_old_connections()
            time.sleep(1)

    def _followers(self) -> None:
        while not self.stopping:
            if max(self._followed(follow) for follow in FOLLOWERS) < PAGE:
                time.sleep(REST)
        connection.close()

    def _followed(self, follow: Callable[[], int]) -> int:
        try:
            return follow()
        except (redis.RedisError, Error) as error:
            log.warning("recorder.follower_waiting", follower=follow.__module__, why=str(error))
        except Exception:  # the fault of one must not stop the others; its place has not moved, so nothing is passed over
            log.exception("recorder.follower_failed", follower=follow.__module__)
        close_old_connections()
        time.sleep(1)
        return 0

    def _letters(self) -> None:
        while not self.stopping:
            try:
                dead_letters.drain(lambda: self.stopping)
            except (OperationalError, redis.RedisError, OSError, Error) as error:
                log.warning("recorder.letters_waiting", why=str(error))
                close_old_connections()
                time.sleep(1)
