"""A place in the journal. Redis writes it `ms-seq`; rows keep it padded, so that text order is journal order."""

import re

from jobs.core.errors import InvalidInput

START = "0-0"
_ID = re.compile(r"[0-9]{1,15}-[0-9]{1,10}")


def accepted(entry_id: str) -> str:
    """The id of an event as somebody gave it. Raises InvalidInput."""
    if not _ID.fullmatch(entry_id):
        raise InvalidInput(f"{entry_id!r} is not the id of an event.", {"after": "is like 1795525383311-0"})
    return entry_id


def padded(entry_id: str) -> str:
    milliseconds, _, sequence = entry_id.partition("-")
    return f"{int(milliseconds):015d}-{int(sequence or 0):010d}"


def entry_id(position: str) -> str:
    milliseconds, _, sequence = position.partition("-")
    return f"{int(milliseconds)}-{int(sequence or 0)}"
