"""A command in a terminal of its own (pty), and the screen as a person sees it."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pyte

from tests.support.processes import ROOT, environment


class Terminal:
    def __init__(self, columns: int, rows: int) -> None:
        self.shown, self.raw = pyte.Screen(columns, rows), b""
        self._stream = pyte.ByteStream(self.shown)
        self._ours, self._theirs = pty.openpty()
        self._size(columns, rows)
        self.before = termios.tcgetattr(self._theirs)
        self.process: subprocess.Popen[bytes] | None = None

    def run(self, *command: str, **env: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | environment() | {"TERM": "xterm-256color", "COLUMNS": "", "LINES": ""} | env,
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            preexec_fn=self._take,
            start_new_session=True,
        )

    def _take(self) -> None:
        """As a shell's job in the foreground: Ctrl-C becomes a signal, which a test run in the background would have it ignore."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        fcntl.ioctl(self._theirs, termios.TIOCSCTTY, 0)

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def resize(self, columns: int, rows: int) -> None:
        self._size(columns, rows)
        self.shown.resize(rows, columns)
        assert self.process
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGWINCH)

    def _size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.shown.display)

    @property
    def is_as_before(self) -> bool:
        """The keyboard is the shell's again: echo, lines, signals."""
        return termios.tcgetattr(self._theirs) == self.before

    def until(self, condition: Callable[[str], object], patience: float = 60) -> str:
        """Read until the screen fulfils it; answers the screen."""
        deadline = time.monotonic() + patience
        while not condition(self.text):
            assert time.monotonic() < deadline, f"The screen is:\n{self.text}"
            self._read(0.1)
        return self.text

    def ended(self, patience: float = 60) -> int:
        """Reads until the command has ended; answers its exit code."""
        assert self.process
        process = self.process
        self.until(lambda _: process.poll() is not None, patience)
        while self._read(0):
            pass
        return process.wait()

    def _read(self, patience: float) -> bool:
        ready, _, _ = select.select([self._ours], [], [], patience)
        if ready:
            said = os.read(self._ours, 65536)
            self.raw += said
            self._stream.feed(said)
        return bool(ready)

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)


@contextmanager
def terminal(columns: int = 80, rows: int = 24) -> Iterator[Terminal]:
    opened = Terminal(columns, rows)
    try:
        yield opened
    finally:
        opened.close()
