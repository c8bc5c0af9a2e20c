"""A place in the journal. Redis writes it `ms-seq`; rows keep it padded, so that text order is journal order."""

START = "0-0"


def padded(entry_id: str) -> str:
    milliseconds, _, sequence = entry_id.partition("-")
    return f"{int(milliseconds):015d}-{int(sequence or 0):010d}"


def entry_id(position: str) -> str:
    milliseconds, _, sequence = position.partition("-")
    return f"{int(milliseconds)}-{int(sequence or 0)}"
