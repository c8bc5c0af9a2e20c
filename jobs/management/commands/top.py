"""`manage.py top`: the installation in a terminal, live: queues, workers, rates, what runs, breakers that are open."""

import contextlib
import os
import select
import signal
import sys
import termios
import time
import tty
from collections.abc import Callable, Iterator
from typing import IO, Any, cast

import redis
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections
from rich.console import Console
from rich.live import Live

from jobs.management import screen

QUIT, UP, DOWN = "q", "up", "down"
KEYS = {b"q": QUIT, b"Q": QUIT, b"\x03": QUIT, b"\x1b[A": UP, b"k": UP, b"\x1b[B": DOWN, b"j": DOWN}
FAULTS = (redis.RedisError, Error)


class Command(BaseCommand):
    help = "Queues, workers, rates and running jobs, live. q leaves, the arrows scroll; --once prints one picture."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="Print one picture and leave, for scripts.")
        parser.add_argument("--every", type=float, default=2.0, help="Seconds between two pictures (2).")

    def handle(self, *args: Any, once: bool, every: float, **options: Any) -> None:
        if every <= 0:
            raise CommandError("--every is a number of seconds above zero.")
        if once:
            self._once()
        elif not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise CommandError("There is no terminal to draw on; use --once.")
        else:
            with contextlib.suppress(KeyboardInterrupt):
                _live(Console(), every)

    def _once(self) -> None:
        console = Console(file=cast(IO[str], self.stdout), width=120)
        try:
            console.print(screen.picture(screen.ask(), 0, 120, 1000))
        except FAULTS as error:
            raise CommandError(f"No figures: {error}") from error


def _live(console: Console, every: float) -> None:
    place, due, found = 0, 0.0, None
    with _keyboard() as pressed, Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            if found is None or time.monotonic() >= due:
                found, due = _asked(), time.monotonic() + every
            if isinstance(found, screen.Figures):
                place = max(0, min(place, len(found.running) - 1))
                live.update(screen.picture(found, place, *console.size), refresh=True)
            else:
                live.update(screen.fault(found), refresh=True)
            key = pressed(max(0.0, due - time.monotonic()))
            if key == QUIT:
                return
            place += {UP: -1, DOWN: 1}.get(key, 0)


def _asked() -> screen.Figures | Exception:
    """A store may be away, and the screen stays."""
    try:
        close_old_connections()
        return screen.ask()
    except FAULTS as error:
        return error


@contextlib.contextmanager
def _keyboard() -> Iterator[Callable[[float], str]]:
    """Keys as they are pressed; "" when none is, or the window has another size. The terminal is as before afterwards."""
    fd, before = sys.stdin.fileno(), termios.tcgetattr(sys.stdin.fileno())

    def pressed(patience: float) -> str:
        ready, _, _ = select.select([fd, woken], [], [], patience)
        if woken in ready:
            os.read(woken, 4096)
        if fd not in ready:
            return ""
        # One key, however many were pressed; an arrow is three bytes.
        key = os.read(fd, 1)
        return KEYS.get(key + os.read(fd, 2) if key == b"\x1b" and select.select([fd], [], [], 0)[0] else key, "")

    with _signals() as woken:
        tty.setcbreak(fd)
        try:
            yield pressed
        finally:
            termios.tcsetattr(fd, termios.TCSADRAIN, before)


@contextlib.contextmanager
def _signals() -> Iterator[int]:
    """Who is told to end ends in order, and a new size is drawn at once: answers what can be read from when a signal has come."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    earlier = signal.set_wakeup_fd(write)
    handlers = {signal.SIGTERM: lambda *_: sys.exit(143), signal.SIGHUP: lambda *_: sys.exit(129), signal.SIGWINCH: lambda *_: None}
    known = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield read
    finally:
        for number, handler in known.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(earlier)
        os.close(read)
        os.close(write)
