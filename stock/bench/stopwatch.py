"""How long the worker's processes spend applying requests, summed up in Redis; the rest of a job's way is the platform's."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from jobs.infra.redis import client, key
from stock.services import reserving
from stock.services.answers import Refused, Reserved
from stock.services.reserving import Request

Apply = Callable[[Sequence[Request]], list[Reserved | Refused]]


def measured(apply: Apply) -> Apply:
    def timed(requests: Sequence[Request]) -> list[Reserved | Refused]:
        began = time.perf_counter()
        answers = apply(requests)
        with client().pipeline() as pipe:
            pipe.hincrbyfloat(_where(), "seconds", time.perf_counter() - began)
            pipe.hincrby(_where(), "requests", len(requests))
            pipe.execute()
        return answers

    return timed


def reset() -> None:
    client().delete(_where())


def rate() -> float:
    """Requests that one process applied in a second of applying, since the reset."""
    told: Any = client().hgetall(_where())
    return int(told["requests"]) / float(told["seconds"])


def install() -> None:
    """From here on this process tells how long it applies, whatever applies."""
    reserving.apply = measured(reserving.apply)  # type: ignore[assignment]


def _where() -> str:
    return key("bench:applied")
