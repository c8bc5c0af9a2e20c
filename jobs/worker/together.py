"""Jobs of one type that are performed by one call of their function (`@batch_job`): each with an answer of its own."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import close_old_connections

from jobs.core.errors import InvalidPayload
from jobs.core.job_type import JobType, registry
from jobs.infra.tracing import traces
from jobs.worker import context
from jobs.worker.context import Call

if TYPE_CHECKING:
    from jobs.worker.bundle import Item

log = structlog.get_logger(__name__)


def perform(items: Sequence["Item"]) -> None:
    """Call the function of a batch type for all of these; each item keeps its answer until the executor asks for it."""
    job_type = registry.get(items[0].task) if items and items[0].task in registry else None
    if job_type is None or job_type.together is None or len(items) < 2:
        return
    calls, of = [], []
    for item in items:
        try:
            calls.append(Call(_context(item), job_type.accept(item.body[1])))
            of.append(item)
        except InvalidPayload:  # performed alone it says so itself
            continue
    close_old_connections()
    with traces().together(job_type.name, [item.request for item in of]):
        made = answers(job_type, calls)
    for item, answer in zip(of, made, strict=True):
        item.request["conveyor"]["answer"] = _giving(answer)


def answers(job_type: JobType, calls: Sequence[Call[Any]]) -> list[Any]:
    """A result or an exception for each call; when the whole call fails, each is tried alone."""
    assert job_type.together
    try:
        made = list(job_type.together(calls))
        if len(made) != len(calls):
            raise TypeError(f"{job_type.name}: expected {len(calls)} answers, one for each call; got {len(made)}.")
        return made
    except SoftTimeLimitExceeded as late:
        return [late] * len(calls)
    except Exception as failure:  # whatever it raises belongs to one of the calls; alone it shows to which
        if len(calls) == 1:
            return [failure]
        log.warning("batch.split", type=job_type.name, calls=len(calls), why=repr(failure))
        return [answers(job_type, [call])[0] for call in calls]


def _context(item: "Item") -> context.JobContext:
    header = item.request["conveyor"]
    return context.of(item.id, header["tenant"], header["attempt"], header["attempts"], header["verdict"].detail)


def _giving(answer: Any) -> Callable[[], Any]:
    def give() -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    return give
