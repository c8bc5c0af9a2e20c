"""Kombu's poller, which another thread can wake: a pool of threads frees slots while the poller sleeps."""

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any

from kombu.transport.redis import MultiChannelPoller
from kombu.utils.eventio import READ


class Poller(MultiChannelPoller):
    def __init__(self) -> None:
        super().__init__()
        self._bell: tuple[socket.socket, socket.socket] | None = None
        self._rung = False
        self._sleeper = 0
        # Is a fetch being delivered, message by message? `delivered` is called after its last.
        self.delivering = False
        self.delivered: Callable[[], None] = lambda: None

    def attach(self, loop: Any) -> None:
        """Be woken in an event loop."""
        self._sleeper = threading.get_ident()
        loop.add_reader(self._hang_bell(), self._hear)

    def get(self, callback: Any, timeout: float | None = None) -> Any:
        if self._bell is None:
            self._sleeper = threading.get_ident()
            self.poller.register(self._hang_bell(), READ)
        return super().get(callback, timeout)

    def wake(self) -> None:
        """A slot is free: look for messages now. Any thread may call it."""
        if self._bell and not self._rung and threading.get_ident() != self._sleeper:
            self._rung = True
            with contextlib.suppress(OSError):
                self._bell[1].send(b"\0")

    def handle_event(self, fileno: int, event: int) -> Any:
        if self._bell and fileno == self._bell[0].fileno():
            return self._hear()
        return super().handle_event(fileno, event)

    def close(self) -> None:
        super().close()
        if self._bell is not None:
            bell, self._bell = self._bell, None
            with contextlib.suppress(KeyError, ValueError, OSError):
                self._unregister_from_poll(bell[0].fileno())
            for end in bell:
                end.close()

    def _hang_bell(self) -> int:
        self._bell = socket.socketpair()
        for end in self._bell:
            end.setblocking(False)
        return self._bell[0].fileno()

    def _hear(self) -> None:
        if self._bell:
            with contextlib.suppress(OSError):
                self._bell[0].recv(64)
            # In this order: a ring that is not sent because of the flag is answered by the look that follows.
            self._rung = False
