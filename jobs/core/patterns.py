"""Patterns over dotted names: `*` is one segment, `**` any number (`job.*`, `stock.**`)."""

import re
from collections.abc import Callable
from functools import lru_cache

from jobs.core.errors import InvalidFilter

_SEGMENT = re.compile(r"\*\*|\*|[A-Za-z0-9_-]+")


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """A predicate over names; raises InvalidFilter where the pattern is none."""
    segments = pattern.split(".")
    for wrong in (s for s in segments if not _SEGMENT.fullmatch(s)):
        raise InvalidFilter(f"{pattern!r} is no pattern: {wrong!r} is neither a name nor * nor **.")
    compiled = re.compile(_expression(segments))
    return lambda name: compiled.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def any_of(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """A predicate over names that fit one of the patterns; raises InvalidFilter."""
    matchers = [matcher(pattern) for pattern in patterns]
    return lambda name: any(fits(name) for fits in matchers)


def _expression(segments: list[str]) -> str:
    written = ""
    for index, segment in enumerate(segments):
        last = index == len(segments) - 1
        if segment != "**":
            written += (r"[^.]+" if segment == "*" else re.escape(segment)) + ("" if last else r"\.")
        elif not last:
            written += r"(?:[^.]+\.)*"
        elif index:
            written = written.removesuffix(r"\.") + r"(?:\.[^.]+)*"
        else:
            written = r".+"
    return written
