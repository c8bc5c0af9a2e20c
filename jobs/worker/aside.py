"""A chore that takes long, beside beat's clock: what is due every tenth of a second does not wait for it."""

from collections.abc import Callable
from threading import Thread

import structlog
from django.db import connection

log = structlog.get_logger(__name__)


class Aside:
    """Called, it starts the chore in a thread, unless the last time has not ended. Cut off with the process, it is done at a later time."""

    def __init__(self, chore: Callable[[], int]) -> None:
        self._chore, self._thread = chore, Thread()
        self.__name__ = chore.__name__

    def __call__(self) -> int:
        if self._thread.is_alive():
            return 0
        self._thread = Thread(target=self._run, name=self.__name__, daemon=True)
        self._thread.start()
        return 1

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    def _run(self) -> None:
        try:
            self._chore()
        except Exception as error:  # as in the clock: a chore that fails is tried again at its next time
            log.warning("beat.chore_failed", chore=self.__name__, why=str(error))
        finally:
            connection.close()
