"""One line for each step of a job's life, at info, from the process that takes it. Unheard, it costs a look at the level."""

import logging
from collections.abc import Iterable
from typing import Any

import structlog

from jobs.core import trace_context

# A logger of its own, with a level of its own (config.settings): what a running job may say does not switch it on.
NAME = "jobs.steps"
_logger = logging.getLogger(NAME)
log = structlog.get_logger(NAME)


def heard() -> bool:
    return _logger.isEnabledFor(logging.INFO)


def tell(step: str, id: object, tenant: str, request_id: str, trace: str, **about: Any) -> None:
    """`step` is the name of the event, like `job.started`. Request and trace are the job's own, whoever takes the step."""
    if heard():
        known = {"request_id": request_id, "trace_id": trace_context.id_of(trace)}
        log.info(str(step), job=str(id), tenant=tenant, **{name: value for name, value in known.items() if value}, **about)


def tell_all(step: str, messages: Iterable[Any]) -> None:
    """The same step of many messages (jobs.core.message)."""
    if heard():
        for message in messages:
            about = {"type": message.type, "queue": message.queue, "turn": message.turn, "attempt": message.attempt}
            tell(step, message.id, message.tenant, message.request_id, message.trace, **about)
