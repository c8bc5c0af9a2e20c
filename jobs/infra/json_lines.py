"""Log lines as JSON. What structlog has made is ready to be written; lines of others, and those that tell a failure, take the long way."""

import logging

import orjson
import structlog


class Formatter(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        line = record.msg
        if isinstance(line, dict) and hasattr(record, "_logger") and not line.get("exc_info"):
            try:
                return orjson.dumps(line, default=str).decode()
            except TypeError:  # a number of more than 64 bits, half a surrogate pair, a key that is no text
                pass
        return super().format(record)
