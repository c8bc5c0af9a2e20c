"""A message that comes again tells Redis when it begins: should its process die, it is known which of all that it had it was."""

from typing import Any

import structlog
from celery import signals
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from jobs.infra.transport.keys import Keys

log = structlog.get_logger(__name__)
HOLDER = "holder"


def listen() -> None:
    signals.task_prerun.connect(_tell, dispatch_uid="conveyor-begun")


def _tell(task: Any, **_: Any) -> None:
    holder = (task.request.delivery_info or {}).get("redelivered") and getattr(task.request, HOLDER, None)
    if not holder:
        return
    try:
        with task.app.connection_or_acquire() as connection:
            connection.default_channel.client.hset(Keys().deliveries, holder, 1)
    except (RedisError, OperationalError, OSError) as error:
        log.warning("transport.begin_not_told", why=str(error))
